"""Loggers by name: those that are built in, of packages, of files, and what is none."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from ablate.errors import UsageError
from ablate.loggers import LoggedCell, named_loggers
from ablate.loggers.finding import BUILT_IN, find_logger

FILE = """\
def tell(cell):
    return print

NUMBER = 3
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a file `mine.py`."""
    (tmp_path / "mine.py").write_text(FILE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tensorbord", "--log: no logger is called 'tensorbord'. Did you mean `tensorboard`?"),
        ("csv", "--log: no logger is called 'csv'; there are tensorboard, wandb, and MODULE:NAME"),
        ("", "--log: no logger is called ''; there are tensorboard, wandb, and MODULE:NAME"),
        ("mine:tall", "--log: `mine:tall`: mine has no `tall`. Did you mean `tell`?"),
        ("mine:NUMBER", "--log: `mine:NUMBER`: must be a class or function, got 3"),
        ("none:x", "--log: `none:x`: ModuleNotFoundError: No module named 'none'"),
        ("a:b:c", "--log: must be a logger's name or MODULE:NAME, got 'a:b:c'"),
    ],
)
def test_what_is_no_logger(name: str, message: str, here: Path) -> None:
    with pytest.raises(UsageError) as caught:
        find_logger(name)
    assert str(caught.value) == message


def test_a_file_in_the_current_folder(here: Path) -> None:
    assert find_logger("mine:tell")(None) is print  # type: ignore[arg-type]


def test_a_package_gives_one_a_name(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    point = metadata.EntryPoint("lines", "packaged_logger:tell", "ablate.loggers")
    (here / "site").mkdir()
    (here / "site" / "packaged_logger.py").write_text(FILE, encoding="utf-8")
    monkeypatch.syspath_prepend(here / "site")
    found = metadata.EntryPoints([point])
    monkeypatch.setattr(metadata, "entry_points", lambda group: found.select(group=group))
    assert find_logger("lines")(None) is print  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="Did you mean `lines`"):
        find_logger("line")
    sys.modules.pop("packaged_logger")


@pytest.mark.heavy
@pytest.mark.parametrize("name", BUILT_IN)
def test_one_whose_package_is_missing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, BUILT_IN[name], raising=False)
    for module in [each for each in sys.modules if each.startswith("torch.utils.tensorboard")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UsageError) as caught:
        find_logger(name)
    mend = f"pip install 'ablate-nn[{name}]'"
    assert str(caught.value) == f"--log {name}: {name} is not installed: {mend}"


def test_in_python_one_or_several_by_name_or_themselves_each_once(here: Path) -> None:
    def own(cell: LoggedCell) -> Any: ...

    assert named_loggers(own) == [(own.__qualname__, own)]
    ((name, maker),) = named_loggers("mine:tell")
    assert (name, maker(None)) == ("mine:tell", print)  # type: ignore[arg-type]
    assert [name for name, _ in named_loggers([own, "mine:tell", own])] == [
        own.__qualname__,
        "mine:tell",
    ]
    with pytest.raises(UsageError, match="must be a name, or what makes a logger of a cell, got 3"):
        named_loggers([3])  # type: ignore[list-item]

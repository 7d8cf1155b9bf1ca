"""Families that are code beside a study, or of a package outside the repository."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from ablate.cells import hash_of, settings_of
from ablate.errors import SpecError
from ablate.machine import look_for_code
from ablate.networks import architecture
from ablate.plugins import syntax_digest

CODE = '''\
"""Nets of ours."""

class Relu: ...

def net(classes: int, in_channels: int, width: int = 4, rate: float = 0.5, act=Relu, **more: int):
    """What it is."""
    return ("net", classes, in_channels, width, rate)  # no module: nothing is built here

def needs(depth: int, kind: "str | None" = None):
    return (depth, kind)

def shadows(resolve: int = 1): ...

Other = 3
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "nets.py").write_text(CODE, encoding="utf-8")
    look_for_code(tmp_path)
    return tmp_path


def key(**settings: Any) -> str:
    return hash_of(architecture(**settings).resolve().network().canonical())


def faults(**settings: Any) -> str:
    with pytest.raises(SpecError) as caught:
        architecture(**settings)
    return str(caught.value)


def test_parameters_are_settings(folder: Path) -> None:
    made = architecture(family="nets:net", width=8)
    assert settings_of(made) == {"family": "nets:net", "width": 8}
    network: Any = made.resolve(in_channels=1, classes=7, image_size=8).network()
    assert network.make() == ("net", 7, 1, 8, 0.5)
    assert network.settings == {"width": 8, "rate": 0.5}  # a class is no setting
    assert architecture(family="nets:net", width=8) == made


def test_what_is_wrong_with_settings_is_told(folder: Path) -> None:
    assert "unknown key `widht`. Did you mean `width`?" in faults(family="nets:net", widht=8)
    assert "width: must be a whole number, got 8.5" in faults(family="nets:net", width=8.5)
    assert "width: must be a whole number" in faults(family="nets:net", width="8")
    assert "depth: required key is missing" in faults(family="nets:needs")


@pytest.mark.parametrize(
    ("family", "said"),
    [
        ("nets:nte", "`nets:nte`: nets has no `nte`. Did you mean `net`?"),
        ("no_such_module:net", "`no_such_module:net`: ModuleNotFoundError: No module named"),
        ("nets:Other", "`nets:Other`: must be a class or function, got 3"),
        ("nets:shadows", "no setting can be called `resolve`"),
        ("nets:", "must be a family's name or MODULE:NAME"),
        ("../nets:net", "must be a family's name or MODULE:NAME"),
        ("densent", "Did you mean `densenet`?"),
    ],
)
def test_names_that_give_nothing(folder: Path, family: str, said: str) -> None:
    assert said in faults(family=family)


def test_a_module_that_fails_as_it_is_imported(folder: Path) -> None:
    (folder / "bad.py").write_text("import json\njson.no_such\n", encoding="utf-8")
    assert "`bad:net`: AttributeError: module 'json' has no attribute" in faults(family="bad:net")
    (folder / "bad.py").write_text("def net(:\n", encoding="utf-8")
    assert "`bad:net`: SyntaxError" in faults(family="bad:net")


def test_an_edit_of_the_code_changes_keys_and_one_of_comments_does_not(folder: Path) -> None:
    before = key(family="nets:net")
    spaced = CODE.replace("  # no module: nothing is built here", "").replace("\n\n", "\n\n\n# x\n")
    (folder / "nets.py").write_text(spaced.replace("What it is.", "Words."), encoding="utf-8")
    assert key(family="nets:net") == before
    (folder / "nets.py").write_text(CODE.replace("width, rate)", "width, 2)"), encoding="utf-8")
    assert key(family="nets:net") != before
    (folder / "nets.py").write_text(CODE, encoding="utf-8")
    assert key(family="nets:net") == before
    assert key(family="nets:net", width=4) == before  # its default
    assert key(family="nets:net", width=5) != before


def test_where_the_file_lies_is_not_in_the_key(folder: Path, tmp_path: Path) -> None:
    before = key(family="nets:net")
    (tmp_path / "run" / "code").mkdir(parents=True)
    (folder / "nets.py").rename(tmp_path / "run" / "code" / "nets.py")
    look_for_code(tmp_path / "run")
    assert key(family="nets:net") == before


def test_it_goes_to_other_processes(folder: Path) -> None:
    made = architecture(family="nets:net", width=8).resolve()
    again = pickle.loads(pickle.dumps(made))
    assert again == made and again.network() == made.network()


@pytest.mark.parametrize(
    "other",
    ["x = 2", "x = 1.0", "x = '1'", "x = True", "y = 1", "def x(): return 1", "x = -1"],
)
def test_digests_of_other_code(other: str) -> None:
    assert syntax_digest("x = 1") != syntax_digest(other)


def test_digests_of_the_same_code() -> None:
    """Pinned: keys of finished cells rest on it, in every version of Python."""
    code = 'class A:\n    """Words."""\n    def f(self, x: int = 1) -> str: return f"{x}" # why'
    assert syntax_digest(code) == syntax_digest(code.replace(" # why", "").replace("Words", "No"))
    assert syntax_digest(code) == "e0ca4fd8f4ad9747"


def install(site: Path, version: str, code: str = CODE) -> None:
    """A package as pip leaves it, with a family by an entry point."""
    (site / "toys").mkdir(parents=True, exist_ok=True)
    (site / "toys" / "__init__.py").write_text(code, encoding="utf-8")
    for old in site.glob("toys-*.dist-info/*"):
        old.unlink()
    info = site / f"toys-{version}.dist-info"
    info.mkdir(exist_ok=True)
    head = f"Metadata-Version: 2.1\nName: toys\nVersion: {version}\n"
    (info / "METADATA").write_text(head, encoding="utf-8")
    (info / "top_level.txt").write_text("toys\n", encoding="utf-8")
    entry = "[ablate.families]\ntoy = toys:net\n"
    (info / "entry_points.txt").write_text(entry, encoding="utf-8")


def test_a_package_gives_a_family_by_an_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "site", "1.2")
    monkeypatch.syspath_prepend(tmp_path / "site")
    network: Any = architecture(family="toy", width=8).resolve().network()
    assert network.code.package == "toys 1.2"
    assert network.code.described.startswith("toys:net, package toys 1.2, syntax tree ")
    assert "Did you mean `toy`?" in faults(family="toyy")
    # By either name it is the same network.
    assert key(family="toys:net", width=8) == hash_of(network.canonical())
    (tmp_path / "site" / "toys-1.2.dist-info" / "METADATA").unlink()
    (tmp_path / "site" / "toys-1.2.dist-info" / "entry_points.txt").unlink()
    (tmp_path / "site" / "toys-1.2.dist-info" / "top_level.txt").unlink()
    (tmp_path / "site" / "toys-1.2.dist-info").rmdir()
    install(tmp_path / "site", "1.3")
    assert key(family="toy", width=8) != hash_of(network.canonical())

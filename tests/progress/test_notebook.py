"""What a notebook shows of a run while it goes on."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ablate.progress import Lines, notebook
from ablate.training import Progress


class Handle:
    """What `display` gives back; keeps what was shown."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def update(self, value: Lines) -> None:
        self.shown.append(str(value))


@pytest.fixture
def handle(monkeypatch: pytest.MonkeyPatch) -> Handle:
    """In a kernel."""
    kept = Handle()

    def display(value: Lines, display_id: bool) -> Handle:
        assert display_id
        kept.update(value)
        return kept

    shell = SimpleNamespace(kernel=object())
    display_module = SimpleNamespace(display=display)
    ipython = SimpleNamespace(get_ipython=lambda: shell, display=display_module)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display_module)
    monkeypatch.setattr(notebook, "PAUSE", -1.0)
    return kept


def event(kind: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "slot": 0, "key": "a", "label": "net <a>", **more}


def plan() -> Any:
    cells = [SimpleNamespace(key=key, predicted_seconds=1.0) for key in "ab"]
    return SimpleNamespace(cells=cells, most_cells=2)


def test_one_output_follows_the_run_and_ends_with_what_became_of_it(
    handle: Handle, tmp_path: Path
) -> None:
    with notebook.watched(plan(), tmp_path / "new") as show:
        show(event("start"))
        at = Progress(epoch=2.5, epochs=10, error=40.0, images_per_second=1234.5, seconds_left=90)
        show(event("progress", progress=at))
        show(event("end", state="done", error=12.345))
        show(event("start", key="b"))
    first, starting, going, ended, _, last = handle.shown
    assert first == "0 of 2 cells done"
    assert "starting" in starting and "2.5/10" in going and "40.00" in going
    assert ended.splitlines()[0] == "[1/2] net <a>: error 12.35 %"
    assert "net" not in last.splitlines()[-1] and "starting" not in last


def test_a_run_that_fails_leaves_what_was_told(handle: Handle, tmp_path: Path) -> None:
    def fail() -> None:
        with notebook.watched(plan(), tmp_path / "new") as show:
            show(event("end", state="oom", reason="no memory"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert handle.shown[-1].splitlines()[0] == "net <a>: oom: no memory"


def test_nothing_is_shown_anywhere_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    with notebook.watched(plan(), tmp_path) as show:
        show(event("start"))
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: None))
    with notebook.watched(plan(), tmp_path) as show:
        show(event("start"))
    assert capsys.readouterr() == ("", "")

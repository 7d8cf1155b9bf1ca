"""What a run shows while it goes on."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from ablate.cli import progress
from ablate.training import Progress


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=100, highlight=False)


def event(kind: str, slot: int = 0, key: str = "a", **more: Any) -> dict[str, Any]:
    return {"kind": kind, "slot": slot, "key": key, "label": f"net {key}", **more}


def text_of(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def lines(console: Console, *before: str) -> progress._Lines:
    return progress._Lines(console, {"a": 1.0, "b": 2.0, "c": 1.0}, before, 3)


def test_plain_lines(console: Console) -> None:
    shown = lines(console, "c")
    shown.plain(event("start"))
    shown.plain(event("warned", reason="a/checkpoint.pt is damaged [and] is ignored"))
    shown.plain(event("end", state="done", error=12.345))
    shown.plain(event("end", key="b", state="oom", reason="no [memory]"))
    shown.plain(event("died", reason="the worker died (signal 9)"))
    assert text_of(console).splitlines() == [
        "net a: a/checkpoint.pt is damaged [and] is ignored",
        "[2/3] net a: error 12.35 %",
        "net b: oom: no [memory]",
        "net a: the worker died (signal 9); it is taken up again",
    ]


def test_a_line_per_worker(console: Console) -> None:
    shown = lines(console)
    shown.plain(event("start", slot=1, key="b"))
    at = Progress(epoch=2.5, epochs=10, error=40.0, images_per_second=1234.5, seconds_left=90)
    shown.plain(event("progress", slot=0, progress=at))
    console.print(shown.table())
    output = text_of(console)
    assert output.index("net a") < output.index("net b")
    for part in ("2.5/10", "40.00", "1,234", "1 min 30 s", "starting", "0 of 3 cells done"):
        assert part in output


def test_time_left_by_the_pace_so_far(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    shown = lines(console, "c")
    assert shown.caption() == "1 of 3 cells done"
    shown.plain(event("end", state="done", error=1.0))
    now = 130.0
    assert shown.caption() == "2 of 3 cells done, about 1 min 00 s left"  # b is twice a


def test_a_cell_that_is_told_twice_counts_once(console: Console) -> None:
    shown = lines(console)
    for _ in range(2):
        shown.plain(event("end", state="done", error=1.0))
    assert text_of(console).splitlines() == ["[1/3] net a: error 1.00 %"] * 2


def test_a_cell_of_a_plan_that_another_run_extended(console: Console) -> None:
    shown = lines(console)
    shown.plain(event("end", key="new", state="done", error=1.0))
    assert shown.caption() == "1 of 3 cells done"


def test_silent(console: Console) -> None:
    with progress.showing(console, {"a": 1.0}, (), 1, silent=True) as show:
        show(event("end", state="done", error=1.0))
    assert text_of(console) == ""


def test_a_reader_that_goes_away_ends_the_showing_only(
    console: Console, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shown: list[str] = []

    def show(event: dict[str, Any]) -> None:
        shown.append(event["key"])
        raise BrokenPipeError

    with (tmp_path / "out").open("w") as stream:
        monkeypatch.setattr(progress.sys, "stdout", stream)
        progress.unbroken(show)(event("start"))
        stream.write("to nowhere")
    assert shown == ["a"]
    assert (tmp_path / "out").read_text(encoding="utf-8") == ""


def test_a_note_on_the_images_is_told_once(console: Console) -> None:
    shown = lines(console)
    for _ in range(2):
        shown.plain({"kind": "note", "note": "2 of 3 test images [sic]"})
    assert text_of(console) == "images: 2 of 3 test images [sic]\n"

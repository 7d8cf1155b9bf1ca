"""What a run shows while it goes on: live lines on a terminal, plain ones elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ablate.cli.console import is_watched
from ablate.report import duration

Show = Callable[[dict[str, Any]], None]


@contextmanager
def showing(console: Console, total: int, done: int, *, silent: bool = False) -> Iterator[Show]:
    """A function for the events of a run, of whose `total` cells `done` are done already."""
    if silent:
        yield lambda event: None
        return
    lines = _Lines(console, total, done)
    if not is_watched():
        yield lines.plain
        return
    with Live(console=console, refresh_per_second=4, transient=True) as live:

        def show(event: dict[str, Any]) -> None:
            lines.plain(event)
            live.update(lines.table())

        yield show


class _Lines:
    """The state of every worker, as lines."""

    def __init__(self, console: Console, total: int, done: int) -> None:
        self.console, self.total, self.done = console, total, done
        self.workers: dict[int, dict[str, Any]] = {}

    def plain(self, event: dict[str, Any]) -> None:
        """A line for every cell that ends and every worker that dies."""
        slot, kind = event["slot"], event["kind"]
        if kind in ("start", "progress"):
            self.workers[slot] = event
            return
        self.workers.pop(slot, None)
        if kind == "died":
            what = event["label"] or f"worker {slot}"
            self.console.print(Text(f"{what}: {event['reason']}; it is taken up again"))
        elif event["state"] == "done":
            self.done += 1
            text = f"[{self.done}/{self.total}] {event['label']}: error {event['error']:.2f} %"
            self.console.print(Text(text))
        else:
            text = f"{event['label']}: {event['state']}: {event['reason']}"
            self.console.print(Text(text))

    def table(self) -> Table:
        """A line per worker: cell, epoch, error, images/s, time left."""
        table = Table(box=None, pad_edge=False, caption=f"{self.done} of {self.total} cells done")
        table.caption_justify = "left"
        for head in ("cell", "epoch", "error (%)", "images/s", "left"):
            table.add_column(head, justify="left" if head == "cell" else "right")
        for slot in sorted(self.workers):
            table.add_row(*map(Text, _worker_line(self.workers[slot])))
        return table


def _worker_line(event: dict[str, Any]) -> list[str]:
    if event["kind"] == "start":
        return [event["label"], "starting", "", "", ""]
    progress = event["progress"]
    return [
        event["label"],
        f"{progress.epoch:.1f}/{progress.epochs}",
        "" if progress.error is None else f"{progress.error:.2f}",
        f"{progress.images_per_second:,.0f}",
        duration(progress.seconds_left),
    ]

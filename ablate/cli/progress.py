"""What a run shows while it goes on: live lines on a terminal, plain ones elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ablate.cli.console import is_watched
from ablate.text import duration

Show = Callable[[dict[str, Any]], None]
T = TypeVar("T")


@contextmanager
def showing(
    console: Console,
    weights: Mapping[str, float],
    before: Collection[str],
    total: int | None,
    *,
    silent: bool = False,
) -> Iterator[Show]:
    """A function for the events of a run of `total` cells; None where nobody knows how many.

    `weights` say how long each cell takes relative to the others, by key; those `before`
    are done already. A search has no weights, as its cells are not known before.
    """
    if silent:
        yield lambda event: None
        return
    lines = _Lines(console, weights, before, total)
    if not is_watched():
        yield unbroken(lines.plain)
        return
    with Live(console=console, refresh_per_second=4, transient=True) as live:

        def show(event: dict[str, Any]) -> None:
            lines.plain(event)
            live.update(lines.table())

        yield show


def unbroken(show: Callable[[T], None]) -> Callable[[T], None]:
    """`show`, but a reader that goes away (`| head`) ends the showing, not the training."""

    def show_while_read(event: T) -> None:
        try:
            show(event)
            sys.stdout.flush()
        except BrokenPipeError:
            # What is printed from here on, also at exit, goes nowhere.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    return show_while_read


class _Lines:
    """The state of every worker, as lines."""

    def __init__(
        self,
        console: Console,
        weights: Mapping[str, float],
        before: Collection[str],
        total: int | None,
    ) -> None:
        self.console, self.weights, self.before = console, weights, frozenset(before)
        self.total = total
        self.done = set(self.before)
        self.workers: dict[int, dict[str, Any]] = {}
        self.ended: set[str] = set()
        self.notes: set[str] = set()
        self.start = time.monotonic()

    def plain(self, event: dict[str, Any]) -> None:
        """A line for every note, warning, cell that ends or lost its files, worker that dies."""
        if event["kind"] == "note":
            if event["note"] not in self.notes:  # each round of a path tells it again
                self.notes.add(event["note"])
                self.console.print(Text(f"images: {event['note']}"))
            return
        if event["kind"] == "lost":
            self.before -= {event["key"]}
            self.done.discard(event["key"])
            text = f"{event['label']}: {event['reason']}; it is trained again"
            self.console.print(Text(text))
            return
        slot, kind = event["slot"], event["kind"]
        if kind in ("start", "progress"):
            self.workers[slot] = event
            return
        if kind == "warned":
            self.console.print(Text(f"{event['label']}: {event['reason']}"))
            return
        self.workers.pop(slot, None)
        if kind == "end":
            self.ended.add(event["key"])
        if kind == "died":
            what = event["label"] or f"worker {slot}"
            self.console.print(Text(f"{what}: {event['reason']}; it is taken up again"))
        elif event["state"] == "done":
            self.done.add(event["key"])  # told again where the record was away the first time
            count = self._count()
            source = f", from {event['source']}" if event.get("source") else ""
            text = f"{count} {event['label']}: error {event['error']:.2f} %{source}"
            self.console.print(Text(text))
        else:
            text = f"{event['label']}: {event['state']}: {event['reason']}"
            if not self.weights:  # a search, in which every end counts
                self.done.add(event["key"])
                text = f"{self._count()} {text}"
            self.console.print(Text(text))

    def _count(self) -> str:
        return f"[{len(self.done)}/{'?' if self.total is None else self.total}]"

    def caption(self) -> str:
        """How many cells are done, and how long the rest will take at the pace so far."""
        text = f"{len(self.done)} of {'?' if self.total is None else self.total} cells done"
        elapsed = time.monotonic() - self.start
        if not self.weights:
            return text + self._left_of_search(elapsed)
        # A key without a weight is of a plan that another run has extended meanwhile.
        worked = sum(self.weights.get(key, 0.0) for key in self.ended)
        if not worked:
            return text
        left = sum(w for key, w in self.weights.items() if key not in self.ended | self.before)
        return f"{text}, about {duration(elapsed * left / worked)} left"

    def _left_of_search(self, elapsed: float) -> str:
        """At the pace so far, every cell being like the others."""
        if not self.ended or self.total is None:
            return ""
        to_come = max(0, self.total - len(self.before) - len(self.ended))
        return f", about {duration(elapsed * to_come / len(self.ended))} left"

    def table(self) -> Table:
        """A line per worker: cell, epoch, error, images/s, time left."""
        table = Table(box=None, pad_edge=False, caption=self.caption(), caption_justify="left")
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

"""What a run shows while it goes on: live lines on a terminal, plain ones elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ablate.cli.console import is_watched
from ablate.progress import HEADS, Lines

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


class _Lines(Lines):
    """The same, printed."""

    def __init__(
        self,
        console: Console,
        weights: Mapping[str, float],
        before: Collection[str],
        total: int | None,
    ) -> None:
        super().__init__(weights, before, total)
        self.console = console

    def plain(self, event: dict[str, Any]) -> None:
        """Print the line of an event, if it has one."""
        if line := self.hear(event):
            self.console.print(Text(line))

    def table(self) -> Table:
        """A line per worker, and how far it all is."""
        table = Table(box=None, pad_edge=False, caption=self.caption(), caption_justify="left")
        for head in HEADS:
            table.add_column(head, justify="left" if head == "cell" else "right")
        for row in self.rows():
            table.add_row(*map(Text, row))
        return table

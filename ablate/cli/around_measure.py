"""What `measure` shows while it goes on and when it has ended, and `plan` of a measure study."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from ablate.cli.console import is_watched
from ablate.cli.progress import unbroken
from ablate.cli.tables import add_row, new_table
from ablate.text import count, duration, size

if TYPE_CHECKING:
    import pandas as pd

    from ablate.measuring import Event
    from ablate.records import Plan


@contextmanager
def showing(console: Console, *, silent: bool) -> Iterator[Callable[[Event], None]]:
    """A function for the events of `measure`: a line a network, and on a terminal what goes on."""
    if silent:
        yield lambda event: None
        return
    if not is_watched():
        yield unbroken(lambda event: _print_end(console, event))
        return
    with console.status("") as status:

        def show(event: Event) -> None:
            _print_end(console, event)
            status.update(f"[{event.number}/{event.total}] {event.label}: measuring")

        yield show


def _print_end(console: Console, event: Event) -> None:
    """`[3/14] DenseNet-BC depth=94: ablate-fast 3.1 s, torchvision 4.0 s`."""
    if event.kind == "end":
        times = [f"{row.implementation} {duration(row.step_seconds)}" for row in event.rows]
        console.print(f"[{event.number}/{event.total}] {event.label}: {', '.join(times)}")


def measured_table(table: pd.DataFrame) -> Table:
    """A row per network and implementation."""
    from ablate.analysis import plain_rows

    keys = [key for key in table.attrs["sweep_keys"] if key in table]
    heads = ["params", "memory", "step", "latency", "why not"]
    found = new_table("variant", *keys, "implementation", *heads)
    for row in plain_rows(table):
        swept = ["" if row[key] is None else str(row[key]) for key in keys]
        numbers = [count(row["params"]), size(row["peak_bytes"])]
        times = [_time(row["step_seconds"]), _time(row["latency_seconds"])]
        names = row["variant"], *swept, row["implementation"]
        add_row(found, *names, *numbers, *times, row["reason"] or "")
    return found


def _time(seconds: float | None) -> str:
    return "" if seconds is None else duration(seconds)


def networks_table(plan: Plan) -> Table:
    """A measure study's networks, with what is counted of each as we run them in mode `fast`."""
    keys = plan.study.sweep_keys
    table = new_table("variant", *keys, "images a step", "params", "MACs", "memory")
    for cell in plan.cells:
        swept = [str(cell.sweep[key]) if key in cell.sweep else "" for key in keys]
        images = str(cell.cell["recipe"].get("batch_size", 64))
        numbers = [count(cell.params), count(cell.macs), size(cell.peak_bytes)]
        add_row(table, cell.variant, *swept, images, *numbers)
    return table


def networks_total(plan: Plan) -> str:
    """The line below the table."""
    names = plan.study.file.implementations
    return f"{len(plan.cells)} networks in {len(names)} implementations: {', '.join(names)}"

"""`ablate measure`: step time, latency and memory of networks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from ablate.cli.console import add_row, console, is_watched, new_table
from ablate.cli.exits import resumable
from ablate.cli.options import DataRoot, Json, Memory, Profile, RunName, Runs, Sets, one_of
from ablate.cli.progress import unbroken
from ablate.text import count, duration, size

if TYPE_CHECKING:
    import pandas as pd

    from ablate.measuring import Event


@resumable()
def measure(
    target: Annotated[
        Path, typer.Argument(metavar="STUDY|RUN", help="A file of kind: measure, or a run folder.")
    ],
    profile: Profile = "",
    sets: Sets = None,
    name: RunName = None,
    runs: Runs = Path("runs"),
    data: DataRoot = None,
    device: Annotated[
        str | None, typer.Option("--device", help="cpu, cuda:0, ...; else the first GPU.")
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option("--threads", min=1, max=1024, help="Of the CPU; a run's cells have one."),
    ] = None,
    steps: Annotated[
        int, typer.Option("--steps", min=1, max=1_000_000, help="Rounds that are timed.")
    ] = 10,
    memory: Memory = "auto",
    again: Annotated[bool, typer.Option("--again", help="What is there already, too.")] = False,
    busy: Annotated[
        bool, typer.Option("--busy", help="Though others use the device; it is recorded.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Step time, latency and memory of a study's networks, on a device that is theirs alone."""
    from ablate import figures, measuring
    from ablate.models import MEMORY_MODES
    from ablate.records import RunFolder

    out = console()
    with _showing(out, silent=as_json) as on_event:
        table = measuring.measure(
            target,
            profile=profile,
            sets=sets or [],
            name=name,
            runs=runs,
            data=data,
            device=device,
            threads=threads,
            steps=steps,
            memory=one_of("--memory", memory, ("auto", *MEMORY_MODES)),
            again=again,
            busy=busy,
            on_event=on_event,
        )
    folder = table.attrs["folder"]
    if as_json:
        print(table.to_json(orient="records", indent=1))
        return
    out.print(_measured_table(table))
    if not RunFolder(folder).is_measured_alone:
        out.print(f"draw it: ablate plot {folder} frontier --cost latency_seconds")
    else:
        for figure, page in figures.plot(folder).items():
            out.print(f"{figure}: {page.save()[0]}")
    out.print(f"measurements: {folder / 'measurements.csv'}")


@contextmanager
def _showing(console: Console, *, silent: bool) -> Iterator[Callable[[Event], None]]:
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


def _measured_table(measured: pd.DataFrame) -> Table:
    """A row per network and implementation."""
    from ablate.analysis import plain_rows

    keys = [key for key in measured.attrs["sweep_keys"] if key in measured]
    heads = ["params", "memory", "step", "latency", "why not"]
    table = new_table("variant", *keys, "implementation", *heads)
    for row in plain_rows(measured):
        swept = ["" if row[key] is None else str(row[key]) for key in keys]
        numbers = [count(row["params"]), size(row["peak_bytes"])]
        times = [_time(row["step_seconds"]), _time(row["latency_seconds"])]
        names = row["variant"], *swept, row["implementation"]
        add_row(table, *names, *numbers, *times, row["reason"] or "")
    return table


def _time(seconds: float | None) -> str:
    return "" if seconds is None else duration(seconds)

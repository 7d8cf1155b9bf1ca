"""The verb that takes times: measure."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ablate.cli.console import console
from ablate.cli.guards import one_of, resumable
from ablate.cli.options import DataRoot, Json, Memory, Profile, Sets


@resumable()
def measure(
    target: Annotated[
        Path, typer.Argument(metavar="STUDY|RUN", help="A file of kind: measure, or a run folder.")
    ],
    profile: Profile = "",
    sets: Sets = None,
    name: Annotated[str | None, typer.Option("--as", help="Name of the run folder.")] = None,
    runs: Annotated[Path, typer.Option("--runs", help="Folder of run folders.")] = Path("runs"),
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
    from ablate import analysis, measuring, report
    from ablate.cli.around_measure import measured_table, showing
    from ablate.models import MEMORY_MODES

    out = console()
    with showing(out, silent=as_json) as on_event:
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
    out.print(measured_table(table))
    if target.is_dir() and "implementation" not in analysis.results(folder):
        out.print(f"draw it: ablate plot {folder} frontier --cost latency_seconds")
    else:
        for figure, files in report.plot(folder):
            out.print(f"{figure}: {files[0]}")
    out.print(f"measurements: {folder / 'measurements.csv'}")

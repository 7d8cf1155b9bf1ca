"""Verbs that train, or say what would be trained: plan, run, confirm."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ablate.cli.around_run import after_run, cells_to_come, done_so_far, outlook, turns_note
from ablate.cli.console import complain, console, print_json
from ablate.cli.guards import one_of, resumable
from ablate.cli.options import (
    Capture,
    CellTimeout,
    ChannelsLast,
    Compile,
    DataRoot,
    Determinism,
    Devices,
    Folder,
    Jobs,
    Json,
    Loaders,
    Memory,
    PerDevice,
    Profile,
    Retry,
    Sets,
    StudyFile,
    Where,
)

if TYPE_CHECKING:
    from ablate.training import Execution


def plan(
    study: StudyFile,
    profile: Profile = "",
    sets: Sets = None,
    data: DataRoot = None,
    jobs: Jobs = None,
    devices: Devices = None,
    as_json: Json = False,
) -> None:
    """Every cell with parameters, MACs, training memory and predicted time; nothing trains."""
    from ablate.study import load_study

    # Faults first: they need none of the rooms that take seconds to import.
    checked = load_study(study, profile=profile, sets=sets or [])
    from ablate import engine, records
    from ablate.cli.tables import plan_table, plan_total
    from ablate.machine import parallel

    if checked.is_measured:
        from ablate.cli.around_measure import networks_table, networks_total

        planned = engine.plan(checked, data=data)
        if as_json:
            print_json(planned.document())
            return
        out = console()
        out.print(networks_table(planned))
        out.print(networks_total(planned))
        return
    names = _devices(devices)
    if checked.search:
        from ablate.cli.around_search import show_search

        look = engine.preview(checked, data=data, device=names[0])
        show_search(checked, look, parallel(jobs, names), as_json)
        return
    folder = records.run_path(checked)  # a match that a run has solved is shown as it stands there
    planned = engine.plan(checked, data=data, device=names[0], folder=folder)
    if as_json:
        print_json(planned.document())
        return
    out = console()
    out.print(plan_table(planned))
    out.print(plan_total(planned, parallel(jobs, names), ", ".join(names)))


@resumable()
def run(
    study: StudyFile,
    profile: Profile = "",
    sets: Sets = None,
    name: Annotated[str | None, typer.Option("--as", help="Name of the run folder.")] = None,
    runs: Annotated[Path, typer.Option("--runs", help="Folder of run folders.")] = Path("runs"),
    data: DataRoot = None,
    download: Annotated[bool, typer.Option("--download", help="Fetch missing data.")] = False,
    jobs: Jobs = None,
    devices: Devices = None,
    per_device: PerDevice = None,
    determinism: Determinism = "fast",
    channels_last: ChannelsLast = True,
    memory: Memory = "auto",
    capture: Capture = True,
    compiled: Compile = False,
    loaders: Loaders = None,
    cell_timeout: CellTimeout = None,
    retry: Retry = None,
    as_json: Json = False,
) -> None:
    """Train what is missing. Run it again and it goes on; a finished study is a no-op."""
    from ablate.study import load_for_run

    checked = load_for_run(study, profile=profile, sets=sets or [], name=name)
    from ablate import engine, records
    from ablate.cli.progress import showing

    execution = _execution(
        determinism, channels_last, memory, capture, compiled, loaders, cell_timeout
    )
    names, together = _devices(devices), _per_device(per_device)
    path = records.run_path(checked, runs, name)
    planned = engine.plan(checked, data=data, device=names[0], folder=path)
    out, before = console(), done_so_far(path)
    weights = {cell.key: cell.predicted_seconds or 1.0 for cell in planned.cells}
    total = cells_to_come(planned)
    if not as_json:
        out.print(f"{path}: {outlook(planned, before, jobs, names)}")
    if note := turns_note(jobs, names):
        complain(note)
    with showing(out, weights, before, total, silent=as_json) as on_event:
        summary = engine.run(
            planned,
            runs=runs,
            name=name,
            data=data,
            download=download,
            jobs=jobs,
            devices=names,
            per_device=together,
            execution=execution,
            retry=retry or [],
            on_event=on_event,
        )
    after_run(summary, as_json)
    raise typer.Exit(summary.exit_code)


@resumable()
def confirm(
    folder: Folder,
    which: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="WHICH",
            help="best, knee, variants, trial-N or keys; else best and knee of a search, "
            "best and baseline of a fixed design.",
        ),
    ] = None,
    where: Where = None,
    seeds: Annotated[
        int, typer.Option("--seeds", min=1, max=1000, help="Fresh seeds for each.")
    ] = 3,
    data: DataRoot = None,
    jobs: Jobs = None,
    devices: Devices = None,
    per_device: PerDevice = None,
    determinism: Determinism = "fast",
    channels_last: ChannelsLast = True,
    memory: Memory = "auto",
    capture: Capture = True,
    compiled: Compile = False,
    loaders: Loaders = None,
    cell_timeout: CellTimeout = None,
    retry: Retry = None,
    as_json: Json = False,
) -> None:
    """Train the chosen again on all training images, with fresh seeds; then the test set, once."""
    from ablate import engine
    from ablate.cli.around_confirm import after_confirm, chosen_lines
    from ablate.cli.progress import showing

    execution = _execution(
        determinism, channels_last, memory, capture, compiled, loaders, cell_timeout
    )
    names, together = _devices(devices), _per_device(per_device)
    asked = engine.confirmation(
        folder, which or (), where=where or (), seeds=seeds, data=data, device=names[0]
    )
    out, before = console(), done_so_far(asked.path)
    weights = {cell.key: cell.predicted_seconds or 1.0 for cell in asked.plan.cells}
    if not as_json:
        for line in chosen_lines(asked):
            out.print(line)
        out.print(f"{asked.path}: {outlook(asked.plan, before, jobs, names)}")
    if note := turns_note(jobs, names):
        complain(note)
    with showing(out, weights, before, len(weights), silent=as_json) as on_event:
        summary = engine.confirm(
            asked,
            data=data,
            jobs=jobs,
            devices=names,
            per_device=together,
            execution=execution,
            retry=retry or [],
            on_event=on_event,
        )
    after_confirm(asked, summary, as_json)
    raise typer.Exit(summary.exit_code)


def _execution(
    determinism: str,
    channels_last: bool,
    memory: str,
    capture: bool,
    compiled: bool,
    loaders: int | None,
    time_limit: float | None,
) -> Execution:
    from ablate.models import MEMORY_MODES
    from ablate.training import Execution

    return Execution(
        determinism=one_of("--determinism", determinism, ("fast", "strict")),
        channels_last=channels_last,
        memory=one_of("--memory", memory, ("auto", *MEMORY_MODES)),
        capture="auto" if capture else "off",
        compile=compiled,
        loaders="auto" if loaders is None else loaders,
        time_limit=time_limit,
    )


def _per_device(text: str | None) -> int | Literal["auto"] | None:
    if text is None or text == "auto":
        return "auto" if text else None
    if not text.isdecimal() or int(text) < 1:
        raise typer.BadParameter(
            f"must be a whole number >= 1 or auto, got {text!r}", param_hint="--per-device"
        )
    return int(text)


def _devices(text: str | None) -> list[str]:
    from ablate import machine

    return [part.strip() for part in text.split(",")] if text else machine.default_devices()

"""The verbs of the command line. Heavy rooms are imported by the verb that needs them."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ablate import __version__
from ablate.cli.around_run import (
    after_run,
    cells_to_come,
    done_so_far,
    outlook,
    print_reasons,
    summary_document,
)
from ablate.cli.console import complain, console, is_watched, print_json
from ablate.cli.options import (
    CellTimeout,
    ChannelsLast,
    DataRoot,
    Determinism,
    Devices,
    Folder,
    Jobs,
    Json,
    Memory,
    Profile,
    Retry,
    Sets,
    StudyFile,
    Where,
)
from ablate.errors import AblateError, MachineError, Stopped

if TYPE_CHECKING:
    from ablate.training import Execution

app = typer.Typer(
    name="ablate",
    help="Ablation studies of convolutional networks: a study file in; a comparison with error "
    "bars, efficiency curves and the best network out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; exits with the code of the error tree."""
    try:
        app(args=list(arguments) if arguments is not None else None, prog_name="ablate")
    except AblateError as error:
        complain(str(error))
        sys.exit(error.exit_code)
    except OSError as error:  # a folder that cannot be written, a full disk
        complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        sys.exit(MachineError.exit_code)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"ablate {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print and leave.")
    ] = False,
) -> None:
    """Takes the options that stand before a verb."""


@app.command()
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
    from ablate.spec import load_study

    # Faults first: they need none of the rooms that take seconds to import.
    checked = load_study(study, profile=profile, sets=sets or [])
    from ablate import api
    from ablate.cli.tables import plan_table, plan_total
    from ablate.search import parallel

    names = _devices(devices)
    if checked.search:
        from ablate.cli.around_search import show_search

        look = api.preview(checked, data=data, device=names[0])
        show_search(checked, look, parallel(jobs, names), as_json)
        return
    folder = api.run_path(checked)  # a match that a run has solved is shown as it stands there
    planned = api.plan(checked, data=data, device=names[0], folder=folder)
    if as_json:
        print_json(planned.document())
        return
    out = console()
    out.print(plan_table(planned))
    out.print(plan_total(planned, parallel(jobs, names), ", ".join(names)))


@contextmanager
def _resumable() -> Iterator[None]:
    """A signal ends what is decorated with exit code 75, also while it still plans or draws."""
    try:
        yield
    except (Stopped, KeyboardInterrupt) as stop:
        how = str(stop) or "stopped by SIGINT"
        raise Stopped(f"{how}; the same command goes on from there") from None


@app.command()
@_resumable()
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
    determinism: Determinism = "fast",
    channels_last: ChannelsLast = True,
    memory: Memory = "auto",
    cell_timeout: CellTimeout = None,
    retry: Retry = None,
    as_json: Json = False,
) -> None:
    """Train what is missing. Run it again and it goes on; a finished study is a no-op."""
    from ablate.api import load_for_run

    checked = load_for_run(study, profile=profile, sets=sets or [], name=name)
    from ablate import api
    from ablate.cli.progress import showing

    execution = _execution(determinism, channels_last, memory, cell_timeout)
    names = _devices(devices)
    path = api.run_path(checked, runs, name)
    planned = api.plan(checked, data=data, device=names[0], folder=path)
    out, before = console(), done_so_far(path)
    weights = {cell.key: cell.predicted_seconds or 1.0 for cell in planned.cells}
    total = cells_to_come(planned)
    if not as_json:
        out.print(f"{path}: {outlook(planned, before, jobs, names)}")
    with showing(out, weights, before, total, silent=as_json) as on_event:
        summary = api.run(
            planned,
            runs=runs,
            name=name,
            data=data,
            download=download,
            jobs=jobs,
            devices=names,
            execution=execution,
            retry=retry or [],
            on_event=on_event,
        )
    after_run(summary, as_json)
    raise typer.Exit(summary.exit_code)


@app.command()
def status(folder: Folder, as_json: Json = False) -> None:
    """How many cells are in which state, why each failure failed, and the time left."""
    from ablate.cli.around_confirm import looks_line
    from ablate.cli.around_search import search_line
    from ablate.cli.tables import status_table
    from ablate.report import duration
    from ablate.search import looks, open_folder, seconds_left, summary

    found = summary(open_folder(folder))
    left, seen = seconds_left(open_folder(folder)), looks(open_folder(folder))
    if as_json:
        print_json({**summary_document(found), "seconds_left": left, "test_looks": len(seen)})
        return
    out = console()
    out.print(status_table(found))
    if found.search:
        out.print(search_line(found.search, found.total))
    print_reasons(found)
    if left:
        out.print(f"about {duration(left)} of training left, one cell at a time")
    if seen:
        out.print(looks_line(seen))


@app.command()
def compare(
    folder: Folder,
    everything: Annotated[
        bool, typer.Option("--all", help="Of a search every cell; a fixed design shows all anyway.")
    ] = False,
    as_json: Json = False,
) -> None:
    """A row per variant: error with interval over seeds, costs, paired difference."""
    from ablate import api
    from ablate.report import compare_note, compare_table, compare_text

    comparison, table = api.compare(folder, everything=everything), api.results(folder)
    subject = table.attrs["subject"]
    if as_json:
        print(comparison.to_json(orient="records", indent=1))
    elif is_watched():
        out = console()
        out.print(compare_table(comparison, subject, width=out.width))
    else:
        print(compare_text(comparison, subject))
        complain(compare_note(comparison))


@app.command()
def plot(
    folder: Folder,
    figure: Annotated[
        str | None,
        typer.Argument(help="frontier, curves, weights, history, effects; without a name, all."),
    ] = None,
    cost: Annotated[
        str | None, typer.Option(help="frontier's x axis: params, macs, peak_bytes, ...")
    ] = None,
    variant: Annotated[
        str | None, typer.Option(help="weights: whose; else the baseline's. At its largest point.")
    ] = None,
    rescale: Annotated[
        str | None, typer.Option(help="weights: column divides by each column's largest.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="history: the hypervolume's, e.g. error=20,params=1e6.")
    ] = None,
) -> None:
    """The figures of a run, as PNG and SVG."""
    from ablate import api

    given = {"cost": cost, "variant": variant, "rescale": rescale, "reference": reference}
    options = {name: value for name, value in given.items() if value is not None}
    for _, files in api.plot(folder, figure, **options):
        print(*files, sep="\n")


@app.command()
@_resumable()
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
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Fresh seeds for each.")] = 3,
    data: DataRoot = None,
    jobs: Jobs = None,
    devices: Devices = None,
    determinism: Determinism = "fast",
    channels_last: ChannelsLast = True,
    memory: Memory = "auto",
    cell_timeout: CellTimeout = None,
    retry: Retry = None,
    as_json: Json = False,
) -> None:
    """Train the chosen again on all training images, with fresh seeds; then the test set, once."""
    from ablate import api
    from ablate.cli.around_confirm import after_confirm, chosen_lines
    from ablate.cli.progress import showing

    execution = _execution(determinism, channels_last, memory, cell_timeout)
    names = _devices(devices)
    asked = api.confirmation(
        folder, which or (), where=where or (), seeds=seeds, data=data, device=names[0]
    )
    out, before = console(), done_so_far(asked.path)
    weights = {cell.key: cell.predicted_seconds or 1.0 for cell in asked.plan.cells}
    if not as_json:
        for line in chosen_lines(asked):
            out.print(line)
        out.print(f"{asked.path}: {outlook(asked.plan, before, jobs, names)}")
    with showing(out, weights, before, len(weights), silent=as_json) as on_event:
        summary = api.confirm(
            asked,
            data=data,
            jobs=jobs,
            devices=names,
            execution=execution,
            retry=retry or [],
            on_event=on_event,
        )
    after_confirm(asked, summary, as_json)
    raise typer.Exit(summary.exit_code)


@app.command()
def export(
    folder: Folder,
    which: Annotated[
        str, typer.Argument(metavar="WHICH", help="best, knee, a variant, trial-N, or a key.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder to make; else exports/<run>-<which>.")
    ] = None,
    where: Where = None,
    onnx: Annotated[bool, typer.Option("--onnx", help="An ONNX file too, checked.")] = False,
) -> None:
    """A trained network as a folder: architecture, weights, card; checked by loading it back."""
    from ablate import api

    # Not on standard output: a script reads the folder there.
    complain(api.taken(folder, which, where=where or []))
    print(api.export(folder, which, out, where=where or [], onnx=onnx))


@app.command()
def cost(
    architecture: Annotated[
        str, typer.Argument(metavar="ARCH", help="A file, or '{family: densenet, depth: 40}'.")
    ],
    batch_size: Annotated[int, typer.Option(help="Images a step, for the memory.")] = 64,
    as_json: Json = False,
) -> None:
    """Parameters, MACs and activation memory of one architecture, layer by layer."""
    from ablate.spec import load_architecture

    checked = load_architecture(architecture)
    from dataclasses import asdict

    from ablate import cost as count_cost
    from ablate.cli.tables import cost_table
    from ablate.report import count, size

    found = count_cost(checked, batch_size=batch_size)
    if as_json:
        print_json({**asdict(found), "flops": found.flops})
        return
    out = console()
    out.print(cost_table(found))
    out.print(
        f"{found.params:,} parameters; {count(found.macs)} MACs, {count(found.flops)} FLOPs an "
        f"image; a step of {batch_size} images saves {size(found.saved_bytes)} for backward and "
        f"needs {size(found.peak_bytes)}"
    )


@app.command()
def schema() -> None:
    """The JSON Schema of study files, for editors."""
    from ablate.spec import study_schema

    print_json(study_schema())


def _execution(
    determinism: str, channels_last: bool, memory: str, time_limit: float | None
) -> Execution:
    from ablate.models import MEMORY_MODES
    from ablate.training import Execution

    return Execution(
        determinism=_one_of("--determinism", determinism, ("fast", "strict")),
        channels_last=channels_last,
        memory=_one_of("--memory", memory, ("auto", *MEMORY_MODES)),
        time_limit=time_limit,
    )


def _devices(text: str | None) -> list[str]:
    from ablate import api

    return [part.strip() for part in text.split(",")] if text else api.default_devices()


def _one_of(option: str, value: str, valid: tuple[str, ...]) -> Any:
    if value not in valid:
        raise typer.BadParameter(
            f"must be one of {', '.join(valid)}, got {value!r}", param_hint=option
        )
    return value

"""The command: parses, measures, prints."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from ablate import costs, engine, machine
from ablate.cli import (
    DataRoot,
    Json,
    Profile,
    Sets,
    complain,
    console,
    exit_code_of,
    is_watched,
    print_json,
)
from ablate.machine import check_device, data_root
from ablate.measuring import Subject
from ablate.networks import Architecture, check_implementations, load_architecture
from ablate.networks import architecture as make_architecture
from ablate.study import MEASURED_PRECISIONS, load_for_run
from benchmarks import memory as memories
from benchmarks import steps
from benchmarks.claims import bench_claims
from benchmarks.epochs import bench_epoch
from benchmarks.findings import Findings
from benchmarks.load import SIZES, bench_load
from benchmarks.pipeline import bench_data
from benchmarks.ranks import bench_ranks
from benchmarks.studies import bench_study, small_networks
from benchmarks.tables import conditions_line, findings_table

app = typer.Typer(
    help="Our steps, memory, images and runs side by side with other implementations', here.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
BC_100 = "{family: densenet, depth: 100, bottleneck_width: 4, compression: 0.5}"

Arch = Annotated[
    str, typer.Argument(metavar="[ARCH]", help="A file, or '{family: densenet, depth: 40}'.")
]
BatchSize = Annotated[int, typer.Option("--batch-size", min=2, help="Images a step.")]
Device = Annotated[str | None, typer.Option("--device", help="cuda, cuda:1, cpu; else the first.")]
Threads = Annotated[int | None, typer.Option("--threads", min=1, help="CPU threads.")]
Precision = Annotated[str, typer.Option("--precision", help="fp32 or bf16.")]
Rounds = Annotated[int, typer.Option("--rounds", min=1, help="Timings of each.")]
Only = Annotated[str | None, typer.Option("--only", help="Comma-separated implementations.")]
Csv = Annotated[Path | None, typer.Option("--csv", help="Write the rows there, with conditions.")]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; exits with the code of the error tree."""
    given = list(arguments) if arguments is not None else None
    with exit_code_of():
        app(args=given, prog_name="python -m benchmarks")


@app.command()
def step(
    architecture: Arch = BC_100,
    batch_size: BatchSize = 64,
    precision: Precision = "fp32",
    device: Device = None,
    threads: Threads = None,
    rounds: Rounds = 7,
    only: Only = None,
    keep_memory: Annotated[
        bool, typer.Option("--keep-memory", help="All keep what they free on a CPU, as cells do.")
    ] = False,
    seconds: Annotated[
        float, typer.Option("--seconds", min=1, help="Begin nothing after these; rows are kept.")
    ] = math.inf,
    csv: Csv = None,
    as_json: Json = False,
) -> None:
    """Training steps, alternated: seconds, and how many times as fast as torchvision's."""
    checked, names = load_architecture(architecture), _names(only, steps.USUAL)
    with ExitStack() as stack:
        if threads:
            stack.enter_context(costs.threads(threads))
        found = steps.bench_step(
            Subject("", {}, checked, batch_size, _precision(precision), names),
            device=_device(device),
            rounds=rounds,
            keeps_memory=keep_memory,
            seconds=seconds,
            on_ready=_told("warm: {}"),
            on_round=lambda found: found.write_csv(csv) if csv else None,
        )
    _show(found, csv, as_json)


@app.command()
def epoch(
    architecture: Arch = BC_100,
    images: Annotated[int, typer.Option("--images", min=128, help="Of an epoch.")] = 45_000,
    batch_size: BatchSize = 64,
    precision: Precision = "fp32",
    device: Device = None,
    threads: Threads = None,
    rounds: Rounds = 3,
    csv: Csv = None,
    as_json: Json = False,
) -> None:
    """Epochs of the whole training loop, and how long the paper's 300 would take."""
    found = bench_epoch(
        load_architecture(architecture),
        images=images,
        batch_size=batch_size,
        precision=_precision(precision),
        device=_device(device),
        threads=threads or 1,
        rounds=rounds,
        on_ready=_told("done: {}"),
    )
    _show(found, csv, as_json)


@app.command()
def ranks(
    architecture: Arch = BC_100,
    processes: Annotated[str, typer.Option("--processes", help="Comma-separated.")] = "1,2",
    batch_size: BatchSize = 64,
    rounds: Rounds = 3,
    csv: Csv = None,
    as_json: Json = False,
) -> None:
    """Steps of a cell that processes of one thread share (`run --devices-per-cell`), on a CPU."""
    numbers = [int(number) for number in processes.split(",")]
    found = bench_ranks(
        load_architecture(architecture), numbers, batch_size=batch_size, rounds=rounds
    )
    _show(found, csv, as_json)


@app.command()
def memory(
    depths: Annotated[
        str, typer.Option("--depths", help="Of DenseNet-BC, comma-separated.")
    ] = "40,100,160,250",
    growth_rate: Annotated[int, typer.Option("--growth-rate", min=1)] = 12,
    architecture: Annotated[
        str | None, typer.Argument(metavar="[ARCH]", help="Another one, in place of the depths.")
    ] = None,
    batch_size: BatchSize = 64,
    measured: Annotated[
        bool, typer.Option("--measured", help="Take two real steps of each, too.")
    ] = False,
    device: Device = None,
    only: Only = None,
    csv: Csv = None,
    as_json: Json = False,
) -> None:
    """What a step saves for backward and has at its peak, counted; and measured, if asked for."""
    found = memories.bench_memory(
        _networks(architecture, depths, growth_rate),
        batch_size=batch_size,
        device=_device(device) if measured else None,
        names=_names(only, memories.USUAL),
        on_counted=_told("counted: {}"),
        on_row=lambda found: found.write_csv(csv) if csv else None,
    )
    _show(found, csv, as_json)


@app.command()
def data(
    images: Annotated[int, typer.Option("--images", min=64, help="In a pass.")] = 10_000,
    batch_size: BatchSize = 64,
    device: Device = None,
    rounds: Rounds = 7,
    csv: Csv = None,
    as_json: Json = False,
) -> None:
    """Cropped, mirrored, normalised images a second, against torchvision's loaders."""
    found = bench_data(images=images, batch_size=batch_size, device=_device(device), rounds=rounds)
    _show(found, csv, as_json)


@app.command()
def study(
    study: Annotated[
        Path | None,
        typer.Argument(metavar="[STUDY]", help="A study file; else four small networks."),
    ] = None,
    profile: Profile = "",
    sets: Sets = None,
    data: DataRoot = None,
    images: Annotated[
        int | None, typer.Option("--images", min=64, help="Without STUDY: of an epoch, 3000.")
    ] = None,
    epochs: Annotated[int | None, typer.Option("--epochs", min=1, help="Without STUDY: 2.")] = None,
    device: Device = None,
    rounds: Rounds = 3,
    csv: Csv = None,
    as_json: Json = False,
) -> None:
    """Cells an hour: one process on all cores against workers, or a GPU that several share."""
    _check_of(study, of_file=[profile, sets, data], of_usual=[images, epochs])
    with TemporaryDirectory() as folder:
        if study:
            checked = load_for_run(study, profile=profile, sets=sets or [], name="benchmark")
            planned, root = engine.plan(checked, data=data), data_root(data)
        else:
            root = Path(folder)
            planned = small_networks(root, images=images or 3_000, epochs=epochs or 2)
        found = bench_study(
            planned,
            data_root=root,
            device=_device(device),
            rounds=rounds,
            on_ready=_told("done: {}"),
        )
    _show(found, csv, as_json)


@app.command()
def claims(
    cells: Annotated[
        list[int] | None,
        typer.Option("--cells", help="Of a run; once or more often. [100, 1000, 10000]"),
    ] = None,
    rounds: Rounds = 15,
    storage: Annotated[
        str | None,
        typer.Option("--storage", help="An empty PostgreSQL database for the records; else files."),
    ] = None,
    csv: Csv = None,
    as_json: Json = False,
) -> None:
    """How long a worker holds the lock to take its next cell, by how many the run has."""
    with TemporaryDirectory() as folder:
        found = bench_claims(
            Path(folder),
            counts=cells or (100, 1_000, 10_000),
            rounds=rounds,
            storage=storage,
            on_ready=_told("ready: {}"),
        )
    _show(found, csv, as_json)


@app.command()
def load(
    planned: Annotated[
        list[int] | None, typer.Option("--planned", help="Cells of a plan; once or more often.")
    ] = None,
    trained: Annotated[
        list[int] | None, typer.Option("--trained", help="Cells of a run, then of its tables.")
    ] = None,
    searched: Annotated[
        list[int] | None, typer.Option("--searched", help="Trials of a search, likewise.")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Workers of a run.")] = 2,
    csv: Csv = None,
    as_json: Json = False,
) -> None:
    """What commands take of a core and of memory, by the size of the study; all three, or those.

    Without sizes up to 10,000 cells are planned, 2,000 trained and 500 searched for.
    """
    some = {"planned": planned, "trained": trained, "searched": searched}
    sizes = (
        {name: sorted(given or ()) for name, given in some.items()} if any(some.values()) else {}
    )
    with TemporaryDirectory() as folder:
        found = bench_load(
            Path(folder),
            **sizes or SIZES,
            jobs=jobs,
            on_row=lambda found: found.write_csv(csv) if csv else None,
        )
    _show(found, csv, as_json)


def _check_of(study: Path | None, *, of_file: list[Any], of_usual: list[Any]) -> None:
    """Options of a study file are not those of the usual networks."""
    if study and any(of_usual):
        rule = "are of the usual networks; of a STUDY --set data.limit=N and recipe.epochs=N"
        raise typer.BadParameter(rule, param_hint="--images, --epochs")
    if not study and any(of_file):
        raise typer.BadParameter("need a STUDY", param_hint="--profile, --set, --data")


def _networks(architecture: str | None, depths: str, growth_rate: int) -> list[Architecture]:
    if architecture:
        return [load_architecture(architecture)]
    if not all(depth.strip().isdigit() for depth in depths.split(",")):
        raise typer.BadParameter(f"must be numbers, got {depths!r}", param_hint="--depths")
    settings: dict[str, Any] = {"growth_rate": growth_rate, "bottleneck_width": 4}
    return [
        make_architecture(family="densenet", depth=int(depth), compression=0.5, **settings)
        for depth in depths.split(",")
    ]


def _names(only: str | None, usual: tuple[str, ...]) -> tuple[str, ...]:
    if only is None:
        return usual
    try:
        return check_implementations(tuple(name.strip() for name in only.split(",")))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--only") from None


def _precision(name: str) -> str:
    if name not in MEASURED_PRECISIONS:
        rule = f"must be one of {', '.join(MEASURED_PRECISIONS)}, got {name!r}"
        raise typer.BadParameter(rule, param_hint="--precision")
    return name


def _device(name: str | None) -> str:
    device = name or machine.default_devices()[0]
    check_device(device)
    return device


def _told(text: str) -> Any:
    """Something that says on a terminal how far it is; elsewhere nobody waits for it."""
    return lambda name: complain(text.format(name)) if is_watched() else None


def _show(found: Findings, csv: Path | None, as_json: bool) -> None:
    if csv:
        found.write_csv(csv)
    if as_json:
        print_json(found.document())
        return
    out = console()
    out.print(findings_table(found))
    out.print(conditions_line(found))
    for name, why in found.left_out.items():
        out.print(f"left out: {name}: {why}")
    if csv:
        out.print(str(csv))

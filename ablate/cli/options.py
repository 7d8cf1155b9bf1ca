"""Arguments and options that several verbs take, and what their values become."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ablate.text import paths

if TYPE_CHECKING:
    from ablate.workers import RunOptions


def studies(incomplete: str) -> list[str]:
    """For a shell that completes: our studies by name, files of YAML, and folders on the way."""
    from ablate.study import shipped_studies

    ours = [name for name in shipped_studies() if name.startswith(incomplete)]
    return [*ours, *paths(incomplete, (".yaml", ".yml"))]


def runs_here(incomplete: str) -> list[str]:
    """The same for run folders: those in `runs`, and any folder that is named in part."""
    runs = [str(path.parent) for path in sorted(Path("runs").glob("*/plan.json"))]
    return [run for run in runs if run.startswith(incomplete)] or paths(incomplete)


StudyFile = Annotated[
    Path, typer.Argument(metavar="STUDY", help="A study file, or a name.", autocompletion=studies)
]
Folder = Annotated[
    Path,
    typer.Argument(
        metavar="RUN", help="A run folder, e.g. runs/quickstart.", autocompletion=runs_here
    ),
]
Profile = Annotated[str, typer.Option("--profile", help="A profile of the study file.")]
Sets = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a dotted key.")
]
RunName = Annotated[str | None, typer.Option("--as", help="Name of the run folder.")]
Runs = Annotated[Path, typer.Option("--runs", help="Folder of run folders.")]
DataRoot = Annotated[
    Path | None,
    typer.Option("--data", help="Folder with the datasets; else ABLATE_DATA, else the user's."),
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        min=0,
        max=1024,
        help="Cells at a time; else one per GPU, or per CPU core. 0: in this very process.",
    ),
]
Devices = Annotated[
    str | None, typer.Option("--devices", help="Comma-separated, e.g. cuda:0,cuda:1 or cpu.")
]
PerDevice = Annotated[
    str | None,
    typer.Option(
        "--per-device",
        metavar="N|auto",
        help="Cells that share a GPU; auto: as many as fit into 85% of its memory.",
    ),
]
DevicesPerCell = Annotated[
    int,
    typer.Option(
        "--devices-per-cell",
        min=1,
        metavar="N",
        help="GPUs, or processes on a CPU, that share each batch of a cell; N divides the "
        "recipe's accumulate.",
    ),
]
Determinism = Annotated[
    str, typer.Option("--determinism", help="fast, or strict: bitwise on GPUs.")
]
ChannelsLast = Annotated[
    bool, typer.Option("--channels-last/--no-channels-last", help="Memory format of images.")
]
Memory = Annotated[
    str,
    typer.Option("--memory", help="fast, efficient, or auto: efficient where fast would not fit."),
]
Capture = Annotated[
    bool, typer.Option("--capture/--no-capture", help="On CUDA GPUs a step is one graph.")
]
Compile = Annotated[
    bool, typer.Option("--compile", help="torch.compile: minutes for each cell, for long ones.")
]
Loaders = Annotated[
    int | None,
    typer.Option(
        "--loaders",
        min=0,
        help="Processes that read a cell's images from files; else its share of the cores, on a "
        "CPU 0.",
    ),
]
CellTimeout = Annotated[
    float | None, typer.Option("--cell-timeout", metavar="SECONDS", help="Limit for a cell.")
]
Retry = Annotated[
    list[str] | None, typer.Option("--retry", help="Again: oom, diverged or timeout.")
]
Storage = Annotated[
    str | None,
    typer.Option(
        "--storage",
        metavar="URL",
        help="For several machines: postgresql+psycopg://USER@HOST/DATABASE; else a file.",
    ),
]
Log = Annotated[
    list[str] | None,
    typer.Option(
        "--log",
        metavar="NAME",
        help="Where epochs go: tensorboard, wandb, one of a package, or MODULE:NAME. Several times "
        "for several.",
    ),
]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where", metavar="CONDITION", help="Choose among these only: 'params <= 0.5M and ...'."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document, for programs.")]


@dataclass(frozen=True)
class TrainingOptions:
    """Where and how cells train, as a command line says: an option for each field."""

    jobs: Jobs = None
    devices: Devices = None
    per_device: PerDevice = None
    devices_per_cell: DevicesPerCell = 1
    determinism: Determinism = "fast"
    channels_last: ChannelsLast = True
    memory: Memory = "auto"
    capture: Capture = True
    compiled: Compile = False
    loaders: Loaders = None
    cell_timeout: CellTimeout = None
    retry: Retry = None
    storage: Storage = None
    log: Log = None

    def read(self, data: Path | None, *, download: bool = False) -> RunOptions:
        """What they say. Raises typer's BadParameter, UsageError and MachineError."""
        from ablate.models import MEMORY_MODES
        from ablate.training import Execution
        from ablate.workers import RunOptions

        execution = Execution(
            determinism=one_of("--determinism", self.determinism, ("fast", "strict")),
            channels_last=self.channels_last,
            memory=one_of("--memory", self.memory, ("auto", *MEMORY_MODES)),
            capture="auto" if self.capture else "off",
            compile=self.compiled,
            loaders="auto" if self.loaders is None else self.loaders,
            time_limit=self.cell_timeout,
            devices_per_cell=self.devices_per_cell,
        )
        options = RunOptions.of(
            data,
            download=download,
            devices=device_names(self.devices),
            jobs=self.jobs,
            per_device=_cells_per_device(self.per_device),
            execution=execution,
            retry=self.retry or (),
        )
        return replace(options, storage=self.storage, log=self.log or ())


def with_training_options(command: Callable[..., None]) -> Callable[..., None]:
    """A command that is handed TrainingOptions -> one that has an option for each of them."""
    options = signature(TrainingOptions, eval_str=True).parameters
    parameters: list[Parameter] = []
    for parameter in signature(command, eval_str=True).parameters.values():
        is_theirs = parameter.annotation is TrainingOptions
        parameters += options.values() if is_theirs else [parameter]

    @wraps(command)
    def spelt_out(**given: Any) -> None:
        training = TrainingOptions(**{name: given.pop(name) for name in options})
        command(**given, training=training)

    # Typer reads both.
    spelt_out.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    spelt_out.__annotations__ = {each.name: each.annotation for each in parameters}
    return spelt_out


def device_names(text: str | None) -> list[str]:
    from ablate import machine

    return [part.strip() for part in text.split(",")] if text else machine.default_devices()


def _cells_per_device(text: str | None) -> int | Literal["auto"] | None:
    if text is None or text == "auto":
        return "auto" if text else None
    if not text.isdecimal() or int(text) < 1:
        raise typer.BadParameter(
            f"must be a whole number >= 1 or auto, got {text!r}", param_hint="--per-device"
        )
    return int(text)


def one_of(option: str, value: str, valid: tuple[str, ...]) -> Any:
    """The value, if it is valid. Raises typer's BadParameter."""
    if value not in valid:
        raise typer.BadParameter(
            f"must be one of {', '.join(valid)}, got {value!r}", param_hint=option
        )
    return value

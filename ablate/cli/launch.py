"""`ablate launch`: a script that starts workers of a study on many machines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ablate.cli.options import Profile, RunName, Runs, Sets, StudyFile
from ablate.cli.run import run
from ablate.errors import UsageError

if TYPE_CHECKING:
    from ablate.launching import Workers

launch = typer.Typer(
    help="Write a script of workers for a scheduler, for the site to edit; starts nothing.",
    no_args_is_help=True,
)
_of_run = typer.Typer(add_completion=False)
_of_run.command()(run)

OptionsOfRun = Annotated[
    list[str] | None,
    typer.Argument(metavar="[-- OPTIONS]", help="Options of `ablate run`, as --data and --jobs."),
]
Number = Annotated[int, typer.Option("--workers", min=1, max=10_000, help="How many to start.")]
AtOnce = Annotated[
    int | None, typer.Option("--at-once", min=1, help="Of them at a time; else all.")
]
Gpus = Annotated[int, typer.Option("--gpus", min=0, help="Of each worker; 0: CPU cores alone.")]
Cpus = Annotated[int, typer.Option("--cpus", min=1, help="Cores of each worker.")]
Out = Annotated[Path | None, typer.Option("--out", help="A file; else standard output.")]
Force = Annotated[bool, typer.Option("--force", help="Also where that file is there.")]


@launch.command()
def slurm(
    study: StudyFile,
    options: OptionsOfRun = None,
    profile: Profile = "",
    sets: Sets = None,
    name: RunName = None,
    runs: Runs = Path("runs"),
    workers: Number = 4,
    at_once: AtOnce = None,
    gpus: Gpus = 1,
    cpus: Cpus = 4,
    time: Annotated[
        str, typer.Option("--time", help="Walltime of one, as Slurm has it.")
    ] = "4:00:00",
    partition: Annotated[str | None, typer.Option("--partition", help="Where they queue.")] = None,
    out: Out = None,
    force: Force = False,
) -> None:
    """An array for sbatch: each element is `ablate run`, and is queued again when time is up."""
    from ablate.launching import own_options, text_of

    given = [*own_options(profile, sets or (), name, runs), *(options or ())]
    array = _workers(study, given, number=workers, at_once=at_once, gpus=gpus, cpus=cpus)
    _write(text_of("slurm", array, time=time, partition=partition), out, force)


@launch.command()
def k8s(
    study: StudyFile,
    options: OptionsOfRun = None,
    profile: Profile = "",
    sets: Sets = None,
    name: RunName = None,
    runs: Runs = Path("runs"),
    workers: Number = 4,
    at_once: AtOnce = None,
    gpus: Gpus = 1,
    cpus: Cpus = 4,
    memory: Annotated[str, typer.Option("--memory", help="Of each worker.")] = "16Gi",
    out: Out = None,
    force: Force = False,
) -> None:
    """An Indexed Job for kubectl: each pod is `ablate run`, and another goes on where it stops."""
    from ablate.launching import own_options, text_of

    given = [*own_options(profile, sets or (), name, runs), *(options or ())]
    pods = _workers(study, given, number=workers, at_once=at_once, gpus=gpus, cpus=cpus)
    _write(text_of("k8s", pods, memory=memory), out, force)


def _workers(study: Path, options: Sequence[str], **numbers: Any) -> Workers:
    """The workers of a study, once its file and the options of `run` are found to be sound."""
    from ablate.launching import Workers
    from ablate.records import run_path
    from ablate.study import load_for_run

    arguments = ["--", str(study)] if str(study).startswith("-") else [str(study)]
    with typer.main.get_command(_of_run).make_context("ablate run", [*options, *arguments]) as read:
        given = dict(read.params)
    profile, sets, name = (given[key] for key in ("profile", "sets", "name"))
    checked = load_for_run(study, profile=profile, sets=sets or [], name=name)
    folder = run_path(checked, given["runs"], name)
    return Workers(checked.title, str(folder), str(study), tuple(options), given, **numbers)


def _write(text: str, out: Path | None, force: bool) -> None:
    from ablate.machine import write_text

    if out is None:
        print(text, end="")
        return
    if out.exists() and not force:
        raise UsageError(f"{out}: is there already; --force writes over it")
    write_text(out, text)

"""`launch`: a script that starts workers of a study on many machines."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ablate.errors import UsageError
from ablate.launching.kubernetes import manifest
from ablate.launching.slurm import script
from ablate.launching.workers import Workers
from ablate.records import run_path
from ablate.study import load_for_run
from ablate.text import nearest

SCHEDULERS = ("slurm", "k8s")
# Arguments of `ablate.run` that its command line has by that name, too.
OPTIONS = ("data", "download", "jobs", "devices", "per_device", "retry", "storage", "log")
_TIME = (r"\d+(-\d+)?(:\d+){0,2}", "4:00:00 or 1-12:00:00")
_PARTITION = (r"[\w.,+-]+", "short,long")
_MEMORY = (r"\d+(\.\d+)?([kMGTPE]|[KMGTPE]i)?", "16Gi")


def launch(
    scheduler: str,
    study: str | Path,
    *,
    profile: str = "",
    sets: Sequence[str] = (),
    name: str | None = None,
    runs: str | Path = "runs",
    options: Mapping[str, Any] | None = None,
    workers: int = 4,
    at_once: int | None = None,
    gpus: int = 1,
    cpus: int = 4,
    time: str = "4:00:00",
    partition: str | None = None,
    memory: str = "16Gi",
) -> str:
    """A study's file -> a script of its workers for a scheduler, slurm or k8s; starts nothing.

    Each is one `ablate run`, with `options` that are arguments of `ablate.run`: data, download,
    jobs, devices, per_device, retry, storage, log (names). `workers` are how many there are,
    `at_once` how many of them at a time, `gpus` and `cpus` what each gets; of Slurm `time` is the
    walltime of one and `partition` where it queues, of Kubernetes `memory` is that of one. Raises
    SpecError and UsageError for what could not run.
    """
    if scheduler not in SCHEDULERS:
        valid = " or ".join(SCHEDULERS)
        hint = nearest(scheduler, SCHEDULERS)
        raise UsageError(f"launch: scheduler must be {valid}, got `{scheduler}`{hint}")
    own = own_options(profile, sets, name, runs)
    given = dict(options or {})
    words = [*own, *(word for key, value in given.items() for word in _words(key, value))]
    numbers: dict[str, Any] = {"number": workers, "at_once": at_once, "gpus": gpus, "cpus": cpus}
    for what, number in {"workers": workers, "cpus": cpus, "at_once": at_once or 1}.items():
        if number < 1:
            raise UsageError(f"{what}: must be >= 1, got {number}")
    if gpus < 0:
        raise UsageError(f"gpus: must be >= 0, got {gpus}")
    checked = load_for_run(study, profile=profile, sets=sets, name=name)
    folder = run_path(checked, runs, name)
    each = Workers(checked.title, str(folder), str(study), tuple(words), given, **numbers)
    return text_of(scheduler, each, time=time, partition=partition, memory=memory)


def text_of(
    scheduler: str,
    workers: Workers,
    *,
    time: str = "4:00:00",
    partition: str | None = None,
    memory: str = "16Gi",
) -> str:
    """The script of workers. Raises UsageError for what a scheduler would not understand."""
    if scheduler == "k8s":
        _matches("memory", memory, *_MEMORY)
        return manifest(workers, memory=memory)
    _matches("time", time, *_TIME)
    if partition is not None:
        _matches("partition", partition, *_PARTITION)
    return script(workers, time=time, partition=partition)


def own_options(profile: str, sets: Sequence[str], name: str | None, runs: str | Path) -> list[str]:
    """These as options of `ablate run`."""
    options = [f"--profile={profile}"] if profile else []
    options += [f"--set={each}" for each in sets]
    options += [f"--as={name}"] if name is not None else []
    return options + ([f"--runs={runs}"] if Path(runs) != Path("runs") else [])


def _words(key: str, value: Any) -> list[str]:
    """An argument of `ablate.run` as words of its command line."""
    if key not in OPTIONS:
        raise UsageError(f"options: unknown `{key}`{nearest(key, OPTIONS)}")
    option = f"--{key.replace('_', '-')}"
    if value is None or value is False:
        return []
    if value is True:
        return [option]
    if key == "devices" and not isinstance(value, str):
        value = ",".join(value)
    values = value if isinstance(value, list | tuple | set) else [value]
    if wrong := [each for each in values if callable(each)]:
        raise UsageError(f"options: `{key}` must be text that a script can hold, got {wrong[0]!r}")
    return [f"{option}={each}" for each in values]


def _matches(option: str, value: str, pattern: str, example: str) -> None:
    if not re.fullmatch(pattern, value):
        raise UsageError(f"--{option}: must be like {example}, got {value!r}")

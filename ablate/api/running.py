"""`plan`, `preview` and `run`: a study -> what it would train, and a run folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ablate.api.calibrating import rates_on
from ablate.errors import UsageError
from ablate.machine import leave_if_unguarded, usable_cache
from ablate.spec import Study, load_study

if TYPE_CHECKING:
    from ablate.search import PerDevice, Plan, Preview, Summary
    from ablate.training import Execution


def run_path(study: Study, runs: str | Path = "runs", name: str | None = None) -> Path:
    """The run folder of a study: `runs/<name>[@<profile>]`, or `runs/<name>` as asked for."""
    if name is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_@.-]*", name):
        raise UsageError(f"--as: must be a folder name of letters, digits and -_@., got {name!r}")
    return Path(runs) / (name or study.title)


def load_for_run(
    source: str | Path,
    *,
    profile: str = "",
    sets: Sequence[str] = (),
    name: str | None = None,
    kind: str = "train",
) -> Study:
    """A study of some `kind` to be run under a folder name.

    Raises UsageError for one of another kind, and where `sets` change its cells and no `name` was
    given: the folder named after the file would hold something else than the file says. More seeds
    change none.
    """
    study = load_study(source, profile=profile, sets=sets)
    check_kind(study, kind)
    if sets and name is None:
        bare = load_study(source, profile=profile)
        if not study.extends(bare):
            raise UsageError("--set changes the cells of the study: name its folder with --as NAME")
    return study


def check_kind(study: Study, kind: str) -> None:
    """Raise UsageError for a study that is not of this kind, with the verb for it."""
    if study.file.kind != kind:
        says = {
            "measure": "is of kind: measure, so nothing trains; `ablate measure` measures it",
            "train": "is to be trained; `ablate run` it, then `ablate measure` the folder",
        }
        raise UsageError(f"{study.title}: {says[study.file.kind]}")


def plan(
    study: Study | str | Path,
    *,
    data: str | Path | None = None,
    device: str | None = None,
    cache: Path | None = None,
    folder: Path | None = None,
) -> Plan:
    """A study, or its file -> every cell with its costs; nothing trains.

    `device` is measured for a moment, once per machine, to predict times; without one there are
    none. A GPU is measured by another process, and this one has no context on it unless a match is
    of step times. Counts are kept in `cache`, by default the user's. What a match came to in a
    run's `folder` stays. Raises SpecError, MissingDataError for `arrays` that are not there,
    UsageError and MachineError for the device.
    """
    from ablate import search
    from ablate.data import data_root

    study = study if isinstance(study, Study) else load_study(study)
    cache = cache or usable_cache()
    return search.plan(
        study,
        data_root=data_root(data),
        cache=cache,
        rates=rates_on(device, cache),
        matched=search.matched_in(folder) if folder else None,
    )


def preview(
    study: Study | str | Path,
    *,
    data: str | Path | None = None,
    device: str | None = None,
    cache: Path | None = None,
) -> Preview:
    """A search, or its file -> points of its space with their costs; nothing trains.

    Arguments and errors are those of `plan`; ValueError for a study that is no search.
    """
    from ablate import search
    from ablate.data import data_root

    study = study if isinstance(study, Study) else load_study(study)
    cache = cache or usable_cache()
    return search.preview(
        study, data_root=data_root(data), cache=cache, rates=rates_on(device, cache)
    )


def run(
    study: Study | Plan | str | Path,
    *,
    runs: str | Path = "runs",
    name: str | None = None,
    data: str | Path | None = None,
    download: bool = False,
    jobs: int | None = None,
    devices: Sequence[str] | None = None,
    per_device: PerDevice = None,
    execution: Execution | None = None,
    retry: Collection[str] = (),
    on_event: Callable[[dict[str, Any]], None] = lambda event: None,
) -> Summary:
    """Train what is missing of a study, its plan or its file -> how it stands now.

    Again: it goes on, or does nothing.

    `devices` defaults to every GPU, else the CPU; `jobs` to one worker per GPU or CPU core, or to
    `per_device` of them on each GPU; with "auto" cells share it as far as its memory goes. A
    script that calls this needs the usual `if __name__ == "__main__":`, as workers are spawned.
    Raises UsageError, MissingDataError, MachineError, RunFolderError, Stopped.
    """
    leave_if_unguarded()
    from ablate import __version__, search
    from ablate.data import data_root

    devices = devices or default_devices()
    planned = study
    if isinstance(planned, Study | str | Path):
        planned = planned if isinstance(planned, Study) else load_study(planned)
        check_kind(planned, "train")
        folder = run_path(planned, runs, name)
        planned = plan(planned, data=data, device=devices[0], folder=folder)
    folder, root, cache = run_path(planned.study, runs, name), data_root(data), usable_cache()

    def train(planned: Plan, retry: Collection[str]) -> Summary:
        return search.run(
            planned,
            folder,
            data_root=root,
            download=download,
            execution=execution,
            devices=devices,
            jobs=jobs,
            per_device=per_device,
            retry=retry,
            version=__version__,
            cache=cache,
            on_event=on_event,
        )

    if planned.is_open:
        return search.run_rounds(planned, folder, train, data_root=root, cache=cache, retry=retry)
    return train(planned, retry)


def default_devices() -> list[str]:
    """Every GPU of this machine, else the CPU."""
    import torch

    return [f"cuda:{index}" for index in range(torch.cuda.device_count())] or ["cpu"]

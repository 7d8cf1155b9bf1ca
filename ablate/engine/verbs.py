"""`plan`, `preview` and `run`: a study -> what it would train, and a run folder."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ablate.engine.calibrating import rates_on
from ablate.machine import default_devices, leave_if_unguarded, usable_cache
from ablate.records import run_path
from ablate.study import Study, load_study, require_kind

if TYPE_CHECKING:
    from ablate.engine.packing import PerDevice
    from ablate.records import Plan, Summary
    from ablate.sampling import Preview
    from ablate.training import Execution


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
    from ablate import engine, records
    from ablate.machine import data_root

    study = study if isinstance(study, Study) else load_study(study)
    cache = cache or usable_cache()
    return engine.plan_study(
        study,
        data_root=data_root(data),
        cache=cache,
        rates=rates_on(device, cache),
        matched=records.matched_in(folder) if folder else None,
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
    from ablate import sampling
    from ablate.machine import data_root

    study = study if isinstance(study, Study) else load_study(study)
    cache = cache or usable_cache()
    return sampling.look_at_space(
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
    With `jobs` 0 there are none: cells train in this process, one after the other, on the first
    device, for debuggers, notebooks and tests.
    Raises UsageError, MissingDataError, MachineError, RunFolderError, Stopped.
    """
    leave_if_unguarded()
    from ablate import engine
    from ablate.machine import data_root

    devices = devices or default_devices()
    planned = study
    if isinstance(planned, Study | str | Path):
        planned = planned if isinstance(planned, Study) else load_study(planned)
        require_kind(planned, "train")
        folder = run_path(planned, runs, name)
        planned = plan(planned, data=data, device=devices[0], folder=folder)
    folder, root, cache = run_path(planned.study, runs, name), data_root(data), usable_cache()

    def train(planned: Plan, retry: Collection[str]) -> Summary:
        return engine.train_plan(
            planned,
            folder,
            data_root=root,
            download=download,
            execution=execution,
            devices=devices,
            jobs=jobs,
            per_device=per_device,
            retry=retry,
            cache=cache,
            on_event=on_event,
        )

    if planned.is_open:
        return engine.run_rounds(planned, folder, train, data_root=root, cache=cache, retry=retry)
    return train(planned, retry)

"""`measure`: what a step of a study's networks costs, on a device that is theirs alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ablate.errors import MachineError, UsageError
from ablate.machine import default_devices
from ablate.records import run_path
from ablate.study import Study, load_for_run, load_study, require_kind

if TYPE_CHECKING:
    import pandas as pd

    from ablate.measuring.networks import Event
    from ablate.measuring.options import MeasureOptions
    from ablate.measuring.subjects import Subject
    from ablate.records import RunFolder

Source = tuple["RunFolder", "Sequence[Subject]", Mapping[str, Any]]  # the last: the study's head


def measure(
    target: Study | Mapping[str, Any] | str | Path,
    *,
    profile: str = "",
    sets: Sequence[str] = (),
    name: str | None = None,
    runs: str | Path = "runs",
    data: str | Path | None = None,
    device: str | None = None,
    threads: int | None = None,
    steps: int = 10,
    memory: str = "auto",
    again: bool = False,
    busy: bool = False,
    on_event: Callable[[Event], None] = lambda event: None,
) -> pd.DataFrame:
    """A measure study, its map or file, or a run folder -> a row per network and implementation.

    They are kept in measurements.csv of the folder, `attrs["folder"]`; what is there already is
    measured `again` only if asked for. In a run that trained it is each distinct network, run by us
    in mode `memory`, at its recipe's batch size and precision. `threads` are torch's own number,
    there the one that a CPU cell has. Raises UsageError, SpecError, RunFolderError,
    MissingDataError, and MachineError where others use the device, unless it may be `busy`.
    """
    import torch

    from ablate import analysis, measuring
    from ablate.records import RunFolder
    from ablate.training import Execution

    path = Path(target) if isinstance(target, str | Path) else Path()
    is_run = isinstance(target, str | Path) and path.is_dir()
    was_trained = is_run and not RunFolder(path).is_measured_alone
    threads = threads or (Execution().threads if was_trained else torch.get_num_threads())
    device = device or default_devices()[0]
    execution = Execution(device=device, memory=memory, threads=threads)
    options = measuring.MeasureOptions(execution, steps, again, busy)
    if is_run and (profile or sets or name):
        raise UsageError(f"{path}: is a run folder; --profile, --set and --as are for study files")
    if was_trained:
        folder, subjects, head = _of_run(path, options)
    elif is_run:
        study = load_study(path / "study.yaml")
        require_kind(study, "measure")
        folder, subjects, head = _of_study(study, path, data)
    else:
        study = _study_of(target, profile, sets, name)
        folder, subjects, head = _of_study(study, run_path(study, runs, name), data)
    rows = measuring.measure_networks(
        subjects,
        folder.measurements,
        options,
        study=head["study"],
        profile=profile or head["profile"],
        on_event=on_event,
    )
    table = analysis.measured_frame([row.document() for row in rows])
    # For who calls it, as with `results()`.
    table.attrs.update(analysis.Head.of(head).document(), folder=folder.path)
    return table


def _study_of(
    target: Study | Mapping[str, Any] | str | Path,
    profile: str,
    sets: Sequence[str],
    name: str | None,
) -> Study:
    if isinstance(target, str | Path):
        return load_for_run(target, profile=profile, sets=sets, name=name, kind="measure")
    if not isinstance(target, Study):
        study = load_study(target, profile=profile, sets=sets)
    elif profile or sets:
        raise UsageError(f"{target.title}: is read already; profile and sets are for load_study")
    else:
        study = target
    require_kind(study, "measure")
    return study


def _of_study(study: Study, path: Path, data: str | Path | None) -> Source:
    """The folder is made, or extended."""
    from ablate import measuring, records
    from ablate.data import facts
    from ablate.machine import data_root

    subjects = measuring.subjects_of(study, facts(study.file.data, data_root(data)))
    folder = measuring.prepare(study, path, {subject.key for subject in subjects})
    return folder, subjects, records.head_of(folder)


def _of_run(path: Path, options: MeasureOptions) -> Source:
    """Raises MachineError while the run trains, as its cells may be on the same device."""
    from ablate import measuring, records

    run = records.snapshot(path)
    training = records.summary(run).states.get("running", 0)
    if training and not options.busy:
        cells = "cell is" if training == 1 else "cells are"
        raise MachineError(
            f"{path}: {training} {cells} in training, so times would be theirs too; wait for "
            "`ablate run` to end, or measure anyway with --busy"
        )
    return run.folder, measuring.subjects_of_run(run, options.execution), run.head

"""`measure`: what a step of a study's networks costs, on a device that is theirs alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ablate.api.running import check_kind, default_devices, load_for_run, run_path
from ablate.errors import MachineError, UsageError
from ablate.spec import Study, load_study

if TYPE_CHECKING:
    import pandas as pd

    from ablate.measuring import Event, Subject
    from ablate.search import RunFolder

Source = tuple["RunFolder", "Sequence[Subject]", dict[str, Any]]  # the last: the study's head


def measure(
    target: str | Path,
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
    """A measure study's file, or a run folder -> a row per network and implementation.

    They are kept in measurements.csv of the folder, `attrs["folder"]`; what is there already is
    measured `again` only if asked for. In a run that trained it is each distinct network, run by us
    in mode `memory`, at its recipe's batch size and precision. `threads` are torch's own number,
    there the one that a CPU cell has. Raises UsageError, SpecError, RunFolderError,
    MissingDataError, and MachineError where others use the device, unless it may be `busy`.
    """
    import torch

    from ablate import __version__, analysis, measuring
    from ablate.training import Execution, check_device

    device = device or default_devices()[0]
    check_device(device)
    usual_threads = torch.get_num_threads()
    path = Path(target)
    if not path.is_dir():
        study = load_for_run(path, profile=profile, sets=sets, name=name, kind="measure")
        source = _of_study(study, run_path(study, runs, name), data)
    elif profile or sets or name:
        raise UsageError(f"{path}: is a run folder; --profile, --set and --as are for study files")
    elif _is_measured_alone(path):
        study = load_study(path / "study.yaml")
        check_kind(study, "measure")
        source = _of_study(study, path, data)
    else:
        execution = Execution(device=device, memory=memory)
        source, usual_threads = _of_run(path, execution, busy), execution.threads
    folder, subjects, head = source
    rows = measuring.measure(
        subjects,
        folder.measurements,
        study=head["study"],
        profile=profile or head["profile"],
        version=__version__,
        device=device,
        threads=threads or usual_threads,
        steps=steps,
        again=again,
        busy=busy,
        on_event=on_event,
    )
    table = analysis.measured_frame([row.document() for row in rows])
    table.attrs.update(head, folder=folder.path)
    return table


def measurements(folder: str | Path) -> pd.DataFrame:
    """The folder of a measure study -> all that was measured there, in that order."""
    from ablate import analysis, measuring
    from ablate.search import RunFolder

    found = RunFolder(Path(folder))
    rows = measuring.read_rows(found.measurements)
    table = analysis.measured_frame([row.document() for row in rows])
    table.attrs.update(measuring.head_of(found))
    return table


def _is_measured_alone(path: Path) -> bool:
    from ablate.search import RunFolder

    return RunFolder(path).is_measured_alone


def _of_study(study: Study, path: Path, data: str | Path | None) -> Source:
    """The folder is made, or extended."""
    from ablate import measuring
    from ablate.data import data_root, facts

    subjects = measuring.subjects_of(study, facts(study.file.data, data_root(data)))
    folder = measuring.prepare(study, path, {subject.key for subject in subjects})
    return folder, subjects, measuring.head_of(folder)


def _of_run(path: Path, execution: Any, busy: bool) -> Source:
    """Raises MachineError while the run trains, as its cells may be on the same device."""
    from ablate import measuring, search

    folder = search.open_folder(path)
    training = search.summary(folder).states.get("running", 0)
    if training and not busy:
        cells = "cell is" if training == 1 else "cells are"
        raise MachineError(
            f"{path}: {training} {cells} in training, so times would be theirs too; wait for "
            "`ablate run` to end, or measure anyway with --busy"
        )
    _, head = search.rows(folder.path)
    subjects = measuring.subjects_of_run(folder, execution)
    return folder, subjects, head

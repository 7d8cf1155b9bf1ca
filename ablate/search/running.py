"""`run`: a study in, a finished run folder out, as often as it takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ablate.data import load_images
from ablate.errors import UsageError
from ablate.search.claiming import Rules, decide
from ablate.search.executor import Event, default_jobs, execute
from ablate.search.folder import RunFolder, open_folder, planned_cells, prepare_folder, read_plan
from ablate.search.plan import Plan
from ablate.search.record import Record
from ablate.spec import State
from ablate.training import Execution, check_device

RETRIABLE: tuple[State, ...] = ("oom", "diverged", "timeout")


@dataclass(frozen=True)
class Summary:
    """How a run stands. Cells of one key count once."""

    folder: Path
    states: Mapping[str, int]  # state -> cells
    trained: int  # cells finished since this call began
    taken_over: int  # cells copied from runs beside this one since then
    reasons: Mapping[str, str]  # label -> why, for cells that are holes

    @property
    def total(self) -> int:
        return sum(self.states.values())

    @property
    def is_complete(self) -> bool:
        return self.states.get("done", 0) == self.total

    @property
    def exit_code(self) -> int:
        """0: complete. 3: finished with holes."""
        return 0 if self.is_complete else 3


def run(
    plan: Plan,
    path: Path,
    *,
    data_root: Path,
    download: bool = False,
    execution: Execution | None = None,
    devices: Sequence[str] = ("cpu",),
    jobs: int | None = None,
    retry: Collection[str] = (),
    version: str,
    on_event: Callable[[Event], None] = lambda event: None,
) -> Summary:
    """Train every cell of `plan` that the run folder at `path` lacks.

    Called again, it goes on where it stopped; a finished study trains nothing. `retry` names
    outcomes of earlier runs (oom, diverged, timeout) that get another attempt. Raises UsageError,
    MissingDataError and MachineError before anything is written, RunFolderError for a folder with
    another question, Stopped on a signal, and MachineError where workers do not start.
    """
    execution = execution or Execution()
    if unknown := [state for state in retry if state not in RETRIABLE]:
        raise UsageError(f"--retry: one of {', '.join(RETRIABLE)}, got {', '.join(unknown)}")
    if jobs is not None and jobs < 1:
        raise UsageError(f"--jobs: must be >= 1, got {jobs}")
    if execution.time_limit is not None and not execution.time_limit >= 0:
        raise UsageError(f"--cell-timeout: must be >= 0, got {execution.time_limit:g}")
    if not devices:
        raise UsageError("--devices: at least one")
    for device in devices:
        check_device(device)
    # Opened here so that missing data ends the run before it begins, and nothing downloads later.
    load_images(plan.study.file.data, data_root, download=download)
    folder = prepare_folder(plan, path)
    record = Record.create(folder, plan.study.title)
    with record.lock:
        record.reap()
        rules = Rules(first_trial=len(record.trials()), retry=tuple(retry))
        before = record.attempts()
        undone = sum(before[key].done is None for key in plan.keys)
        finished = decide(plan.cells, before, rules).kind == "finished"
    if not finished:
        execute(
            folder=folder.path.resolve(),
            data_root=data_root.resolve(),
            execution=execution,
            devices=devices,
            jobs=min(jobs or default_jobs(devices), undone),
            rules=rules,
            version=version,
            on_event=on_event,
        )
    return summary(folder, trained_since=rules.first_trial)


def summary(folder: RunFolder, trained_since: int | None = None) -> Summary:
    """How the run in `folder` stands; `trained_since` is the first trial that counts as now."""
    record = Record.open(folder)
    record_of = record.attempts()
    cells = {cell.key: cell for cell in reversed(planned_cells(folder))}
    states: Counter[str] = Counter(record_of[key].state for key in reversed(cells))
    now = [
        done
        for key in cells
        if trained_since is not None
        and (done := record_of[key].done) is not None
        and done.number >= trained_since
    ]
    taken = sum("taken_from" in done.user_attrs for done in now)
    reasons = {
        cell.label: f"{record_of[key].state}: {record_of[key].reason}".rstrip(": ")
        for key, cell in reversed(cells.items())
        if record_of[key].state not in ("done", "running")
        and (record_of[key].reason or record_of[key].state != "waiting")
    }
    return Summary(folder.path, states, len(now) - taken, taken, reasons)


def rows(path: str | Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """A run folder -> a plain row per cell in plan order, and the study's head.

    Raises RunFolderError.
    """
    folder = open_folder(path)
    head = read_plan(folder)
    cells = planned_cells(folder)
    return Record.open(folder).rows(cells, head), head


def seconds_left(folder: RunFolder) -> float | None:
    """Device seconds that the cells without an end still need; None where nothing tells.

    From the predicted times, corrected by how long the finished cells took; without predictions
    the arithmetic of a cell stands for its time, which tells only once a cell is finished.
    """
    attempts = Record.open(folder).attempts()
    cells = {cell.key: cell for cell in planned_cells(folder)}
    predicted = all(cell.predicted_seconds is not None for cell in cells.values())
    spent = expected = left = 0.0
    for key, cell in cells.items():
        weight = (cell.predicted_seconds or 0.0) if predicted else float(cell.macs * cell.epochs)
        if done := attempts[key].done:
            spent += done.user_attrs["result"]["train_seconds"]
            expected += weight
        elif attempts[key].state in ("waiting", "running", "failed"):
            left += weight * (1 - attempts[key].epoch / cell.epochs)
    if not expected:
        return left if predicted else None
    return left * spent / expected

"""`run`: a study in, a finished run folder out, as often as it takes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from ablate.cells import RETRIABLE
from ablate.data import load_images, split
from ablate.engine.claiming import Rules, decide, room
from ablate.engine.executor import default_jobs, execute
from ablate.engine.packing import PerDevice
from ablate.engine.same_images import check_same_images
from ablate.engine.worker import Event
from ablate.errors import NothingFeasible, UsageError
from ablate.machine import check_device
from ablate.records import Plan, Record, RunFolder, Summary, prepare_folder, snapshot, summary
from ablate.sampling import distribution
from ablate.study import Search, Study
from ablate.training import Execution

MOST_JOBS = 1024  # processes: more would end the machine and not the study


def train_plan(
    plan: Plan,
    path: Path,
    *,
    data_root: Path,
    download: bool = False,
    execution: Execution | None = None,
    devices: Sequence[str] = ("cpu",),
    jobs: int | None = None,
    per_device: PerDevice = None,
    retry: Collection[str] = (),
    cache: Path | None = None,
    on_event: Callable[[Event], None] = lambda event: None,
) -> Summary:
    """Train every cell of `plan` that the run folder at `path` lacks.

    Called again, it goes on where it stopped; a finished study trains nothing. `retry` names
    outcomes of earlier runs (oom, diverged, timeout) that get another attempt; `per_device` is how
    many cells share a GPU, with `auto` as many as its memory holds. With `jobs` 0 cells train in
    this process, on the first of `devices`. Raises UsageError,
    MissingDataError and MachineError before anything is written, RunFolderError for a folder with
    another question, Stopped on a signal, MissingDataError for a file that proves to be no image,
    MachineError where workers do not start, and NothingFeasible where a search found no network
    within its limits.
    """
    execution, search = execution or Execution(), plan.study.search
    _check_options(execution, jobs, retry)
    _check_packing(per_device, devices, search)
    if not devices:
        raise UsageError("--devices: at least one")
    for device in devices:
        check_device(device)
    # Opened here so that missing data ends the run before it begins, and nothing downloads later.
    content = _content(plan, data_root, download, on_event)
    folder = prepare_folder(plan, path, lambda folder: _widen(folder, search))
    record = Record.create(folder, plan.study.title)
    with record.lock:
        record.reap()
        first_trial = len(record.attempts_in_order())
    rules = Rules(first_trial, tuple(retry), per_device, _lost(record, on_event))
    left = _left(record, plan.study, rules)
    mine: dict[str, str | None] = {}  # cells that this call's workers ended -> where they are from

    def hear(event: Event) -> None:
        if event["kind"] == "end" and event["state"] == "done":
            mine[event["key"]] = event.get("source")
        on_event(event)

    if left:
        execute(
            folder=folder.path.resolve(),
            data_root=data_root.resolve(),
            data_sha256=content,
            execution=execution,
            devices=devices,
            jobs=min(default_jobs(devices, per_device) if jobs is None else jobs, left),
            rules=rules,
            cache=cache,
            rates=plan.rates,
            on_event=hear,
        )
    record = Record.open(folder)
    if search and record.exhausted and not record.planned():
        raise NothingFeasible(f"{folder.path}: nothing was trained: {record.exhausted}")
    return summary(snapshot(folder.path), trained_since=first_trial, mine=mine, lost=rules.lost)


def _content(plan: Plan, data_root: Path, download: bool, on_event: Callable[[Event], None]) -> str:
    """The digest of the images, which must be those of the plan; what is to be said is told.

    They are gone afterwards, gigabytes perhaps: the workers read them for themselves.
    """
    data, recipe = plan.study.file.data, plan.study.file.recipe
    images = load_images(data, data_root, download=download)
    if plan.dataset:
        check_same_images(images.facts.fingerprint, plan.dataset, data)
    found = split(images.y_train, data, images.facts, picks=recipe.picks(data))
    if note := images.note_on(found):
        on_event({"kind": "note", "note": note})
    return images.sha256


def _lost(record: Record, on_event: Callable[[Event], None]) -> frozenset[str]:
    """Keys of done cells whose files are gone or damaged, each told; those in work are seen to."""
    attempts = record.attempts()
    lost = set()
    for key, cell in {cell.key: cell for cell in reversed(record.planned())}.items():
        of_cell = attempts[key]
        if of_cell.done and not of_cell.open and (why := record.folder.cell(key).loss(key)):
            lost.add(key)
            on_event({"kind": "lost", "key": key, "label": cell.label, "reason": why})
    return frozenset(lost)


def _widen(folder: RunFolder, search: Search | None) -> None:
    """Let the record of a search take its space as it is now; the lock must be held."""
    if search and folder.database.exists():
        known = {knob.name: distribution(knob) for knob in search.space.knobs}
        Record.open(folder).widen(known)


def _check_options(execution: Execution, jobs: int | None, retry: Collection[str]) -> None:
    """Raise UsageError for a value that no run can have."""
    if unknown := [state for state in retry if state not in RETRIABLE]:
        raise UsageError(f"--retry: one of {', '.join(RETRIABLE)}, got {', '.join(unknown)}")
    if jobs is not None and not 0 <= jobs <= MOST_JOBS:
        raise UsageError(f"--jobs: must be >= 0 and <= {MOST_JOBS}, got {jobs}")
    if execution.time_limit is not None and not execution.time_limit >= 0:
        raise UsageError(f"--cell-timeout: must be >= 0, got {execution.time_limit:g}")
    if execution.threads < 1:
        raise UsageError(f"threads: must be >= 1, got {execution.threads}")


def _check_packing(per_device: PerDevice, devices: Sequence[str], search: Search | None) -> None:
    """Raise UsageError where cells cannot share their device as asked."""
    if per_device is None:
        return
    if per_device != "auto" and per_device < 1:
        raise UsageError(f"--per-device: must be >= 1 or auto, got {per_device}")
    if "cpu" in devices:
        raise UsageError("--per-device: is for GPUs; on the CPU --jobs says how many cells train")
    if per_device != 1 and search and "train_seconds" in search.objectives:
        raise UsageError(
            "--per-device: the search compares train_seconds, which a shared device changes; "
            "leave one of them out"
        )


def _left(record: Record, study: Study, rules: Rules) -> int:
    """Cells that workers could take, at most; 0 where nothing is left to do."""
    planned, attempts = record.planned(), record.attempts()
    kind = decide(planned, attempts, rules).kind
    keys = {cell.key for cell in planned}
    undone = sum(key in rules.lost or not attempts[key].done for key in keys)
    new = 0
    if study.search and not record.exhausted and room(study.search, planned, attempts, "finished"):
        trials = study.search.budget.trials
        new = max(0, (trials or sys.maxsize) - len(planned))
    return new if kind == "finished" else undone + new

"""`run`: a study in, a finished run folder out, as often as it takes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ablate.cells import PlannedCell
from ablate.engine.plan import as_study, plan
from ablate.errors import NothingFeasible, UsageError
from ablate.ledger import looking
from ablate.loggers import Makers, logging_cells, named_loggers
from ablate.machine import usable_cache
from ablate.progress import watched
from ablate.records import (
    Plan,
    Record,
    RunFolder,
    Summary,
    prepare_folder,
    run_path,
    snapshot,
    summary,
)
from ablate.sampling import take_up_space
from ablate.study import Planner, Study, require_kind
from ablate.training import Execution
from ablate.workers import (
    Event,
    PerDevice,
    Rules,
    RunOptions,
    TellingOfFullDisks,
    check_images,
    decide,
    execute,
    plan_onwards,
    standing_of,
)


def run(
    study: Study | Plan | Mapping[str, Any] | str | Path,
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
    storage: str | None = None,
    log: Makers = (),
    on_event: Callable[[Event], None] | None = None,
) -> Summary:
    """Train what is missing of a study, its plan, its map or its file -> how it stands now.

    Again: it goes on, or does nothing.

    `devices` defaults to every GPU, else the CPU; `jobs` to one worker per GPU or CPU core, or to
    `per_device` of them on each GPU; with "auto" cells share it as far as its memory goes. A
    script that calls this needs the usual `if __name__ == "__main__":`, as workers are spawned.
    `storage` is the address of a PostgreSQL database, where several machines that share the folder
    `runs` work on one run; the folder knows it from then on.
    `log` are loggers that hear of every epoch: names ("tensorboard", "wandb", those of packages,
    "MODULE:NAME"), or functions of an `ablate.loggers.LoggedCell` that give one; they are called in
    threads of this process.
    A notebook shows how far it is, in an output that changes; `on_event` hears of it instead: of
    each start, progress, epoch and end of a cell, a map with `kind`, `label` and what there is to
    tell.
    With `jobs` 0 there are none: cells train in this process, one after the other, on the first
    device, for debuggers, notebooks and tests. `execution.devices_per_cell` says how many devices
    share each batch of a cell, then in processes of their own.
    Raises UsageError, MissingDataError, MachineError, RunFolderError, Stopped.
    """
    options = RunOptions.of(
        data,
        download=download,
        devices=devices,
        jobs=jobs,
        per_device=per_device,
        execution=execution,
        retry=retry,
    )
    options = replace(options, storage=storage, log=log)
    if isinstance(study, Plan):
        planned = study
    else:
        study = as_study(study)
        require_kind(study, "train")
        folder = run_path(study, runs, name)
        planned = plan(study, data=data, device=options.devices[0], folder=folder)
    folder = run_path(planned.study, runs, name)
    return train_shown(planned, folder, options, on_event)


def train_shown(
    plan: Plan, path: Path, options: RunOptions, on_event: Callable[[Event], None] | None
) -> Summary:
    """`train_plan`, which a notebook shows where nobody else listens."""
    if on_event is not None:
        return train_plan(plan, path, options, on_event=on_event)
    with watched(plan, path) as show:
        return train_plan(plan, path, options, on_event=show)


def train_plan(
    plan: Plan,
    path: Path,
    options: RunOptions,
    *,
    on_event: Callable[[Event], None] = lambda event: None,
) -> Summary:
    """Train every cell of `plan` that the run folder at `path` lacks.

    Called again, it goes on where it stopped; a finished study trains nothing. Raises UsageError
    and MissingDataError before anything is written, RunFolderError for a folder with another
    question, Stopped on a signal, MissingDataError for a file that proves to be no image,
    MachineError where workers do not start, NoSpace on a full disk, and NothingFeasible where a
    search found no network within its limits.
    """
    with TellingOfFullDisks(path):
        return _train_plan(plan, path, options, on_event)


def _train_plan(
    plan: Plan, path: Path, options: RunOptions, on_event: Callable[[Event], None]
) -> Summary:
    study, options = plan.study, replace(options, cache=options.cache or usable_cache())
    check_options(options, plan)
    loggers = named_loggers(options.log)
    content, note = check_images(plan, options)
    if note:
        on_event({"kind": "note", "note": note})
    plan = plan_onwards(plan, RunFolder(path), data_root=options.data_root, cache=options.cache)
    folder = prepare_folder(plan, path, partial(take_up_space, study), storage=options.storage)
    record = Record.create(folder, study.title)
    with record.lock:
        record.reap()
        first_trial = len(record.attempts_in_order())
    rules = Rules(first_trial, options.retry, _lost(record, on_event))
    undone, left = _left(record, study.planner, rules)
    mine: dict[str, str | None] = {}  # cells that this call's workers ended -> where they are from

    def hear(event: Event) -> None:
        if event["kind"] == "end" and event["state"] == "done":
            mine[event["key"]] = event.get("source")
        on_event(event)
        log(event)

    def warn(label: str, reason: str) -> None:
        on_event({"kind": "warned", "slot": None, "label": label, "reason": reason})

    whole = folder.path.resolve()
    with (
        looking(record, undone, content, plan.chosen),
        logging_cells(loggers, study.title, whole, warn) as log,
    ):
        if left:
            execute(
                whole,
                replace(
                    options, data_root=options.data_root.resolve(), jobs=min(options.jobs, left)
                ),
                rules,
                data_sha256=content,
                rates=plan.rates,
                on_event=hear,
            )
    record = Record.open(folder)
    if record.exhausted and not record.planned():
        raise NothingFeasible(f"{folder.path}: nothing was trained: {record.exhausted}")
    return summary(snapshot(folder.path), trained_since=first_trial, mine=mine, lost=rules.lost)


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


def check_options(options: RunOptions, plan: Plan) -> None:
    """Raise UsageError for options that do not go with what is trained."""
    _check_sharing(options, plan.study.file.objectives)
    _check_parts(options.execution, plan)


def _check_sharing(options: RunOptions, objectives: Collection[str]) -> None:
    """Raise UsageError where cells that share a device would be compared by its time."""
    shared = options.per_device not in (None, 1)
    if shared and "train_seconds" in objectives:
        raise UsageError(
            "--per-device: the search compares train_seconds, which a shared device changes; "
            "leave one of them out"
        )


def _check_parts(execution: Execution, plan: Plan) -> None:
    """Raise UsageError where a cell's batches cannot be dealt to the devices that train it."""
    if execution.devices_per_cell == 1:
        return
    recipes = {cell.cell["recipe"].get("accumulate", 1) for cell in plan.cells}
    for accumulate in sorted(recipes or {plan.study.file.recipe.accumulate}):
        execution.check(accumulate)


def _left(
    record: Record, planner: Planner | None, rules: Rules
) -> tuple[Sequence[PlannedCell], int]:
    """The cells that are left to do, and how many could be in work at one time, at most."""
    moment = record.now()
    decision = decide(moment.planned, moment.attempts, rules)
    cells = {} if decision.kind == "finished" else {cell.key: cell for cell in moment.planned}
    undone = [
        cell for key, cell in cells.items() if key in rules.lost or not moment.attempts[key].done
    ]
    seen = standing_of(record, moment, decision)
    return undone, planner.at_once(seen, len(undone)) if planner else len(undone)

"""`claims`: how long a worker holds the lock of a record to take its next cell."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from ablate.engine import plan_study
from ablate.errors import UsageError
from ablate.records import Attempt, Plan, Record, prepare_folder
from ablate.study import load_study
from ablate.workers import Assignment, Rules, RunOptions, Worker
from benchmarks.findings import Findings, conditions, speed

SHARE_DONE = 0.5  # of the cells, when the first claim is made


def bench_claims(
    folder: Path,
    *,
    counts: Sequence[int] = (100, 1_000, 10_000),
    rounds: int = 15,
    storage: str | None = None,
    on_ready: Callable[[str], None] = lambda name: None,
) -> Findings:
    """Claims of one worker in runs of so many cells, half of them done, in `folder`, alternated.

    `storage` is the address of a PostgreSQL database for their records, which have nothing in
    common with others there: `claims-100` and so on, and stay. None: files.

    Timed is what happens under the lock: reap the dead, decide, enqueue, take, sign. Each worker's
    first claim, for which it reads the whole record, is not counted. Nothing is trained: the cells
    are one small network's under different seeds. Raises UsageError for fewer than are claimed.
    """
    if min(counts) < (least := 2 * (rounds + 1)):
        raise UsageError(f"--cells: must be >= {least} for {rounds} rounds, got {min(counts)}")
    plan = _one_cell(folder)
    workers: dict[str, Worker] = {}
    for count in counts:
        path = _half_done(_of(plan, count), folder / f"claims-{count}", storage)
        workers[str(count)] = _worker(path)
        on_ready(f"{count} cells")
    taken: dict[str, list[float]] = {name: [] for name in workers}
    for turn in range(1 + rounds):
        for name, worker in workers.items():
            seconds = _claim(worker)
            if turn:
                taken[name].append(seconds)
    reference = str(counts[0])
    rows: list[dict[str, Any]] = []
    for count in counts:
        numbers = speed(taken, str(count), [reference])
        found = {key.replace(reference, "first"): value for key, value in numbers.items()}
        rows.append({"cells": count, **found})
    record = "PostgreSQL" if storage else "SQLite"
    how = conditions("cpu", n=rounds, share_done=SHARE_DONE, record=record)
    return Findings("a worker's next claim", rows, how)


def _claim(worker: Worker) -> float:
    """Seconds of a claim under the lock; its cell is told as done afterwards."""
    with worker.record.lock:
        start = time.perf_counter()
        trial = worker.claim()
        seconds = time.perf_counter() - start
    if not trial:
        raise RuntimeError(f"{worker.folder.path}: nothing to claim")
    key = trial.user_attrs["key"]
    worker.record.note(trial, result=_result(key))
    worker.record.end(trial, "complete", (10.0,))
    return seconds


def _one_cell(folder: Path) -> Plan:
    study = {
        "name": "claims",
        "data": {"dataset": "digits"},
        "recipe": {"preset": "densenet-2017", "epochs": 1},
        "variants": {"small": {"family": "densenet", "depth": 7, "growth_rate": 4}},
        "seeds": [0],
    }
    return plan_study(load_study(study), data_root=folder, cache=folder / "cache")


def _of(plan: Plan, count: int) -> Plan:
    """The plan with its one cell `count` times, under keys and seeds of their own."""
    (cell,) = plan.cells
    return replace(
        plan,
        cells=tuple(
            replace(cell, seed=n, key=f"{n:012x}", cell={**cell.cell, "seed": n})
            for n in range(count)
        ),
    )


def _half_done(plan: Plan, path: Path, storage: str | None) -> Path:
    """A run folder of the plan; the first half of its cells are done, as the record says."""
    folder = prepare_folder(plan, path, storage=storage)
    done = (
        Attempt(
            state="complete",
            key=cell.key,
            variant=cell.variant,
            seed=cell.seed,
            objectives=(10.0,),
            result=_result(cell.key),
        )
        for cell in plan.cells[: int(SHARE_DONE * len(plan.cells))]
    )
    with nullcontext() if storage else _unsafe_writes():
        Record.remake(folder, plan.study.title, done)
    return path


@contextmanager
def _unsafe_writes() -> Iterator[None]:
    """Files that are opened meanwhile do not wait for the disk: they are only made up."""

    def no_waiting(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA synchronous = OFF")

    event.listen(Engine, "connect", no_waiting)
    try:
        yield
    finally:
        event.remove(Engine, "connect", no_waiting)


def _result(key: str) -> dict[str, Any]:
    return {"key": key, "error": 10.0, "train_seconds": 1.0}


def _worker(path: Path) -> Worker:
    assignment = Assignment(
        slot=0,
        folder=path,
        options=RunOptions(path),
        rules=Rules(),
        data_sha256="",
    )
    return Worker(assignment, lambda event: None)

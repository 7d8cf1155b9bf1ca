"""The parent of the workers: starts them, watches them, replaces the dead, stops them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import FrameType
from typing import Any

from ablate.errors import AblateError, Stopped
from ablate.search.claiming import Rules
from ablate.search.worker import Assignment, work
from ablate.training import Execution

Event = dict[str, Any]
SECONDS_TO_STOP = 5.0
MAX_DEATHS_AT_START = 3  # workers that die before they take a cell: the installation is broken


@dataclass
class _Slot:
    """One worker's place. The process in it may change, the place does not."""

    assignment: Assignment
    process: SpawnProcess
    events: Connection
    key: str | None = None  # the cell in work
    label: str = ""
    deaths_at_start: int = 0
    finished: bool = field(default=False)


def execute(
    *,
    folder: Path,
    data_root: Path,
    execution: Execution,
    devices: Sequence[str],
    jobs: int,
    rules: Rules,
    version: str,
    on_event: Callable[[Event], None],
) -> None:
    """Train what the run folder's plan lacks, with `jobs` workers spread over `devices`.

    `on_event` gets plain maps with kind (start, progress, end, died), slot, key and label. Raises
    Stopped on SIGINT or SIGTERM, with every worker gone and every checkpoint in place.
    """
    assignments = [
        Assignment(
            slot=slot,
            folder=folder,
            data_root=data_root,
            execution=replace(execution, device=devices[slot % len(devices)]),
            rules=rules,
            version=version,
        )
        for slot in range(jobs)
    ]
    with _signals_stop():
        slots: list[_Slot] = []
        try:
            slots += [_start(assignment) for assignment in assignments]
            _watch(slots, on_event)
        finally:
            _stop(slots)


def default_jobs(devices: Sequence[str]) -> int:
    """A worker per core where cells train on the CPU, else one per device."""
    if all(device == "cpu" for device in devices):
        return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return len(devices)


def _start(assignment: Assignment) -> _Slot:
    # Never fork: a copy of a process with threads and a CUDA context is not a working process.
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(
        target=work, args=(assignment, sender), name=f"ablate-{assignment.slot}", daemon=True
    )
    process.start()
    sender.close()  # so that the worker's end is the only one, and its death closes the pipe
    return _Slot(assignment, process, receiver)


def _watch(slots: list[_Slot], on_event: Callable[[Event], None]) -> None:
    """Pass events on and replace dead workers until every slot is finished."""
    while working := [slot for slot in slots if not slot.finished]:
        wait([s.events for s in working] + [s.process.sentinel for s in working], timeout=1)
        for slot in working:
            _drain(slot, on_event)
            if slot.process.exitcode is not None:
                _drain(slot, on_event)  # what it said last
                _bury(slot, slots, on_event)


def _drain(slot: _Slot, on_event: Callable[[Event], None]) -> None:
    """Read what the worker has said so far."""
    try:
        while slot.events.poll():
            event = slot.events.recv()
            slot.key = None if event["kind"] == "end" else event["key"]
            slot.label = event["label"]
            slot.deaths_at_start = 0
            on_event(event)
    except (EOFError, OSError):
        pass  # it is dead, which the caller sees from its exit code


def _bury(slot: _Slot, slots: list[_Slot], on_event: Callable[[Event], None]) -> None:
    """A worker has ended: with nothing left to do, or with its cell lost."""
    code = slot.process.exitcode
    slot.events.close()
    if code == 0:
        slot.finished = True
        return
    how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
    on_event(
        {
            "kind": "died",
            "slot": slot.assignment.slot,
            "key": slot.key,
            "label": slot.label,
            "reason": f"the worker died ({how})",
        }
    )
    deaths = slot.deaths_at_start + (slot.key is None)
    if deaths >= MAX_DEATHS_AT_START:
        raise AblateError(f"workers die before they take a cell ({how}); their message is above")
    time.sleep(0.2)
    # The new worker finds the trial of the old one without a living owner and takes it up again.
    fresh = _start(slot.assignment)
    fresh.deaths_at_start = deaths
    slots[slots.index(slot)] = fresh


def _stop(slots: Sequence[_Slot]) -> None:
    """End every worker. What they trained since the last checkpoint is lost, and only that."""
    for slot in slots:
        if slot.process.is_alive():
            slot.process.terminate()
    deadline = time.monotonic() + SECONDS_TO_STOP
    for slot in slots:
        slot.process.join(max(0.0, deadline - time.monotonic()))
        if slot.process.is_alive():
            slot.process.kill()
            slot.process.join()


@contextmanager
def _signals_stop() -> Iterator[None]:
    """SIGINT and SIGTERM raise Stopped here; what handled them before is put back."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread is told of signals
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise Stopped(f"stopped by {signal.Signals(number).name}")

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""The parent of the workers: starts them, watches them, replaces the dead, stops them.

Or, without workers, their work done in this very process.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

from ablate.costs import Rates
from ablate.errors import MachineError, Stopped, UsageError
from ablate.machine import EXIT_UNGUARDED, UNGUARDED, hearing_stops
from ablate.storage import between_calls
from ablate.workers.claiming import Rules
from ablate.workers.hanging import Pulse
from ablate.workers.options import RunOptions
from ablate.workers.outcome import Leave
from ablate.workers.process import EXIT_UNFIT, work, work_here
from ablate.workers.starting import no_interrupts
from ablate.workers.worker import Assignment, Event

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
    finished: bool = False
    pulse: Pulse = field(default_factory=Pulse)
    why_ended: str = ""  # by this parent


def execute(
    folder: Path,
    options: RunOptions,
    rules: Rules,
    *,
    data_sha256: str,
    rates: Rates | None = None,
    on_event: Callable[[Event], None],
) -> None:
    """Train what the run folder's plan lacks, with workers as `options` say.

    With 0 jobs there are none: cells train one after the other in this process, on the first
    device. Torch's global state is then as it was once a cell has ended, and an error of `on_event`
    ends the run as it does with workers.

    `on_event` gets plain maps with kind (start, progress, epoch, warned, end, died), slot, key and
    label.
    Raises Stopped on one of STOP_SIGNALS, MissingDataError for images that a worker cannot read or
    that are not those of `data_sha256`, and RunFolderError for a plan that a worker reads
    otherwise, with every worker gone and every checkpoint in place; and MachineError where workers
    do not get as far as a cell.
    """
    assignments = [
        Assignment(slot, folder, options.of_worker(slot), rules, data_sha256, rates)
        for slot in range(max(options.jobs, 1))
    ]
    if options.jobs == 0:
        with _signals_raise(Leave):
            work_here(assignments[0], on_event)
        return
    with _signals_raise(lambda stopped: stopped):
        slots: list[_Slot] = []
        try:
            for assignment in assignments:
                slots.append(_start(assignment))  # one by one: a signal may come in between
            _watch(slots, on_event)
        finally:
            _stop(slots)


def _start(assignment: Assignment) -> _Slot:
    # Never fork: a copy of a process with threads and a CUDA context is not a working process.
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    # No daemon, as those may have no processes of their own to read images; `_stop` ends it, and
    # it ends itself without its parent.
    process = context.Process(
        target=work, args=(assignment, sender), name=f"ablate-{assignment.slot}"
    )
    with no_interrupts():
        process.start()
    sender.close()  # so that the worker's end is the only one, and its death closes the pipe
    return _Slot(assignment, process, receiver)


def _watch(slots: list[_Slot], on_event: Callable[[Event], None]) -> None:
    """Pass events on, end workers that hang and replace the dead, until every slot is finished."""
    while working := [slot for slot in slots if not slot.finished]:
        wait([s.events for s in working] + [s.process.sentinel for s in working], timeout=1)
        for slot in working:
            _drain(slot, on_event)
            if slot.process.exitcode is None:
                _end_if_hung(slot)
            if slot.process.exitcode is not None:
                _drain(slot, on_event)  # what it said last
                _bury(slot, slots, on_event)


def _drain(slot: _Slot, on_event: Callable[[Event], None]) -> None:
    """Read what the worker has said so far. Raises what it says of images or of the folder."""
    while event := _next_event(slot.events):
        if event["kind"] == "refused":
            raise event["error"]
        ended = event["kind"] in ("end", "died")
        slot.key, slot.label = (None, "") if ended else (event["key"], event["label"])
        slot.deaths_at_start = 0
        slot.pulse.hear(event)
        on_event(event)


def _next_event(events: Connection) -> Event | None:
    try:
        event: Event | None = events.recv() if events.poll() else None
    except (EOFError, OSError):
        return None  # the worker is dead, which its exit code tells
    return event


def _end_if_hung(slot: _Slot) -> None:
    """End a worker that does not get on: whatever it waits for, it may hold what others wait for.

    Another takes its cell up from the last checkpoint.
    """
    assert slot.process.pid is not None
    slot.why_ended = slot.pulse.look(slot.process.pid, slot.assignment.options.limits)
    if slot.why_ended:
        slot.process.kill()  # of one that is stopped nothing else is heard
        slot.process.join(SECONDS_TO_STOP)  # one in the kernel's hands may take longer


def _bury(slot: _Slot, slots: list[_Slot], on_event: Callable[[Event], None]) -> None:
    """A worker has ended: with nothing left to do, or with its cell lost."""
    code = slot.process.exitcode
    slot.events.close()
    if code == 0:
        slot.finished = True
        return
    if code == EXIT_UNGUARDED:
        raise UsageError(UNGUARDED)
    if code == EXIT_UNFIT:  # its cell is told, and another process goes on
        slots[slots.index(slot)] = _start(slot.assignment)
        return
    how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
    reason = f"{slot.why_ended} and was ended" if slot.why_ended else f"the worker died ({how})"
    on_event(
        {
            "kind": "died",
            "slot": slot.assignment.slot,
            "key": slot.key,
            "label": slot.label,
            "reason": reason,
        }
    )
    deaths = slot.deaths_at_start + (slot.key is None)
    if deaths >= MAX_DEATHS_AT_START:
        raise MachineError(
            f"workers die before they take a cell ({slot.why_ended or how}); their message is above"
        )
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
def _signals_raise(made: Callable[[Stopped], BaseException]) -> Iterator[None]:
    """STOP_SIGNALS raise what is `made` of a Stopped, after a call into the record's database."""

    def stop(number: signal.Signals) -> None:
        def leave() -> None:
            raise made(Stopped(f"stopped by {number.name}"))

        between_calls(leave)

    with hearing_stops(stop):
        yield

"""What a worker's process does, from its start to its exit code; or this process in its place."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection

from ablate.errors import MachineError, MissingDataError, NoSpace, RunFolderError
from ablate.machine import EXIT_ORPHANED, leave_with_parent, stay_on
from ablate.workers.full_disk import TellingOfFullDisks
from ablate.workers.outcome import Leave
from ablate.workers.worker import Assignment, Event, Unfit, Worker

log = logging.getLogger("ablate")
EXIT_UNFIT = 70  # the device or torch is of no use in this process: another is to go on


def work(assignment: Assignment, events: Connection) -> None:
    """The body of a worker process. Returns when no cell is left for it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    leave_with_parent()  # an orphan would go on training unseen
    # First of all: whatever asks for no device, as pinned memory, has a context on the current one.
    stay_on(assignment.options.execution.device)

    def tell(event: Event) -> None:
        try:
            events.send(event)
        except (BrokenPipeError, OSError):
            os._exit(EXIT_ORPHANED)  # nobody is left to hear it

    try:
        with TellingOfFullDisks(assignment.folder):
            Worker(assignment, tell).loop()
    except (MissingDataError, NoSpace, RunFolderError) as error:  # the parent ends the run
        tell({"kind": "refused", "error": error})
    except Unfit as error:
        log.warning("a new process goes on: %s", error)
        os._exit(EXIT_UNFIT)


def work_here(assignment: Assignment, on_event: Callable[[Event], None]) -> None:
    """A worker's cells, one after the other, in the process that asks for them.

    What `on_event` raises ends it and reaches the caller, as `Leave(error)` does wherever it is
    raised; a cell in work is then lost as that of a worker that died, and its checkpoint stays.
    Raises MachineError where only another process could go on.
    """

    def tell(event: Event) -> None:
        try:
            on_event(event)
        except Exception as error:
            raise Leave(error) from error

    worker = Worker(assignment, tell)
    try:
        with TellingOfFullDisks(assignment.folder):
            worker.loop()
    except Leave as left:
        with worker.record.lock:  # this process lives on, and is no longer at work on a cell
            worker.record.reap()
        raise left.error from None
    except Unfit as error:
        raise MachineError(f"this process can train no more ({error}): start another") from error

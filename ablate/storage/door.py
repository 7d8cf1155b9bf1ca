"""The one door to the database of a record: what is done there is done again while it is away."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from optuna.exceptions import OptunaError
from sqlalchemy.exc import SQLAlchemyError

from ablate.errors import RecordAway
from ablate.machine import first_line

log = logging.getLogger("ablate")
T = TypeVar("T")
MAX_STUMBLES = 20  # in a row, before a worker gives up: under three minutes
# Around nothing but Optuna's own calls: an error of ours would be one of these as well.
TROUBLE = (
    OptunaError,
    SQLAlchemyError,
    ValueError,  # how `tell` says that somebody finished the trial
    AssertionError,
    UnboundLocalError,  # Optuna 5.0, when the database vanishes in `tell`
)


class Superseded(Exception):
    """The trial is no longer this worker's: somebody took it for lost."""


class LockLost(Exception):
    """The lock that was held is another's by now: nothing may be decided any more."""


class _Here(threading.local):
    """What this thread does at the database."""

    depth = 0
    postponed: Callable[[], None] | None = None


_here = _Here()


def undisturbed(action: Callable[[], T]) -> T:
    """What `action` returns, a call into the database; what is postponed meanwhile comes after."""
    _here.depth += 1
    try:
        return action()
    finally:
        _here.depth -= 1
        postponed = _here.postponed
        if postponed and not _here.depth:
            _here.postponed = None
            postponed()


def between_calls(action: Callable[[], None]) -> None:
    """Do `action` now or, where this thread is in a call into the database, at its end.

    For what raises, as the handler of a signal: left half-way, a transaction fails as another
    error.
    """
    if _here.depth:
        _here.postponed = action
    else:
        action()


def patiently(
    action: Callable[[], T],
    is_over: Callable[[], bool] = lambda: False,
    call: Callable[[Callable[[], T]], T] = undisturbed,
) -> T:
    """What `action` returns, `call`ed until the database lets it.

    Raises Superseded where it fails and the trial that it is about `is_over`; RecordAway when it
    has failed too often.
    """
    for stumble in range(1, MAX_STUMBLES + 1):
        try:
            return call(action)
        except TROUBLE as error:
            trouble = error
        try:
            over = undisturbed(is_over)
        except TROUBLE:
            over = False
        if over:
            raise Superseded(f"it was taken for lost ({reason_of(trouble)})") from trouble
        log.warning("trouble with the record: %s", reason_of(trouble))
        time.sleep(min(0.2 * 2**stumble, 10))
    raise RecordAway(f"the record cannot be used: {reason_of(trouble)}") from trouble


def reason_of(error: Exception) -> str:
    """What is behind an error of the database, in a line; Optuna speaks of invalid data."""
    cause = error.__cause__ if isinstance(error, OptunaError) else None
    return first_line(getattr(cause or error, "orig", None) or cause or error)


@contextmanager
def beating(beat: Callable[[], None], seconds: float) -> Iterator[None]:
    """Another thread calls `beat` every so many `seconds`; where it failed, a sixth of that later.

    A trial without a beat is taken for lost by other hosts. Optuna's own thread beats for
    `optimize` alone, and ends with its first error.
    """
    stop = threading.Event()

    def beat_on() -> None:
        wait = seconds
        while not stop.wait(wait):
            try:
                beat()
                wait = seconds
            except TROUBLE as error:
                log.warning("no sign of life in the record: %s", reason_of(error))
                wait = seconds / 6

    thread = threading.Thread(target=beat_on, name="ablate-beat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()

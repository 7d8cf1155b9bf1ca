"""How processes are started that hear of no signal themselves: who starts them decides."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker

from ablate.machine import STOP_SIGNALS


@contextmanager
def no_interrupts() -> Iterator[None]:
    """What starts here, and what that starts, hears none of STOP_SIGNALS but `terminate`.

    Ctrl-C on a terminal and the signal of a scheduler reach every process; this one decides. A
    worker that still imports would say where it was, and one that reads images would just die.
    """
    if sys.platform == "win32":
        yield
        return
    unheard = {number for number in STOP_SIGNALS if number != signal.SIGTERM}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, unheard)
    try:
        _start_tracker()
        signal.pthread_sigmask(signal.SIG_BLOCK, unheard)  # of which that lets some in again
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_tracker() -> None:
    """Start multiprocessing's helper, which cleans up behind processes that are killed.

    It warns that there was something to clean up, which is all that it is there for.
    """
    quiet = "ignore:resource_tracker:UserWarning"
    sys.warnoptions.append(quiet)  # the helper is started with those
    try:
        resource_tracker.ensure_running()
    finally:
        sys.warnoptions.remove(quiet)

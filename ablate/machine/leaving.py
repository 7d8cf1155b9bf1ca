"""Processes that do not outlive the one that they work for."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from multiprocessing import parent_process
from multiprocessing.connection import wait
from types import TracebackType

EXIT_ORPHANED = 75
_PR_SET_PDEATHSIG = 1  # of Linux's prctl(2)
SECONDS_TO_DIE = 1.0  # of a killed process, from its first closed connection to its last


def leave_with_parent() -> None:
    """From now on this process ends when its parent is gone, also if that is gone already.

    On Linux the kernel sees to it as well, as a process that was stopped (SIGSTOP) sees nothing.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    sys.excepthook = _say  # multiprocessing's threads tell it of connections that broke
    threading.Thread(target=_leave, daemon=True).start()


def _leave() -> None:
    if _parent_is_gone(None):
        os._exit(EXIT_ORPHANED)


def _say(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print an error as usual, unless it is that the parent is no longer there."""
    if not _parent_is_gone(SECONDS_TO_DIE):
        sys.__excepthook__(kind, error, trace)


def _parent_is_gone(within: float | None) -> bool:
    parent = parent_process()
    return parent is not None and bool(wait([parent.sentinel], within))

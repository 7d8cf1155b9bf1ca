"""Signals by which a person, a scheduler or a machine that goes down asks a process to stop."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

STOP_SIGNALS: tuple[signal.Signals, ...] = (signal.SIGINT, signal.SIGTERM)
if sys.platform != "win32":
    STOP_SIGNALS += (signal.SIGUSR1,)  # a scheduler's, some time before it kills


_heard: list[signal.Signals] = []  # by this process


@contextmanager
def hearing_stops(hear: Callable[[signal.Signals], None]) -> Iterator[None]:
    """Meanwhile `hear` is called with each of STOP_SIGNALS; their handlers are put back.

    Only in the main thread, as no other is told of signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        _heard.append(signal.Signals(number))
        hear(signal.Signals(number))

    before = {number: signal.signal(number, handle) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def hearing_stops_to_the_end(hear: Callable[[signal.Signals], None]) -> Iterator[None]:
    """`hear` is called with the first of STOP_SIGNALS, unless `hearing_stops` heard it.

    For a process as a whole. Whatever follows the first is not heard, nor is any once this is left:
    what was raised then would come to nobody, or out of the interpreter's own last steps, which
    would let the signal kill it.
    """

    def handle(number: int, frame: FrameType | None) -> None:
        if not _heard:
            _heard.append(signal.Signals(number))
            hear(signal.Signals(number))

    for number in STOP_SIGNALS:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)

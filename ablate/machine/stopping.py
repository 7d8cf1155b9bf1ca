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


@contextmanager
def hearing_stops(hear: Callable[[signal.Signals], None]) -> Iterator[None]:
    """Meanwhile `hear` is called with each of STOP_SIGNALS; their handlers are put back.

    Only in the main thread, as no other is told of signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        hear(signal.Signals(number))

    before = {number: signal.signal(number, handle) for number in STOP_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

"""Workers that hang: how long one may be silent before its parent ends it."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ablate.machine import is_stopped

MOST_A_TURN = 2.0  # seconds; a parent that took longer to look again was stopped itself


@dataclass(frozen=True)
class Limits:
    """Seconds of silence after which a worker hangs.

    Steps are counted within a cell from its second epoch to the last but one: before and after,
    and between two cells, images are read, programs compiled and suggestions made, which takes as
    long as it takes.
    """

    stopped: float = 120.0  # by SIGSTOP, wherever it was
    step: float = 300.0  # at least; a worker may wait for its record for nearly as long
    usual: float = 10.0  # times the longest that its cell took from one step to the next
    other: float = 3600.0  # where no steps are counted


class Clock:
    """Seconds in which this process ran: while it was stopped, none of its workers was silent."""

    def __init__(self) -> None:
        self.now = 0.0
        self._read = time.monotonic()

    def turn(self) -> None:
        """Go on; to be called more often than every MOST_A_TURN seconds."""
        read = time.monotonic()
        self.now += min(read - self._read, MOST_A_TURN)
        self._read = read


@dataclass
class Pulse:
    """How a worker gets on, by what it says and whether it runs, on a clock of its parent's."""

    clock: Clock = field(default_factory=Clock)
    heard: float = 0.0  # when it last said something
    first: int | None = None  # epoch of its cell that it was in when it first said so
    longest: float | None = None  # seconds between two steps; None where none are counted
    stopped: float | None = None  # since when it is seen not to run

    def hear(self, event: Mapping[str, Any]) -> None:
        """Take up an event of the worker; epochs end between two of its steps."""
        if event["kind"] == "epoch":
            return
        silent, self.heard = self.clock.now - self.heard, self.clock.now
        if event["kind"] != "progress":
            self.first = self.longest = None
            return
        progress = event["progress"]
        epoch = math.ceil(progress.epoch)
        self.first = epoch if self.first is None else self.first
        counts = self.first < epoch < progress.epochs
        self.longest = max(self.longest or 0.0, silent) if counts else None

    def look(self, pid: int, limits: Limits) -> str:
        """Why a worker is taken to hang, in words; empty while it is not.

        To be called more often than every MOST_A_TURN seconds.
        """
        self.clock.turn()
        now = self.clock.now
        if not is_stopped(pid):
            self.stopped = None
        elif self.stopped is None:
            self.stopped = now
        elif now - self.stopped > limits.stopped:
            return f"the worker was stopped by a signal for {now - self.stopped:.0f} s"
        silent = now - self.heard
        if self.longest is None:
            return f"the worker said nothing for {silent:.0f} s" if silent > limits.other else ""
        if silent <= max(limits.step, limits.usual * self.longest):
            return ""
        return f"the worker made no step for {silent:.0f} s, before in {self.longest:.1f} s at most"

"""The events of a run -> its loggers, which can neither fail a cell nor hold it up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from threading import enumerate as enumerate_threads
from typing import Any

from ablate.loggers.cell import LoggedCell, Logger, Maker

Event = Mapping[str, Any]
SECONDS_TO_END = 60.0  # for what is left to be sent when nothing is left to be trained
SECONDS_TO_STOP = 10.0  # the same after a signal


@contextmanager
def logging_cells(
    makers: Sequence[tuple[str, Maker]], study: str, folder: Path, warn: Callable[[str, str], None]
) -> Iterator[Callable[[Event], None]]:
    """A function for the events of a run, from which every logger hears of its cells.

    Each is called in a thread of its own: one that hangs holds up itself. A logger that raises
    hears no more of that cell; `warn` is told of the first such cell of each, and how many there
    were, as label and reason. It is called in this thread.
    """
    threads = [_Thread(name, maker, study, folder) for name, maker in makers]

    def pass_warnings() -> None:
        for thread in threads:
            for label, reason in thread.warnings():
                warn(label, reason)

    def hear(event: Event) -> None:
        for thread in threads:
            thread.events.put(event)
        pass_warnings()

    patience = SECONDS_TO_STOP
    try:
        yield hear
        patience = SECONDS_TO_END
    finally:
        deadline = time.monotonic() + patience
        for thread in threads:
            thread.events.put(None)
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        pass_warnings()
        for thread in threads:
            if thread.is_alive():
                warn(thread.label, f"was not ready within {patience:g} s, and is left")
            elif thread.failures > 1:
                warn(thread.label, f"failed for {thread.failures} cells")


def is_any_left() -> bool:
    """Whether a logger of this process hangs."""
    return any(isinstance(thread, _Thread) for thread in enumerate_threads())


class _Thread(Thread):
    """One logger's."""

    def __init__(self, name: str, maker: Maker, study: str, folder: Path) -> None:
        super().__init__(name=f"ablate-log-{name}", daemon=True)  # left behind where it hangs
        self.label, self.maker, self.study, self.folder = f"--log {name}", maker, study, folder
        self.events: SimpleQueue[Event | None] = SimpleQueue()
        self.loggers: dict[str, Logger] = {}  # by the key of their cell
        self.failures = 0
        self._warnings: SimpleQueue[tuple[str, str]] = SimpleQueue()
        self.start()

    def warnings(self) -> Iterator[tuple[str, str]]:
        """Those that nobody was told of yet: label and reason."""
        while True:
            try:
                yield self._warnings.get_nowait()
            except Empty:
                return

    def run(self) -> None:
        while (event := self.events.get()) is not None:
            if event.get("key"):
                self._try(self._hear, event, event["label"])
        for key in [*self.loggers]:
            stopped = {"kind": "end", "key": key, "state": "stopped", "reason": "the run ended"}
            self._try(self._hear, stopped, key)

    def _try(self, hear: Callable[[Event], None], event: Event, label: str) -> None:
        try:
            hear(event)
        except (Exception, SystemExit) as error:  # whatever a user's code does
            self.loggers.pop(event["key"], None)
            self.failures += 1
            if self.failures == 1:
                told = " ".join(f"{type(error).__name__}: {error}".split())
                reason = f"{told}; it logs no more of this cell, which goes on"
                self._warnings.put((f"{label}: {self.label}", reason))

    def _hear(self, event: Event) -> None:
        kind, key = event["kind"], event["key"]
        if kind == "start":
            cell = LoggedCell.of(event["cell"], self.study, self.folder, event["earlier"])
            self.loggers[key] = self.maker(cell)
        elif kind == "epoch" and key in self.loggers:
            self.loggers[key](dict(event["row"]))
        elif kind in ("end", "died") and key in self.loggers:
            logger = self.loggers.pop(key)
            parts = {part: event[part] for part in ("state", "reason", "result") if part in event}
            getattr(logger, "close", _nothing)({"state": "lost", **parts})


def _nothing(end: Mapping[str, Any]) -> None:
    """What has no `close` needs none."""

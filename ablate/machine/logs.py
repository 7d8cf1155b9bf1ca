"""Where the project's log goes: into a cell's log.txt, its warnings to whoever watches as well."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

log = logging.getLogger("ablate")


@contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """The project's log, into a cell's log.txt for a while."""
    handler: logging.Handler
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = _CellLog(path, encoding="utf-8")
    except OSError:  # a full disk, say: the cell's own files fail too, and that is recorded
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    level = log.level
    log.setLevel(logging.INFO)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
        handler.close()


@contextmanager
def telling_warnings(tell: Callable[[str], None]) -> Iterator[None]:
    """Each warning of this thread to `tell` as well for a while, once in the same words."""
    handler = _Telling(tell)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)


class _CellLog(logging.FileHandler):
    """What fills the disk it is on ends cells, which say so; that a line is lost too is no news.

    logging would print a traceback for each line.
    """

    def handleError(self, record: logging.LogRecord) -> None:
        if not isinstance(sys.exception(), OSError):
            super().handleError(record)

    def close(self) -> None:
        with suppress(OSError):  # what could not be written is tried once more
            super().close()


class _Telling(logging.Handler):
    """Of errors is told how the attempt ended that they ended."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self.tell, self.thread = tell, threading.get_ident()
        self.told: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        # Others may not write into the pipe to a parent meanwhile.
        is_ours = record.thread == self.thread and record.levelno == logging.WARNING
        if is_ours and message not in self.told:
            self.told.add(message)
            self.tell(message)

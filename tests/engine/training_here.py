"""Runs whose cells train in this process, one after the other.

The numbers are those of workers, without the seconds that each takes to start. What only workers
show (deaths, signals, several at a time) is tested with them in tests/engine/test_run.py and
test_kill.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ablate.engine import running
from ablate.engine.claiming import Rules
from ablate.engine.worker import Assignment, _Worker

Listener = Callable[[dict[str, Any]], None]


class _Left(BaseException):
    """What the listener raised. Not an Exception, which would be taken for the cell's failure."""

    def __init__(self, error: Exception) -> None:
        self.error = error


class _Told:
    """The worker's end of a pipe, as far as it uses one."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener

    def send(self, event: dict[str, Any]) -> None:
        if event["kind"] == "refused":
            raise _Left(event["error"])
        try:
            self.listener(event)
        except Exception as error:
            raise _Left(error) from error


def execute_here(*, folder: Path, data_root: Path, rules: Rules, **options: Any) -> None:
    """In place of `executor.execute`: a single worker, in this process, whatever `jobs` says."""
    execution, cache, rates = (options.get(name) for name in ("execution", "cache", "rates"))
    about = options["version"], options["data_sha256"]
    one = Assignment(0, folder, data_root, execution, rules, *about, cache, rates)
    try:
        _Worker(one, _Told(options["on_event"])).loop()  # type: ignore[arg-type]
    except _Left as left:
        raise left.error from None


@contextmanager
def training_here() -> Iterator[None]:
    """For fixtures of modules; a test takes the fixture `trains_here`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "execute", execute_here)
        yield

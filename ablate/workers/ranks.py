"""One cell on several devices: a process for each, started, listened to and ended by its worker."""

from __future__ import annotations

import logging
import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any, NoReturn

from ablate.cells import Cell, CellFolder
from ablate.data import load_images
from ablate.errors import AblateError, CellOutcome, UsageError
from ablate.machine import (
    EXIT_UNGUARDED,
    UNGUARDED,
    leave_with_parent,
    logging_to,
    stay_on,
    telling_warnings,
)
from ablate.training import Execution, assist, join_ranks, meeting_place, run_cell
from ablate.workers.same_images import check_same_images
from ablate.workers.starting import no_interrupts

log = logging.getLogger("ablate")
SECONDS_TO_DIE = 2.0  # of a killed process, from its closed connections to its exit code
Calls = Mapping[str, Callable[..., None]]  # what the first process asks its worker to do, by name


@dataclass(frozen=True)
class Task:
    """A cell that several processes train. Plain values: it crosses a process boundary."""

    cell: Cell
    execution: Execution  # of the first process; the others' differ in the device
    devices: Sequence[str]  # of each process
    folder: CellFolder
    data_root: Path
    data_sha256: str  # of the images that the run is of


class RankLost(Exception):
    """One of the processes of a cell died, and with it this attempt."""


@dataclass(frozen=True)
class _Rank:
    number: int
    process: SpawnProcess
    messages: Connection


def train_on_ranks(task: Task, calls: Calls) -> dict[str, Any]:
    """Train a cell in its folder with a process for each device -> the content of result.json.

    `calls` are the `before_save`, `on_epoch` and `on_progress` of `run_cell`, and `warned` for what
    it warns of; they are called here.
    Raises what they raise, what `run_cell` raises in any of the processes, and RankLost where one
    died; all have ended by then.
    """
    place = meeting_place()
    ranks: list[_Rank] = []
    try:
        for number in range(len(task.devices)):
            ranks.append(_start(task, number, place.port))
        return _listen(ranks, calls)
    finally:
        # None ends by itself: they write nothing that is not whole.
        for rank in ranks:
            rank.process.kill()
        for rank in ranks:
            rank.process.join()
            rank.messages.close()


def _start(task: Task, number: int, port: int) -> _Rank:
    context = multiprocessing.get_context("spawn")
    mine, theirs = context.Pipe()
    process = context.Process(
        target=_work, args=(task, number, port, theirs), name=f"ablate-rank-{number}"
    )
    with no_interrupts():
        process.start()
    theirs.close()  # so that the process's end is the only one, and its death closes the pipe
    return _Rank(number, process, mine)


def _listen(ranks: Sequence[_Rank], calls: Calls) -> dict[str, Any]:
    """Do what the processes ask for until the first of them has the result."""
    while True:
        wait([*(rank.messages for rank in ranks), *(rank.process.sentinel for rank in ranks)])
        for rank in ranks:
            for kind, value in _messages(rank):
                if kind == "result":
                    result: dict[str, Any] = value
                    return result
                if kind == "error":
                    raise _cause(value, ranks)
                calls[kind](*value)
                rank.messages.send(None)
        _check_alive(ranks)


def _messages(rank: _Rank) -> Iterator[tuple[str, Any]]:
    """What a process has said so far; nothing of one that died, which its exit code tells."""
    try:
        while rank.messages.poll():
            yield rank.messages.recv()
    except (EOFError, OSError):
        return


def _check_alive(ranks: Sequence[_Rank]) -> None:
    """Raise RankLost where a process has ended: none does so by itself."""
    for rank in ranks:
        if (code := rank.process.exitcode) is not None:
            if code == EXIT_UNGUARDED:
                raise UsageError(UNGUARDED)
            how = f"signal {-code}" if code < 0 else f"exit code {code}"
            raise RankLost(f"process {rank.number + 1} of {len(ranks)} of the cell died ({how})")


def _cause(error: Exception, ranks: Sequence[_Rank]) -> Exception:
    """What a process tells; or that another died, of which its connections tell it first."""
    if not isinstance(error, CellOutcome):
        wait([rank.process.sentinel for rank in ranks], SECONDS_TO_DIE)
        _check_alive(ranks)
    return error


def _work(task: Task, number: int, port: int, messages: Connection) -> NoReturn:
    """The body of a process, which its worker ends: it keeps its connections until then."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    leave_with_parent()
    with logging_to(task.folder.log):
        if number:
            log.setLevel(logging.WARNING)  # the rest is told once, by the first
        try:
            result = _train(task, number, port, messages)
        except Exception as error:
            messages.send(("error", _sendable(error)))
        else:
            if result:
                messages.send(("result", result))
    while True:
        threading.Event().wait()


def _train(task: Task, number: int, port: int, messages: Connection) -> dict[str, Any] | None:
    """What a process does of a cell -> the result, from the first one."""
    device = task.devices[number]
    stay_on(device)
    images = load_images(task.cell.data, task.data_root)
    check_same_images(images.sha256, task.data_sha256, task.cell.data)
    execution = replace(task.execution, device=device)
    ranks = join_ranks(device, number, len(task.devices), port)
    if not ranks.is_first:
        assist(task.cell, images, execution, ranks)
        return None

    def ask(name: str, *values: object) -> None:
        messages.send((name, values))
        messages.recv()

    before_save, on_epoch, on_progress = (
        partial(ask, name) for name in ("before_save", "on_epoch", "on_progress")
    )
    with telling_warnings(partial(ask, "warned")):
        return run_cell(
            task.cell,
            images,
            execution,
            task.folder,
            before_save=before_save,
            on_epoch=on_epoch,
            on_progress=on_progress,
            ranks=ranks,
        )


def _sendable(error: Exception) -> Exception:
    """An error as it is, or what it says, where it cannot cross to another process."""
    if not isinstance(error, CellOutcome):
        log.exception("a process of the cell failed")  # from where it did, which its worker lacks
    crosses = isinstance(error, AblateError) or type(error).__module__ == "builtins"
    return error if crosses else RuntimeError(f"{type(error).__name__}: {error}")

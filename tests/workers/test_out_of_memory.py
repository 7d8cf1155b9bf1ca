"""A cell that does not fit: alone, beside others, and once more."""

from __future__ import annotations

import os
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch

from ablate.errors import OutOfMemory
from ablate.records import Attempt, Record, RunFolder
from ablate.workers import RunOptions, place, worker
from tests.workers.quick_worker import folder_of_one_cell, quick_work  # noqa: F401 (fixtures)


def out_of_memory(*args: Any, **options: Any) -> dict[str, Any]:
    raise OutOfMemory("no room")


@pytest.fixture
def neighbour(folder: RunFolder) -> int:
    """The attempt at another cell, which somebody trains on the same device."""
    parent = psutil.Process(os.getppid())
    owner = {"host": socket.gethostname(), "pid": parent.pid, "start": parent.create_time()}
    running = Attempt(key="another", state="running", owner=owner, device="cpu", need=0)
    Record.open(folder).add(replace(running, result={"error": 1.0}))  # which it is about to tell
    return 0


def test_out_of_memory_alone_is_final(
    folder: RunFolder, work: worker.Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "run_cell", out_of_memory)
    work.loop()
    (attempt,) = Record.open(folder).attempts_in_order()
    assert (attempt.state, attempt.outcome) == ("pruned", "oom")


def test_out_of_memory_beside_others_is_tried_again_alone(
    folder: RunFolder,
    work: worker.Worker,
    neighbour: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trained = worker.run_cell
    monkeypatch.setattr(worker, "run_cell", out_of_memory)
    assert work.take_one()
    (attempts,) = [a for a in Record.open(folder).attempts().values() if a.is_crowded_out]
    assert (attempts.state, attempts.reason) == ("waiting", "no room, beside others on its device")
    monkeypatch.setattr(worker, "run_cell", trained)
    assert work.take_one() is False  # the other still trains
    work.record.study.tell(neighbour, 1.0)
    assert work.take_one()
    mine = Record.open(folder).attempts_in_order()[-1]
    assert (mine.state, mine.device, mine.need) == ("complete", "cpu", None)
    assert mine.shared_by == 1


@pytest.mark.parametrize(("gib", "took"), [(1, False), (8, True)])
def test_a_cell_joins_others_where_its_memory_fits(
    work: worker.Worker, neighbour: int, monkeypatch: pytest.MonkeyPatch, gib: int, took: bool
) -> None:
    monkeypatch.setattr(place, "memory_of", lambda device: gib * 2**30)
    with monkeypatch.context() as on_a_gpu:
        on_a_gpu.setattr(torch.cuda, "device_count", lambda: 1)
        options = RunOptions(Path(), devices=("cuda:0",), per_device="auto")
    packed = replace(work.assignment, options=options)  # whose cells are on the CPU all the same
    assert worker.Worker(packed, work.tell).take_one() is took
    ours = work.record.attempts_in_order()[1:]
    assert [attempt.state for attempt in ours] == ["complete"] * took
    assert all(2**30 < (attempt.need or 0) < 2**31 for attempt in ours)
    assert all(attempt.shared_by == 2 for attempt in ours)


def test_out_of_memory_once_more_is_final(
    folder: RunFolder,
    work: worker.Worker,
    neighbour: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker, "run_cell", out_of_memory)
    work.take_one()
    work.record.study.tell(neighbour, 1.0)
    work.loop()
    ours = [a for a in Record.open(folder).attempts_in_order() if a.key != "another"]
    assert [attempt.state for attempt in ours] == ["fail", "pruned"]

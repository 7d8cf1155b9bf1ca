"""A worker in this process: what it outlives, and what it tells the record."""

from __future__ import annotations

import logging
import multiprocessing
import threading
from dataclasses import replace
from typing import Any

import optuna
import pytest
import torch
from optuna.trial import TrialState

import ablate
from ablate.errors import MachineError, RecordAway, RecordingFailed
from ablate.machine import this_process
from ablate.records import AttemptState, Record, RunFolder, record
from ablate.storage import door
from ablate.training import Execution
from ablate.workers import process, worker
from tests.workers.quick_worker import folder_of_one_cell, quick_work  # noqa: F401 (fixtures)


def states(folder: RunFolder) -> list[AttemptState]:
    return [attempt.state for attempt in Record.open(folder).attempts_in_order()]


def test_it_trains_what_is_missing(folder: RunFolder, work: worker.Worker) -> None:
    work.loop()
    assert states(folder) == ["complete"]
    assert not work.record.lock.is_locked


@pytest.mark.parametrize("notices", [True, False])
def test_it_outlives_that_its_trial_was_taken_for_lost(
    folder: RunFolder, work: worker.Worker, monkeypatch: pytest.MonkeyPatch, notices: bool
) -> None:
    """It notices before it saves, or when it tells."""
    attempts: list[int] = []
    heard: list[str] = []

    def superseded(*args: Any, before_save: Any, **options: Any) -> dict[str, Any]:
        attempts.append(1)
        if len(attempts) == 1:
            Record.open(folder).study.tell(0, state=TrialState.FAIL)
            if notices:
                before_save()
        return {"error": 5.0}

    monkeypatch.setattr(worker, "run_cell", superseded)
    work.tell = lambda event: heard.append(event["kind"])
    work.loop()
    assert states(folder) == ["fail", "complete"]
    assert heard == ["start", "start", "end"]  # only of what was told


def test_what_a_cell_warns_of_is_told_to_who_watches(
    work: worker.Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def warns(*args: Any, **options: Any) -> dict[str, Any]:
        logging.getLogger("ablate.training").warning("checkpoint.pt is damaged")
        return {"error": 5.0}

    heard: list[dict[str, Any]] = []
    monkeypatch.setattr(worker, "run_cell", warns)
    work.tell = heard.append
    work.loop()
    assert [event["kind"] for event in heard] == ["start", "warned", "end"]
    assert heard[1]["reason"] == "checkpoint.pt is damaged" and heard[1]["label"]


@pytest.mark.parametrize("method", ["set_trial_state_values", "set_trial_user_attr"])
@pytest.mark.parametrize("error", [UnboundLocalError, optuna.exceptions.StorageInternalError])
def test_it_outlives_that_the_record_is_away(
    folder: RunFolder,
    work: worker.Worker,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    method: str,
    error: type[Exception],
) -> None:
    """In the midst of a claim and at its end: it is done again, and nothing is trained twice."""
    storage = work.record.study._storage
    written = getattr(storage, method)
    failures = iter([True, False, True, True, False] * 3)

    def away(*args: Any, **options: Any) -> Any:
        if next(failures, False):
            raise error("database is locked")
        return written(*args, **options)

    monkeypatch.setattr(storage, method, away)
    monkeypatch.setattr(door.time, "sleep", lambda seconds: None)
    work.loop()
    assert states(folder) == ["complete"]
    assert "trouble with the record: database is locked" in caplog.text


def test_a_record_that_stays_away_ends_the_worker(
    work: worker.Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any, **options: Any) -> Any:
        raise optuna.exceptions.StorageInternalError("disk I/O error")

    monkeypatch.setattr(work.record.study._storage, "set_trial_state_values", away)
    slept: list[float] = []
    monkeypatch.setattr(door.time, "sleep", slept.append)
    with pytest.raises(RecordAway, match="the record cannot be used: disk I/O error"):
        work.loop()
    assert len(slept) == door.MAX_STUMBLES and max(slept) == 10 and sum(slept) < 180
    assert not work.record.lock.is_locked


@pytest.mark.parametrize("where", ["decide", "sign"])
def test_an_error_of_ours_is_no_trouble_with_the_record(
    work: worker.Worker, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """A ValueError was taken for Optuna's, and all tried again for minutes."""

    def wrong(*args: Any) -> Any:
        raise ValueError("ours")

    monkeypatch.setattr(work, where, wrong)
    monkeypatch.setattr(door.time, "sleep", wrong)
    with pytest.raises(ValueError, match=r"^ours$"):
        work.loop()
    assert not work.record.lock.is_locked


def test_the_lock_is_free_while_it_trains_and_the_heart_beats(
    folder: RunFolder, work: worker.Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first beat comes with the claim, the others while it trains, errors or not."""
    beats: list[bool] = []
    enough = threading.Event()
    beat = work.record._beat

    def watched(trial: optuna.Trial) -> None:
        beats.append(work.record.lock.is_locked)
        if len(beats) == 2:
            raise optuna.exceptions.StorageInternalError("database is locked")
        beat(trial)
        if len(beats) > 3:
            enough.set()

    def run_cell(*args: Any, **options: Any) -> dict[str, Any]:
        assert not work.record.lock.is_locked
        assert enough.wait(60)
        return {"error": 5.0}

    monkeypatch.setattr(work.record, "_beat", watched)
    monkeypatch.setattr(record, "HEARTBEAT_SECONDS", 0.01)
    monkeypatch.setattr(worker, "run_cell", run_cell)
    work.loop()
    assert beats[:4] == [True, False, False, False]
    assert states(folder) == ["complete"]
    assert not [t for t in threading.enumerate() if t.name == "ablate-beat"]


def test_a_claim_says_who_trains_where(folder: RunFolder, work: worker.Worker) -> None:
    work.loop()
    (attempt,) = Record.open(folder).attempts_in_order()
    assert attempt.owner == this_process()
    assert (attempt.device, attempt.need) == ("cpu", 0)
    assert ablate.results(folder.path)["shared_by"].tolist() == [1]


@pytest.mark.parametrize(("device", "current"), [("cuda:1", [1]), ("cuda", [0]), ("cpu", [])])
def test_a_worker_takes_its_device_before_anything_else(
    work: worker.Worker, monkeypatch: pytest.MonkeyPatch, device: str, current: list[int]
) -> None:
    """Else processes that read images make a context on the first GPU, in every worker."""
    found: list[str | int] = []

    class Watched:
        def __init__(self, *_: Any) -> None:
            found.append("worker")

        def loop(self) -> None: ...

    monkeypatch.setattr(process.signal, "signal", lambda *_: None)
    monkeypatch.setattr(process, "leave_with_parent", lambda: None)
    monkeypatch.setattr(torch._C, "_cuda_setDevice", found.append, raising=False)
    monkeypatch.setattr(process, "Worker", Watched)
    options = replace(work.assignment.options, execution=Execution(device=device))
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process.work(replace(work.assignment, options=options), sender)
    receiver.close(), sender.close()
    assert found == [*current, "worker"]


class Ended(BaseException):
    """Of a process, with an exit code."""


@pytest.mark.parametrize("dies", [True, False])
def test_a_process_that_is_of_no_more_use_ends_with_its_own_code(
    work: worker.Worker, monkeypatch: pytest.MonkeyPatch, dies: bool
) -> None:
    """A worker's; one that trains in the caller's process says so."""

    def end(code: int) -> None:
        raise Ended(code)

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    monkeypatch.setattr(process.os, "_exit", end)
    monkeypatch.setattr(process.signal, "signal", lambda *_: None)
    monkeypatch.setattr(process, "leave_with_parent", lambda: None)
    monkeypatch.setattr(worker, "release_memory", broken)
    receiver, sender = multiprocessing.Pipe(duplex=False)
    if dies:
        with pytest.raises(Ended, match=f"^{process.EXIT_UNFIT}$"):
            process.work(work.assignment, sender)
    else:
        with pytest.raises(MachineError, match=r"illegal memory access.* start another"):
            process.work_here(work.assignment, lambda event: None)
    receiver.close(), sender.close()


def test_a_step_that_cannot_be_recorded_ends_the_worker_and_is_not_recorded_again(
    folder: RunFolder, work: worker.Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def run_cell(cell: Any, images: Any, execution: Execution, *_: Any, **__: Any) -> Any:
        tried.append(execution.capture)
        if execution.capture != "off":
            raise RecordingFailed("operation not permitted")
        return {"error": 5.0, "execution": execution.document()}

    def released(device: str) -> None:
        raise AssertionError("torch is not fit for it")

    monkeypatch.setattr(worker, "run_cell", run_cell)
    release = worker.release_memory
    monkeypatch.setattr(worker, "release_memory", released)
    with pytest.raises(worker.Unfit):
        work.loop()
    monkeypatch.setattr(worker, "release_memory", release)
    (attempts,) = Record.open(folder).attempts().values()
    assert (attempts.state, attempts.reason) == (
        "waiting",
        "no CUDA graph: operation not permitted",
    )
    worker.Worker(work.assignment, work.tell).loop()
    assert tried == ["auto", "off"]
    first, second = Record.open(folder).attempts_in_order()
    assert (first.state, first.failure) == ("fail", "recording")
    assert second.result["execution"]["capture"] == "off"
    log = folder.cell(first.key).log.read_text(encoding="utf-8")
    assert "it is tried again with capture off" in log and "capture='off'" in log


def test_a_device_that_stays_out_of_order_ends_the_worker(
    folder: RunFolder, work: worker.Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next cell, and another attempt at this one, need a process that is not spoilt."""

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    monkeypatch.setattr(worker, "run_cell", broken)
    monkeypatch.setattr(worker, "release_memory", broken)
    with pytest.raises(worker.Unfit):
        work.loop()
    (attempts,) = Record.open(folder).attempts().values()
    assert attempts.state == "failed" and "illegal memory access" in attempts.reason


def test_a_log_that_cannot_be_written_is_an_error_with_a_reason(
    folder: RunFolder, work: worker.Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    (folder.path / "cells").write_text("in the way", encoding="utf-8")
    work.take_one()
    (attempts,) = Record.open(folder).attempts().values()
    assert attempts.state == "failed"
    assert attempts.reason.startswith(("NotADirectoryError", "FileExistsError"))

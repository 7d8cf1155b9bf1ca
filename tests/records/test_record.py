"""The record: states, reasons, reaping, and the rows that results are made from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psutil
import pytest
from optuna.trial import TrialState
from sqlalchemy import text

from ablate import machine
from ablate.cells import PlannedCell
from ablate.machine import this_process
from ablate.records import Attempts, Record, RunFolder, planned_cells
from ablate.records.rows import rows_of
from tests.plans import write_plan
from tests.records.conftest import AttemptsOf, planned


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record.create(RunFolder(tmp_path), "tiny")


@pytest.mark.parametrize(
    ("lines", "state", "reason"),
    [
        ([], "waiting", ""),
        (["a waiting"], "waiting", ""),
        (["a running"], "running", ""),
        (["a done"], "done", ""),
        (["a lost"], "waiting", "the worker was lost"),
        (["a lost", "a running"], "running", "the worker was lost"),
        (["a error"], "failed", "OSError: x"),
        (["a error", "a lost"], "waiting", "the worker was lost"),
        (["a oom"], "oom", "why"),
        (["a diverged"], "diverged", "why"),
        (["a timeout"], "timeout", "why"),
        (["a error", "a done"], "done", ""),
        (["a oom", "a waiting"], "waiting", "why"),
    ],
)
def test_state_and_reason(
    lines: list[str], state: str, reason: str, attempts_of: AttemptsOf
) -> None:
    attempts = attempts_of(*lines)["a"]
    assert (attempts.state, attempts.reason) == (state, reason)


def test_epochs_and_attempts_add_up(attempts_of: AttemptsOf) -> None:
    attempts = attempts_of("a lost 3", "a lost", "a lost 7", "a waiting")["a"]
    assert (attempts.epoch, attempts.begun) == (7, 3)
    assert (Attempts().epoch, Attempts().begun) == (0, 0)


def test_enqueued_cells_carry_who_they_are(record: Record) -> None:
    cell = planned("k1", seed=4)
    record.enqueue([cell])
    (trial,) = record.study.get_trials()
    assert trial.state == TrialState.WAITING
    assert trial.user_attrs == {"key": "k1", "variant": "plain", "seed": 4}
    assert record.attempts()["k1"].state == "waiting"
    assert record.attempts()["other"].state == "waiting"


@pytest.mark.filterwarnings("ignore:Heartbeat of storage")  # `ask` here, `optimize` there
def test_reaping_fails_the_dead_and_leaves_the_living(record: Record) -> None:
    above = psutil.Process().parent()
    assert above is not None
    here = {"host": this_process()["host"]}
    living = here | {"pid": above.pid, "start": above.create_time()}  # by an earlier version
    for owner in (None, living, living | {"start": 1.0}, this_process()):
        trial = record.study.ask()
        trial.set_user_attr("key", f"k{trial.number}")
        if owner:
            trial.set_user_attr("owner", owner)
    record.reap()
    states = [attempt.state for attempt in record.attempts_in_order()]
    # The last is of the one that reaps, and so between two cells: its end was not told.
    assert states == ["fail", "running", "fail", "fail"]
    assert [record.is_running(number) for number in range(4)] == [False, True, False, False]


@pytest.mark.filterwarnings("ignore:Heartbeat of storage")
@pytest.mark.parametrize(
    ("change", "state"),
    [({}, "running"), ({"host": "elsewhere"}, "fail"), ({"is stopped": True}, "fail")],
)
def test_who_is_seen_at_work_here_is_not_gone_because_a_clock_was_set(
    record: Record, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], state: str
) -> None:
    above = psutil.Process().parent()
    assert above is not None
    trial = record.study.ask()
    owner = {"host": this_process()["host"], "pid": above.pid, "start": above.create_time()}
    trial.set_user_attr("owner", owner | change)
    monkeypatch.setattr(machine.owner, "is_stopped", lambda pid: "is stopped" in change)
    record._storage.record_heartbeat(trial._trial_id)
    record.reap()
    assert record.attempt(trial).state == "running"
    with record._storage.engine.begin() as connection:
        connection.execute(text("UPDATE trial_heartbeats SET heartbeat = '2020-01-01 00:00:00'"))
    record.reap()
    assert record.attempt(trial).state == state


@pytest.mark.filterwarnings("ignore:Heartbeat of storage")
def test_a_worker_may_tell_and_leave_while_its_trial_is_reaped(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = record.study.ask()
    trial.set_user_attr("owner", this_process() | {"ticks": 1, "start": 1.0})
    before = record.attempts_in_order()
    record.study.tell(trial, 12.5)
    monkeypatch.setattr(record, "attempts_in_order", lambda: before)
    record.reap()
    (found,) = record.study.get_trials()
    assert (found.state, found.value) == (TrialState.COMPLETE, 12.5)


@pytest.mark.filterwarnings("ignore:Heartbeat of storage")
def test_a_trial_whose_worker_is_gone_is_not_called_running(record: Record) -> None:
    for key, owner in (("a", this_process()), ("b", this_process() | {"ticks": 1, "start": 1.0})):
        trial = record.study.ask()
        trial.set_user_attr("key", key)
        trial.set_user_attr("owner", owner)
    attempts = record.attempts()
    assert (attempts["a"].state, attempts["b"].state) == ("running", "waiting")


def test_one_study_whatever_it_is_called(record: Record, tmp_path: Path) -> None:
    """A study may be renamed in its file, and a folder that was looked at early has its name."""
    record.enqueue([planned("k1")])
    renamed = Record.create(RunFolder(tmp_path), "renamed")
    assert (
        len(renamed.attempts_in_order())
        == len(Record.open(RunFolder(tmp_path)).attempts_in_order())
        == 1
    )


def test_a_database_that_was_half_made_is_made_again(tmp_path: Path) -> None:
    for name in ("study.db.tmp", "study.db.tmp-journal"):
        (tmp_path / name).write_bytes(b"half")
    assert Record.open(RunFolder(tmp_path)).attempts_in_order() == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["study.db", "study.lock"]


@pytest.mark.parametrize("name", ["what is best?", "{x}", "100%", "a#1", "a@b:c"])
def test_a_folder_may_have_any_name(name: str, tmp_path: Path) -> None:
    folders = [RunFolder(tmp_path / name / run) for run in ("one", "two")]
    for folder in folders:
        folder.path.mkdir(parents=True)
    Record.create(folders[0], "one").enqueue([planned("k1")])
    assert len(Record.open(folders[0]).attempts_in_order()) == 1
    assert Record.open(folders[1]).attempts_in_order() == []
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert folders[0].database.exists()


def test_the_folder_may_be_renamed(record: Record, tmp_path: Path) -> None:
    record.enqueue([planned("k1")])
    moved = tmp_path.parent / "moved"
    tmp_path.rename(moved)
    assert len(Record.open(RunFolder(moved)).attempts_in_order()) == 1


def test_a_folder_without_a_database_has_nothing_done(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    head = {"study": "tiny", "profile": "", "sweep_keys": ["depth"]}
    write_plan(tmp_path, planned("k1"))
    (row,) = rows_of(Record.open(folder).now(), head)
    assert (row["state"], row["error"], row["depth"], row["attempts"]) == ("waiting", None, None, 0)


def test_two_objects_share_one_lock(record: Record, tmp_path: Path) -> None:
    other = Record.open(RunFolder(tmp_path))
    with record.lock, pytest.raises(TimeoutError):
        other.lock.acquire(timeout=0.1)
    with other.lock:
        assert other.lock.is_locked


def test_the_plan_is_parsed_again_only_when_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = RunFolder(tmp_path)
    write_plan(tmp_path, planned("k1"))
    opened = Record.open(folder)
    parsed: list[RunFolder] = []

    def watched(folder: RunFolder) -> list[PlannedCell]:
        parsed.append(folder)
        return planned_cells(folder)

    monkeypatch.setattr("ablate.records.record.planned_cells", watched)
    assert [[cell.key for cell in opened.planned()] for _ in range(3)] == [["k1"]] * 3
    assert len(parsed) == 1
    write_plan(tmp_path, planned("k1"), planned("k2"))
    assert [cell.key for cell in opened.planned()] == ["k1", "k2"]
    assert len(parsed) == 2

"""Records on a PostgreSQL server."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from optuna.distributions import CategoricalDistribution
from optuna.trial import create_trial

from ablate.errors import RecordAway
from ablate.records import Record, RunFolder
from ablate.storage import LockLost, ServerStore, new_server, server
from tests.plans import write_plan
from tests.records.conftest import planned
from tests.storage.postgres import PASSWORD, Postgres

pytestmark = pytest.mark.heavy


@pytest.fixture
def folder(tmp_path: Path, request: pytest.FixtureRequest, postgres: Postgres) -> RunFolder:
    """A run folder whose record is, or will be, on the server; no other test has its name."""
    path = tmp_path / request.node.name
    found = RunFolder(path)
    path.mkdir()
    new_server(postgres.url, path.name).write(found.storage)
    write_plan(path, planned("k1"), planned("k2"))
    return found


@pytest.fixture
def record(folder: RunFolder) -> Record:
    return Record.create(folder, "whatever")


def test_what_is_written_is_read(record: Record, folder: RunFolder) -> None:
    with record.lock:
        record.enqueue([planned("k1")])
        trial = record.take()
    assert trial is not None
    with record.beating(trial):
        record.note(trial, result={"key": "k1", "error": 7.0})
        record.end(trial, "complete", [7.0])
    trials, attributes = folder.store.read()
    assert [trial.values for trial in trials] == [[7.0]]
    assert attributes["folder"] == folder.server.token if folder.server else False
    assert Record.open(folder).attempts()["k1"].error == 7.0
    assert not folder.database.exists() and PASSWORD not in folder.storage.read_text()


def test_one_at_a_time_decides(record: Record, folder: RunFolder) -> None:
    other, order = Record.open(folder), list[str]()

    def decide() -> None:
        with other.lock:
            order.append("second")

    with record.lock:
        assert record.lock.is_locked and not other.lock.is_locked
        thread = threading.Thread(target=decide)
        thread.start()
        thread.join(0.5)
        assert thread.is_alive()  # as long as the first one holds it
        order.append("first")
    thread.join()
    assert order == ["first", "second"] and not record.lock.is_locked


def test_a_wider_space_takes_the_place_of_the_record(record: Record) -> None:
    before, after = CategoricalDistribution([2, 4]), CategoricalDistribution([2, 3, 4])
    made = create_trial(
        values=[1.0],
        params={"width": 4},
        distributions={"width": before},
        user_attrs={"key": "k1", "variant": "", "seed": 0, "suggestion": 0},
    )
    record.study.add_trial(made)
    worker = Record.open(record.folder)
    with record.lock:
        record.widen({"width": after})
    assert worker.is_replaced and not record.is_replaced
    (trial,) = Record.open(record.folder).study.trials
    assert (trial.params, trial.distributions) == ({"width": 4}, {"width": after})


def test_a_record_written_anew_is_whole_or_not_at_all(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    with record.lock:
        record.enqueue([planned("k1")])
    rename = server._rename

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(server, "_rename", killed)
    with pytest.raises(KeyboardInterrupt):
        record.store.make("", {"error": "minimize"}, [])
    assert len(Record.open(record.folder).attempts_in_order()) == 1
    monkeypatch.setattr(server, "_rename", rename)
    record.store.make("", {"error": "minimize"}, [])
    assert Record.open(record.folder).attempts_in_order() == []


def test_a_record_is_set_aside(record: Record, folder: RunFolder) -> None:
    (kept,) = folder.store.set_aside()
    assert kept.startswith(f"{folder.path.name}.1 at postgresql+psycopg://")
    assert not folder.store.exists() and folder.store.set_aside() == ()
    Record.create(folder, "again")
    (again,) = folder.store.set_aside()
    assert again.startswith(f"{folder.path.name}.2 at ")


def stopped(postgres: Postgres, *, started_after: float) -> Callable[[], None]:
    """End the server as if it had crashed, and start it a while later; returned: wait for that."""
    postgres.stop()
    starts = threading.Timer(started_after, postgres.start)
    starts.start()
    return starts.join


def test_a_server_that_is_away_is_waited_for(record: Record, postgres: Postgres) -> None:
    with record.lock:
        record.enqueue([planned("k1"), planned("k2")])
    wait = stopped(postgres, started_after=2)
    try:
        assert len(record.attempts_in_order()) == 2
        with record.lock:
            trial = record.take()
        assert trial is not None
        record.end(trial, "complete", [1.0])
        assert Record.open(record.folder).attempts()["k1"].done
    finally:
        wait()


def test_a_claim_counts_for_nothing_once_the_lock_went(record: Record, postgres: Postgres) -> None:
    with record.lock:
        record.enqueue([planned("k1")])
        stopped(postgres, started_after=0.5)()
        assert record.lock.is_lost
        for decide in (record.take, partial(record.enqueue, [planned("k2")])):
            with pytest.raises(LockLost):
                decide()
    assert [each.state for each in record.attempts_in_order()] == ["waiting"]
    with record.lock:
        assert not record.lock.is_lost


def test_who_holds_the_lock_and_stands_still_loses_it(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "HELD_SECONDS", 1)
    other = Record.open(record.folder)
    with record.lock, other.lock:  # which waits until the server has ended the first
        assert record.lock.is_lost and other.lock.is_locked


def test_who_only_reads_is_told_at_once(folder: RunFolder, postgres: Postgres) -> None:
    Record.create(folder, "whatever")
    postgres.stop()
    try:
        with pytest.raises(RecordAway, match=r"^postgresql\+psycopg://ablate@127.*refused"):
            folder.store.read()
    finally:
        postgres.start()


def test_a_wrong_password_is_not_tried_again(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "wrong-9c1")
    with pytest.raises(RecordAway, match="password authentication failed") as told:
        folder.patient_store.exists()
    assert "wrong-9c1" not in str(told.value)


@pytest.mark.filterwarnings("ignore")  # threads share them
def test_two_runs_may_begin_with_a_server_that_has_no_tables(
    postgres: Postgres, tmp_path: Path
) -> None:
    import psycopg

    with psycopg.connect(
        host="127.0.0.1", port=postgres.port, user="ablate", dbname="postgres", autocommit=True
    ) as connection:
        connection.execute("CREATE DATABASE fresh")
    url = postgres.url.removesuffix("postgres") + "fresh"
    stores = [ServerStore(new_server(url, f"run {n}"), patience=9) for n in range(4)]
    makes = [
        threading.Thread(target=store.make, args=("", {"error": "minimize"}, []))
        for store in stores
    ]
    for thread in makes:
        thread.start()
    for thread in makes:
        thread.join()
    assert all(store.exists() for store in stores)

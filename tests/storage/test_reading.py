"""A record that is only read says what Optuna's own storage of it says."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from ablate.errors import RunFolderError
from ablate.records import Record, RunFolder
from ablate.storage import SCHEMA
from tests.plans import write_plan
from tests.records.conftest import planned

OLD_RUNS = Path(__file__).parents[1] / "old_runs"
OLD_RECORDS = sorted(OLD_RUNS.glob("*/*/study.db"))


@pytest.fixture
def record(tmp_path: Path) -> Record:
    write_plan(tmp_path, planned("k1"))
    made = Record.create(RunFolder(tmp_path), "tiny")
    made.enqueue([planned("k1")])
    return made


@pytest.mark.parametrize("kept", OLD_RECORDS, ids=lambda path: path.parent.name)
def test_trials_and_attributes_are_optunas(kept: Path, tmp_path: Path) -> None:
    folder = RunFolder(shutil.copytree(kept.parent, tmp_path / "run"))
    content = folder.database.read_bytes()
    trials, attributes = folder.store.read()
    assert folder.database.read_bytes() == content
    study = Record.open(folder).study
    assert trials == study.get_trials()
    assert dict(attributes) == study.user_attrs


def test_attributes_are_those_of_now(record: Record) -> None:
    record.exhaust("every point was tried")
    assert record.folder.store.read()[1] == {"exhausted": "every point was tried"}


def test_the_schema_is_that_of_the_optuna_at_hand(record: Record) -> None:
    """Where it is another, records are still read, but slowly: see what `_Reader` leaves out."""
    assert record._storage.get_head_version() == SCHEMA


def test_tables_of_another_optuna_are_left_to_optuna(record: Record) -> None:
    with sqlite3.connect(record.folder.database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'v9.0.0.a'")
    connection.close()
    for read in (record.folder.store.read, record.folder.store.open):
        with pytest.raises(RunFolderError, match="is no longer compatible with the table schema"):
            read()


@pytest.mark.parametrize("lost", ["attribute", "studies"])
def test_what_cannot_be_read_quickly_is_read_all_the_same(
    record: Record, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    """As where a later Optuna names its own parts otherwise."""
    trials, _ = record.folder.store.read()

    def otherwise(*_: object) -> None:
        raise AttributeError if lost == "attribute" else ValueError

    monkeypatch.setattr("ablate.storage.reading._Reader.get_all_studies", otherwise)
    assert record.folder.store.read()[0] == trials

"""What is said of a database that is in trouble."""

from __future__ import annotations

import sqlite3

import pytest
from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import OperationalError

from ablate.errors import RecordAway
from ablate.storage import door


def full() -> None:
    """As Optuna fails on a full disk."""
    error = OperationalError("COMMIT", {}, sqlite3.OperationalError("database or disk is full"))
    words = "This typically happens due to invalid data in the commit, e.g. exceeding max length."
    raise StorageInternalError(words) from error


def test_trouble_is_told_by_what_is_behind_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(door.time, "sleep", lambda seconds: None)
    with pytest.raises(RecordAway, match=r"the record cannot be used: database or disk is full$"):
        door.patiently(full)
    assert set(caplog.messages) == {"trouble with the record: database or disk is full"}

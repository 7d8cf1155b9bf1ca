"""A file's record as verbs have it that only read: quickly, and without being able to write."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from optuna.exceptions import OptunaError
from optuna.storages import RDBStorage
from sqlalchemy import URL, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import scoped_session, sessionmaker

from ablate.storage.store import SCHEMA, Trials

SQLITE_WAIT_SECONDS = 60
# What reading a damaged file may raise, or one with another Optuna inside.
DAMAGE = (AttributeError, LookupError, OptunaError, SQLAlchemyError, TypeError, ValueError)


def address(database: Path) -> str:
    """The URL of a file of SQLite's."""
    # Rendered, since a `?`, a `%` or a brace in a folder's name would mean something in a URL.
    return URL.create("sqlite", database=str(database.resolve())).render_as_string()


class _Reader(RDBStorage):
    """Optuna's storage of a file as it lies there.

    Optuna's own asks alembic which tables the file has, and that loads as much as everything else
    that a table of states needs: the dialects of all databases, a highlighter of program text.
    """

    def __init__(self, database: Path) -> None:
        waiting = {"timeout": SQLITE_WAIT_SECONDS}
        self.engine = create_engine(address(database), connect_args=waiting)
        self.scoped_session = scoped_session(sessionmaker(bind=self.engine))


def read_quickly(database: Path) -> tuple[Trials, Mapping[str, Any]] | None:
    """A file's trials and the attributes of its study; None of a file that is not as we know it."""
    if not database.is_file():
        return None
    reader = _Reader(database)
    try:
        with reader.engine.connect() as connection:
            schema = connection.scalar(text("SELECT version_num FROM alembic_version"))
        if schema != SCHEMA:
            return None
        (study,) = reader.get_all_studies()
        return reader.get_all_trials(study._study_id, deepcopy=False), study.user_attrs
    except DAMAGE:
        return None
    finally:
        reader.engine.dispose()

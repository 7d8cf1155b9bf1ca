"""A record in a file of SQLite's, for one machine."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import optuna
from optuna.exceptions import OptunaError
from optuna.storages import RDBStorage

from ablate.errors import RunFolderError
from ablate.storage.door import reason_of
from ablate.storage.quiet import quiet
from ablate.storage.reading import DAMAGE, SQLITE_WAIT_SECONDS, address, read_quickly
from ablate.storage.store import (
    GRACE_SECONDS,
    HEARTBEAT_SECONDS,
    MEND,
    SCHEMA,
    Direction,
    Lock,
    Trials,
)

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

# Names of SQLite's errors that pass; of others the file is the cause.
_PASSING = ("BUSY", "CANTOPEN", "FULL", "IOERR", "LOCKED", "NOMEM", "READONLY")


@dataclass(frozen=True)
class FileStore:
    """`database` holds one study ever, whatever its folder and the question are called later."""

    database: Path
    lock: Path  # of the whole folder
    is_remote = False

    @property
    def label(self) -> str:
        return str(self.database)

    def exists(self) -> bool:
        return self.database.exists()

    def locked(self) -> Lock:
        # Here, as it takes as long to load as it takes to read a record.
        from ablate.storage.file_lock import FolderLock

        return FolderLock(self.lock)

    def make(
        self, title: str, objectives: Mapping[str, Direction], trials: Iterable[FrozenTrial]
    ) -> None:
        made = self.database.with_name(f"{self.database.name}.tmp")
        for left in made.parent.glob(f"{made.name}*"):  # by a process that was killed here
            left.unlink()
        with quiet():
            study = optuna.create_study(
                storage=_storage(made, checked=False),
                study_name=title,
                directions=list(objectives.values()),
            )
            study.set_metric_names(list(objectives))
            study.add_trials(trials)
        made.replace(self.database)

    def check(self) -> None:
        try:
            with closing(sqlite3.connect(self.database, timeout=SQLITE_WAIT_SECONDS)) as connection:
                (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        except sqlite3.OperationalError:  # locked, say, or no database at all: opening it tells
            return
        except sqlite3.DatabaseError as error:
            found = str(error)
        if found != "ok":
            raise self._damaged(" ".join(found.split()))

    def _damaged(self, reason: str) -> RunFolderError:
        return RunFolderError(f"{self.database}: is damaged: {reason}; {MEND}")

    def open(self) -> tuple[optuna.Study, RDBStorage]:
        try:
            with quiet():
                storage = _storage(self.database, checked=False)
                if storage.get_current_version() != SCHEMA:
                    storage = _storage(self.database)  # which says so
                names = optuna.get_all_study_names(storage)
                if len(names) != 1:
                    raise ValueError(f"holds {len(names) or 'no'} studies")
                (name,) = names
                study = optuna.load_study(
                    study_name=name,
                    storage=storage,
                    sampler=optuna.samplers.RandomSampler(seed=0),
                )
                study.get_trials(deepcopy=False)
        except (*DAMAGE, OSError, RuntimeError) as error:
            if _is_in_trouble(error) and self.database.is_file():
                raise  # locked, or its disk is full: nothing is wrong with the file
            raise self._damaged(reason_of(error)) from None
        return study, storage

    def read(self) -> tuple[Trials, Mapping[str, Any]]:
        if quickly := read_quickly(self.database):
            return quickly
        study, _ = self.open()  # which says what is wrong, if anything is
        return study.get_trials(deepcopy=False), study.user_attrs

    def stamp(self) -> object:
        return self.database.stat().st_ino

    def set_aside(self) -> tuple[str, ...]:
        return set_aside(self.database)


def set_aside(path: Path) -> tuple[str, ...]:
    """Give what lies at `path` a name that is free: study.db becomes study.db.1."""
    if not path.exists():
        return ()
    names = (path.with_name(f"{path.name}.{n}") for n in count(1))
    free = next(name for name in names if not name.exists())
    os.replace(path, free)
    return (str(free),)


def _is_in_trouble(error: Exception) -> bool:
    """Whether SQLite could not do what it was asked, just now."""
    cause = error.__cause__ if isinstance(error, OptunaError) else error
    name = str(getattr(getattr(cause, "orig", None), "sqlite_errorname", ""))
    return name.removeprefix("SQLITE_").startswith(_PASSING)


def _storage(database: Path, *, checked: bool = True) -> RDBStorage:
    """Optuna's storage; `checked` by all its migrations, which are read for that each time."""
    return RDBStorage(
        address(database),
        engine_kwargs={"connect_args": {"timeout": SQLITE_WAIT_SECONDS}},
        skip_compatibility_check=not checked,
        heartbeat_interval=HEARTBEAT_SECONDS,
        grace_period=GRACE_SECONDS,
    )

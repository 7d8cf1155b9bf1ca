"""A record on a PostgreSQL server, for many machines."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import finalize

import optuna
from optuna.exceptions import OptunaError
from optuna.storages import RDBStorage
from sqlalchemy import Connection, Engine, NullPool, create_engine, inspect, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from ablate.errors import MachineError, RecordAway, RunFolderError
from ablate.storage.address import Server
from ablate.storage.door import patiently, reason_of
from ablate.storage.quiet import quiet
from ablate.storage.store import (
    GRACE_SECONDS,
    HEARTBEAT_SECONDS,
    SCHEMA,
    Direction,
    Trials,
)

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

log = logging.getLogger("ablate")
T = TypeVar("T")
# Whoever holds the lock for longer, as a process that was stopped or a machine that is gone, loses
# it to the next: the server ends its connection.
HELD_SECONDS = 120
OF_FOLDER = "folder"  # attribute of a study: the token of its run folder
# What no patience mends, as libpq words it.
FINAL = ("authentication failed", "no password supplied", "does not exist", "pg_hba.conf")


class ServerStore:
    """The study of one run on a server. What is there and whose it is, the run folder says."""

    is_remote = True

    def __init__(self, server: Server, *, patience: float = 0.0) -> None:
        self.server, self.patience = server, patience

    @property
    def label(self) -> str:
        return self.server.label

    @cached_property
    def engine(self) -> Engine:
        """Of connections for a moment each."""
        return create_engine(self.server.url, creator=self._connect, poolclass=NullPool)

    def _connect(self) -> Any:
        """A connection to the server, which is waited for with patience.

        Raises RecordAway for what no patience mends, else what psycopg says at last.
        """
        try:
            import psycopg
        except ImportError:
            raise MachineError(
                f"{self.server.url}: needs psycopg: pip install 'ablate-nn[postgres]'"
            ) from None
        url = make_url(self.server.url)
        given, named = url.get_dialect()().create_connect_args(url)
        end = time.monotonic() + self.patience
        while True:
            try:
                return psycopg.connect(*given, **named, connect_timeout=10)
            except psycopg.OperationalError as error:
                reason = " ".join(str(error).split())
                if any(words in reason for words in FINAL):
                    raise RecordAway(f"{self.server.url}: {reason}") from None
                if time.monotonic() >= end:
                    raise
                log.warning("waiting for the record: %s", reason)
                time.sleep(1)

    def _ask(self, action: Callable[[], T]) -> T:
        """What `action` returns; tried again and again, if there is patience. Raises RecordAway."""
        if self.patience:
            return patiently(action)
        try:
            return action()
        except (OptunaError, SQLAlchemyError) as error:
            raise RecordAway(f"{self.server.url}: {reason_of(error)}") from None

    def exists(self) -> bool:
        return self.stamp() is not None

    def stamp(self) -> object:
        return self._ask(lambda: self._study_id(self.server.name))

    def _study_id(self, name: str) -> int | None:
        with self.engine.connect() as connection:
            if not inspect(connection).has_table("studies"):
                return None
            asked = text("SELECT study_id FROM studies WHERE study_name = :name")
            found: int | None = connection.scalar(asked, {"name": name})
            return found

    def locked(self) -> ServerLock:
        return ServerLock(self.engine, self.server.name)

    def make(
        self, title: str, objectives: Mapping[str, Direction], trials: Iterable[FrozenTrial]
    ) -> None:
        """The study has the name of the run on the server, whatever the `title`."""
        every = list(trials)
        self._ask(lambda: self._make(objectives, every))

    def _make(self, objectives: Mapping[str, Direction], trials: Sequence[FrozenTrial]) -> None:
        # Of all runs, where two begin with no tables there.
        with ServerLock(self.engine, "tables"), quiet():
            storage = self._storage(with_tables=True)
        name = self.server.name
        before, new, old = self._study_id(name), f"{name}.new", f"{name}.old"
        for left in filter(None, map(self._study_id, (new, old))):  # by one that was killed here
            storage.delete_study(left)
        with quiet():
            study = optuna.create_study(
                storage=storage, study_name=new, directions=list(objectives.values())
            )
            study.set_metric_names(list(objectives))
            study.set_user_attr(OF_FOLDER, self.server.token)
            study.add_trials(trials)
        with self.engine.begin() as connection:  # both or none
            if before is not None:
                _rename(connection, before, old)
            _rename(connection, study._study_id, name)
        if before is not None:
            storage.delete_study(before)

    def check(self) -> None:
        """What is damaged there the server says itself."""

    def open(self) -> tuple[optuna.Study, RDBStorage]:
        return self._ask(self._open)

    def _open(self) -> tuple[optuna.Study, RDBStorage]:
        with quiet():
            storage = self._storage()
            if storage.get_current_version() != SCHEMA:
                raise RunFolderError(
                    f"{self.server.url}: its tables are another Optuna's, "
                    f"{storage.get_current_version()} where this one has {SCHEMA}"
                )
            study = optuna.load_study(
                study_name=self.server.name,
                storage=storage,
                sampler=optuna.samplers.RandomSampler(seed=0),
            )
            study.get_trials(deepcopy=False)
        self._check_folder(study.user_attrs)
        return study, storage

    def _check_folder(self, attributes: Mapping[str, Any]) -> None:
        """Raise RunFolderError for a study that another run folder has."""
        if attributes.get(OF_FOLDER) != self.server.token:
            raise taken(self.server)

    def read(self) -> tuple[Trials, Mapping[str, Any]]:
        def read() -> tuple[Trials, Mapping[str, Any]]:
            study, _ = self._open()
            return study.get_trials(deepcopy=False), study.user_attrs

        return self._ask(read)

    def set_aside(self) -> tuple[str, ...]:
        return self._ask(self._set_aside)

    def _set_aside(self) -> tuple[str, ...]:
        number = self._study_id(self.server.name)
        if number is None:
            return ()
        names = (f"{self.server.name}.{n}" for n in count(1))
        free = next(name for name in names if self._study_id(name) is None)
        with self.engine.begin() as connection:
            _rename(connection, number, free)
        return (f"{free} at {self.server.url}",)

    def _storage(self, *, with_tables: bool = False) -> RDBStorage:
        """Optuna's, which makes its tables where that is asked for."""
        storage = RDBStorage(
            self.server.url,
            engine_kwargs={"creator": self._connect, "pool_pre_ping": True},
            heartbeat_interval=HEARTBEAT_SECONDS,
            grace_period=GRACE_SECONDS,
            skip_compatibility_check=True,
            skip_table_creation=not with_tables,
        )
        finalize(storage, storage.engine.dispose)  # which closes what is open to the server
        return storage


def taken(server: Server) -> RunFolderError:
    """What is wrong where the run of another folder has the name."""
    return RunFolderError(
        f"{server.label}: is a run of another run folder; machines that work on one run share its "
        "folder (--runs on a file system that all of them have), and another run has another name "
        "(--as NAME)"
    )


def _rename(connection: Connection, number: int, name: str) -> None:
    named = text("UPDATE studies SET study_name = :name WHERE study_id = :number")
    connection.execute(named, {"name": name, "number": number})


class ServerLock:
    """A lock that the server keeps as long as a connection of its own lasts; for one thread."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine, self.name = engine, name
        digest = hashlib.sha256(name.encode()).digest()
        self._key = int.from_bytes(digest[:8], "big", signed=True)
        self._connection: Connection | None = None

    def __enter__(self) -> ServerLock:
        if self._connection is not None:
            raise RuntimeError("the lock is held already")
        # A signal that comes while it waits for others is not to wait as well.
        self._connection = patiently(self._take, call=lambda action: action())
        return self

    def _take(self) -> Connection:
        connection = self.engine.connect()
        try:
            limit = f"SET LOCAL idle_in_transaction_session_timeout = '{HELD_SECONDS}s'"
            connection.execute(text(limit))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": self._key})
        except BaseException:
            connection.close()
            raise
        return connection

    @property
    def is_locked(self) -> bool:
        """Whether the connection is still there, and with it the lock."""
        if self._connection is None:
            return False
        try:
            self._connection.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return False
        return True

    @property
    def is_lost(self) -> bool:
        """Whether it was taken and slipped away."""
        return self._connection is not None and not self.is_locked

    def __exit__(self, *error: Any) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(SQLAlchemyError):  # gone with the server, and the lock with it
                connection.close()

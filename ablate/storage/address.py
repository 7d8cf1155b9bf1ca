"""Where on a server a run has its record: an address without a secret, and its name there."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from ablate.errors import RunFolderError, UsageError
from ablate.machine import write_text

DRIVER = "postgresql+psycopg"
HOW = f"--storage: must be {DRIVER}://USER@HOST:PORT/DATABASE"
SECRETS = ("password", "sslpassword")  # that libpq takes as parameters, too


@dataclass(frozen=True)
class Server:
    """A database of PostgreSQL's, and a run there."""

    url: str  # without a password
    name: str  # of the run's study, one on a server
    token: str  # of the run folder, which all machines that work on the run share

    @property
    def label(self) -> str:
        """`name at url`, for messages."""
        return f"{self.name} at {self.url}"

    def write(self, path: Path) -> Server:
        """Into a run folder, unless another process was first: then what that one wrote."""
        made = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        write_text(made, json.dumps(asdict(self), indent=1) + "\n")
        try:
            with suppress(FileExistsError):
                os.link(made, path)
        finally:
            made.unlink()
        return Server.read(path)

    @classmethod
    def read(cls, path: Path) -> Server:
        """What a run folder says. Raises RunFolderError."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (TypeError, ValueError) as error:
            raise RunFolderError(f"{path}: is damaged: {error}") from None


def new_server(url: str, name: str) -> Server:
    """A server for a run that has none. Raises UsageError for another address than such."""
    return Server(checked(url), name, uuid4().hex)


def checked(url: str) -> str:
    """An address as it is kept. Raises UsageError, and repeats nothing that might be a secret."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UsageError(HOW) from None
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername=DRIVER)
    if parsed.drivername != DRIVER:
        raise UsageError(f"{HOW}; a run on one machine needs none, its record is a file")
    if parsed.password is not None or any(key in parsed.query for key in SECRETS):
        raise UsageError(
            "--storage: leave the password out, which everybody would see in the list of "
            "processes; PGPASSWORD has it, or a file that PGPASSFILE names (~/.pgpass)"
        )
    if not parsed.database:
        raise UsageError(f"{HOW}; it names no database")
    return parsed.render_as_string()

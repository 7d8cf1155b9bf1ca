"""Disks without space: found behind whatever error they come as, waited for, and told by name."""

from __future__ import annotations

import errno
import time
from dataclasses import dataclass
from pathlib import Path

from ablate.errors import NoSpace
from ablate.machine import write_bytes
from ablate.workers.outcome import Outcome, to_try_again

SECONDS_TO_WAIT = 60.0  # for somebody to free some; the record is waited for anyway
SECONDS_BETWEEN_LOOKS = 2.0
PROBE = 2**20  # bytes: when these can be written there is space again
_FULL = (errno.ENOSPC, errno.EDQUOT)
_OF_SQLITE = "database or disk is full"


def no_space(error: BaseException, folder: Path) -> NoSpace | None:
    """What to tell where a full disk is behind an error; None where none is.

    SQLite's comes as SQLAlchemy's, and that as Optuna's, which speaks of invalid data.
    """
    cause: BaseException | None = error
    seen = set[int]()  # one that was raised again may be its own cause's cause
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        if isinstance(cause, NoSpace):
            return cause
        if isinstance(cause, OSError) and cause.errno in _FULL:
            return NoSpace.at(cause.filename or folder)
        if _OF_SQLITE in str(cause):
            return NoSpace.at(folder)
        cause = cause.__cause__ or cause.__context__
    return None


@dataclass(frozen=True)
class TellingOfFullDisks:
    """What fails inside because a run folder's disk is full raises NoSpace instead.

    No generator: thrown into one, an error that is its own context's cause never comes out.
    """

    folder: Path

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception) and (full := no_space(error, self.folder)):
            raise full from None


def out_of_space(full: NoSpace, folder: Path) -> Outcome:
    """An attempt that found no space ends so: once there is some it goes on, else its run ends."""
    looks = int(SECONDS_TO_WAIT / SECONDS_BETWEEN_LOOKS)
    for _ in range(looks):
        time.sleep(SECONDS_BETWEEN_LOOKS)
        try:
            write_bytes(folder / "space", bytes(PROBE))
        except OSError:
            continue
        finally:
            (folder / "space").unlink(missing_ok=True)
        return to_try_again("", str(full))
    raise full

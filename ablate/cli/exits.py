"""How the process ends: with the error tree's code, and a signal with the way on."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from signal import Signals

from ablate.cli.console import complain
from ablate.errors import AblateError, DamagedCell, MachineError, NoSpace, Stopped
from ablate.machine import hearing_stops

MEND = "the next `ablate run` of its study trains it again"  # a damaged cell


@contextmanager
def exit_code_of() -> Iterator[None]:
    """What fails inside is told in a line, and the process exits with the error tree's code."""
    try:
        yield
    except DamagedCell as error:
        complain(f"{error}; {MEND}")
        sys.exit(error.exit_code)
    except AblateError as error:
        complain(str(error))
        sys.exit(error.exit_code)
    except OSError as error:  # a folder that cannot be written, a full disk
        told = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            told = str(NoSpace.at(error.filename or "a disk"))
        complain(told)
        sys.exit(MachineError.exit_code)


@contextmanager
def resumable() -> Iterator[None]:
    """A signal to stop ends what is decorated with exit code 75, also while it plans or draws."""
    try:
        with hearing_stops(interrupt):
            yield
    except (Stopped, KeyboardInterrupt) as stop:
        how = str(stop) or "stopped by SIGINT"
        raise Stopped(f"{how}; the same command goes on from there") from None


def interrupt(number: Signals) -> None:
    raise KeyboardInterrupt(f"stopped by {number.name}")  # past every `except Exception`

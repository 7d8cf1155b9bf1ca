"""Where output goes, and whether a person watches."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console

from ablate.errors import AblateError, DamagedCell, MachineError

MEND = "the next `ablate run` of its study trains it again"  # a damaged cell


def is_watched() -> bool:
    """Whether standard output is a terminal outside CI: the only place for progress bars."""
    return sys.stdout.isatty() and not os.environ.get("CI")


def console() -> Console:
    """Standard output. Colours only on a terminal and without NO_COLOR."""
    watched = is_watched()
    return Console(
        no_color=None if watched else True,
        force_terminal=None if watched else False,
        width=None if watched else 160,  # a log file has no width to fit
        soft_wrap=not watched,
        highlight=False,
        markup=False,  # names and paths hold brackets and colons
        emoji=False,
    )


def complain(message: str) -> None:
    """Standard error, as it is: messages hold brackets and backticks."""
    print(message, file=sys.stderr)


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
        complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        sys.exit(MachineError.exit_code)


def print_json(document: Any) -> None:
    """For programs: one JSON document on standard output."""
    print(json.dumps(document, indent=1, default=str))

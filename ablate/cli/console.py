"""Where output goes, and whether a person watches."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from rich.console import Console


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


def print_json(document: Any) -> None:
    """For programs: one JSON document on standard output."""
    print(json.dumps(document, indent=1, default=str))

"""Where output goes, whether a person watches, and how a table looks."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Collection
from typing import Any, Literal

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

# Heads of columns that hold words and stand left.
WORDS = {"variant", "state", "layer", "kind", "output", "knob", "range", "when"}


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


def new_table(*heads: str, words: Collection[str] = WORDS) -> Table:
    """An empty table; columns of `words` stand left, of numbers right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in heads:
        justify: Literal["left", "right"] = "left" if head in words else "right"
        table.add_column(head.replace("_", " "), justify=justify)
    return table


def add_row(table: Table, *cells: str) -> None:
    """Add a row of plain texts."""
    # As Text, since a name in brackets would be read as markup.
    table.add_row(*map(Text, cells))

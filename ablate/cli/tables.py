"""Tables on a terminal: words left, numbers right, every cell a plain text."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

from rich import box
from rich.table import Table
from rich.text import Text

# Heads of columns that hold words and stand left.
WORDS = {"variant", "state", "layer", "kind", "output", "knob", "range", "when"}


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

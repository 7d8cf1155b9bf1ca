"""Errors by class as tables: for a terminal, and as lines for everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    import pandas as pd


def classes_table(found: pd.DataFrame, title: str) -> Table:
    """`analysis.class_errors()` -> a table for a terminal; `title` says what the errors are of."""
    heads, rows = _lines(found)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=Text(title), title_justify="left")
    for head in heads:
        table.add_column(Text(head), justify="left" if head == "class" else "right")
    for row in rows:
        table.add_row(*map(Text, row))
    return table


def classes_text(found: pd.DataFrame) -> str:
    """`analysis.class_errors()` -> a head line and a line per class, separated by tabs."""
    heads, rows = _lines(found)
    return "\n".join("\t".join(line) for line in [heads, *rows])


def _lines(found: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    heads = [str(column) for column in found.columns]
    rows = [
        [str(name), f"{images:,}", *(f"{error:.2f}" for error in errors)]
        for name, images, *errors in found.itertuples(index=False)
    ]
    return heads, rows

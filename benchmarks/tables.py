"""Findings -> what a person reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rich.table import Table

from ablate.cli import add_row, new_table
from ablate.text import count, size
from benchmarks.findings import Findings

WORDS = {"implementation", "pipeline", "run"}  # heads of columns that stand left


def findings_table(found: Findings) -> Table:
    """A column per measured quantity, median and quartiles in one."""
    columns = list(dict.fromkeys(column for row in found.rows for column in row))
    shown = [column for column in columns if not column.endswith(("_q1", "_q3"))]
    table = new_table(*(_head(column) for column in shown), words=WORDS)
    for row in found.rows:
        add_row(table, *(_measured(row, column) for column in shown))
    return table


def _head(column: str) -> str:
    """`ratio_saved_torchvision` -> `saved vs torchvision`."""
    rest = column.removeprefix("ratio_")
    if rest == column:
        return column.removesuffix("_bytes").replace("_bytes_", " ").replace("_", " ")
    what, _, of = rest.rpartition("_") if rest.startswith(("saved_", "peak_")) else ("", "", rest)
    return f"{what} vs {of}".strip().replace("_", " ")


def _measured(row: Mapping[str, Any], column: str) -> str:
    """A number with its unit, and the quartiles behind it where there are some."""
    value = row.get(column)
    if value is None or isinstance(value, str):
        return "" if value is None else value
    show = _unit(column)
    if f"{column}_q1" not in row:
        return show(value)
    return f"{show(value)} [{show(row[f'{column}_q1'])}, {show(row[f'{column}_q3'])}]"


def _unit(column: str) -> Callable[[Any], str]:
    if column.startswith("ratio_"):
        return lambda ratio: f"{ratio:.3g}x"
    if "bytes" in column:
        return size
    if column.endswith("seconds"):
        return lambda seconds: f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"
    return str if column == "depth" else count


def conditions_line(found: Findings) -> str:
    """The line below the table."""
    how = ", ".join(f"{name} {value}" for name, value in found.conditions.items())
    return f"{found.title}: {how}"

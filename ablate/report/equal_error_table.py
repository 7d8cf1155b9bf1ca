"""Costs at equal error as a table: for a terminal, and as lines for everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from ablate.analysis import plain_rows
from ablate.cells import METRICS
from ablate.report.tables import Lines
from ablate.text import MISSING

if TYPE_CHECKING:
    from ablate.analysis import EqualErrors

_RATIOS = {
    "ratio": "ratio",
    "ratio_first": "at the highest",
    "ratio_middle": "in the middle",
    "ratio_last": "at the lowest",
}


def equal_error_table(found: EqualErrors) -> Table:
    """`costs_at_equal_error()` -> a table for a terminal."""
    table = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        title=Text(_title(found)),
        title_justify="left",
        caption=Text(equal_error_note(found)),
        caption_justify="left",
    )
    heads, rows = _lines(found)
    for head in heads:
        words = head in ("variant", "no ratio, as")
        table.add_column(Text(head), justify="left" if words else "right", overflow="fold")
    for row in rows:
        # As Text, since an interval in brackets would be read as markup.
        table.add_row(*map(Text, row))
    return table


def equal_error_text(found: EqualErrors) -> str:
    """`costs_at_equal_error()` -> a head line and a line per row, separated by tabs."""
    heads, rows = _lines(found)
    return "\n".join("\t".join(line) for line in [heads, *rows])


def equal_error_note(found: EqualErrors) -> str:
    """What the ratios and their intervals are."""
    label = METRICS[found.cost].label
    parts = [f"ratio: {label}, the variant's over {found.baseline}'s at equal error"]
    if found.rows["ratio"].notna().any():
        parts[0] += (
            ", geometric mean over the errors that both reach with every seed; and at the highest, "
            "in the middle and at the lowest of these"
        )
    if found.rows["ratio_low"].notna().any():
        parts.append("[95% t interval over seeds of its logarithm]")
    return "; ".join(parts)


def _title(found: EqualErrors) -> str:
    of = f"{found.subject} {found.split}"
    return " ".join(f"{METRICS[found.cost].label} at equal {of} error".split())


def _lines(found: EqualErrors) -> Lines:
    """Heads and rows of text; reasons only where some variant has no ratio."""
    plain = plain_rows(found.rows)
    with_reasons = any(row["reason"] for row in plain)
    heads = ["variant", "errors (%)", "n", *_RATIOS.values()]
    rows = [_row(row) + [row["reason"]] * with_reasons for row in plain]
    return [*heads, *["no ratio, as"] * with_reasons], rows


def _row(row: dict[Any, Any]) -> list[str]:
    reached = row["error_first"] is not None
    errors = f"{row['error_first']:.2f} to {row['error_last']:.2f}" if reached else MISSING
    return [row["variant"], errors, str(row["n"]), *(_ratio(row, name) for name in _RATIOS)]


def _ratio(row: dict[Any, Any], name: str) -> str:
    """`0.77 [0.47, 1.26]`; of one seed `0.77`."""
    value, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    if value is None:
        return MISSING
    interval = "" if low is None else f" [{_digits(low)}, {_digits(high)}]"
    return f"{_digits(value)}{interval}"


def _digits(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.2g}"

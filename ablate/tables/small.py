"""The smaller tables: confirmations, costs at equal error, errors by class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ablate.analysis import plain_rows
from ablate.cells import METRICS
from ablate.tables.lines import Lines, lines_text, new_table
from ablate.text import MISSING, count, error_text

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from ablate.claims import EqualErrors

CONFIRMED_NOTE = (
    "validation: of held-out images in the run, mean over the seeds it was chosen by, too good "
    "where it was chosen for it; test: fresh seeds, trained on all training images; "
    "± is half the 95% t interval over seeds"
)
_RATIOS = {
    "ratio": "ratio",
    "ratio_first": "at the highest",
    "ratio_middle": "in the middle",
    "ratio_last": "at the lowest",
}


def confirmed_table(found: pd.DataFrame, subject: str = "") -> Table:
    """`confirmed()` -> a table for a terminal; `subject` names the data, e.g. `C10+`.

    The errors of the choice and of the test never stand in one column.
    """
    heads = ["variant", "chosen as", "params", "validation error", "test error"]
    has_holes = bool(found["states"].ne("").any())
    rows = []
    for row in plain_rows(found):
        errors = [
            error_text(*(row[f"{split}_{key}"] for key in ("error", "low", "high", "n")))
            for split in ("validation", "test")
        ]
        states = [row["states"]] * has_holes
        rows.append([row["variant"], row["chosen_as"], count(row["params"]), *errors, *states])
    lines = [*heads, *["missing"] * has_holes], rows
    words = ("variant", "chosen as", "missing")
    return new_table(lines, f"{subject} error (%)".strip(), CONFIRMED_NOTE, words)


def equal_error_table(found: EqualErrors) -> Table:
    """`costs_at_equal_error()` -> a table for a terminal."""
    title = f"{METRICS[found.cost].label} at equal {found.subject} {found.split} error"
    words = ("variant", "no ratio, as")
    return new_table(_ratios(found), " ".join(title.split()), equal_error_note(found), words)


def equal_error_text(found: EqualErrors) -> str:
    """`costs_at_equal_error()` -> a head line and a line per row, separated by tabs."""
    return lines_text(_ratios(found))


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


def _ratios(found: EqualErrors) -> Lines:
    """Heads and rows of text; reasons only where some variant has no ratio."""
    plain = plain_rows(found.rows)
    with_reasons = any(row["reason"] for row in plain)
    heads = ["variant", "errors (%)", "n", *_RATIOS.values()]
    rows = [_row_of_ratios(row) + [row["reason"]] * with_reasons for row in plain]
    return [*heads, *["no ratio, as"] * with_reasons], rows


def _row_of_ratios(row: dict[str, Any]) -> list[str]:
    reached = row["error_first"] is not None
    errors = f"{row['error_first']:.2f} to {row['error_last']:.2f}" if reached else MISSING
    return [row["variant"], errors, str(row["n"]), *(_ratio(row, name) for name in _RATIOS)]


def _ratio(row: dict[str, Any], name: str) -> str:
    """`0.77 [0.47, 1.26]`; of one seed `0.77`."""
    value, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    if value is None:
        return MISSING
    interval = "" if low is None else f" [{_digits(low)}, {_digits(high)}]"
    return f"{_digits(value)}{interval}"


def _digits(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio >= 0.1 else f"{ratio:.2g}"


def classes_table(found: pd.DataFrame, title: str) -> Table:
    """`class_errors()` -> a table for a terminal; `title` says what the errors are of."""
    return new_table(_classes(found), title, words=("class",), overflow="ellipsis")


def classes_text(found: pd.DataFrame) -> str:
    """`class_errors()` -> a head line and a line per class, separated by tabs."""
    return lines_text(_classes(found))


def _classes(found: pd.DataFrame) -> Lines:
    rows = [
        [str(name), f"{images:,}", *(f"{error:.2f}" for error in errors)]
        for name, images, *errors in found.itertuples(index=False)
    ]
    return [str(column) for column in found.columns], rows

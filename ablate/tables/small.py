"""The smaller tables: confirmations, costs at equal error, errors by class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ablate.analysis import plain_rows
from ablate.cells import METRICS
from ablate.tables.lines import Lines, lines_text, new_table
from ablate.tables.notes import LEAST_COVERED, over_text
from ablate.text import MISSING, count, error_text, ratio_text

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from ablate.claims import Comparison

CONFIRMED_NOTE = (
    "validation: of held-out images in the run, mean over the seeds it was chosen by, too good "
    "where it was chosen for it; test: fresh seeds, trained on all training images; "
    "± is half the 95% t interval over seeds"
)


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


def equal_error_table(compared: Comparison) -> Table:
    """The ratios of a comparison -> a table for a terminal."""
    of = f"{compared.subject} {' / '.join(compared.rows['split'].unique())} error"
    title = f"{METRICS[compared.cost].label} at equal {of.strip()}"
    words = ("variant", "no ratio, as")
    return new_table(_ratios(compared), title, equal_error_note(compared), words)


def equal_error_text(compared: Comparison) -> str:
    """The ratios of a comparison -> a head line and a line per variant, separated by tabs."""
    return lines_text(_ratios(compared))


def equal_error_note(compared: Comparison) -> str:
    """What the ratios and their intervals are."""
    label, lines = METRICS[compared.cost].label, compared.lines
    parts = [f"ratio: {label}, the variant's over {compared.against}'s at equal error"]
    if lines["ratio"].notna().any():
        parts[0] += (
            f": by which its curve is to be divided to have the mean error of {compared.against}'s "
            f"over the {label} that both then have"
        )
        parts.append("covers: the share of the curve that these are the least of, on a log scale")
    if lines["ratio_reason"].eq("").any():
        number = len(lines) - 1
        what = "95% interval" if number == 1 else f"95% intervals of all {number} at once"
        parts.append(f"[{what}, over {over_text(compared.over, compared.images)}]")
    for row in plain_rows(lines):
        if row["ratio_covered"] is not None and row["ratio_covered"] < LEAST_COVERED:
            parts.append(f"{row['variant']}: of a small part of a curve, which may not be the rest")
    return "; ".join(parts)


def _ratios(compared: Comparison) -> Lines:
    """Heads and rows of text; reasons only where some variant has no ratio."""
    plain = [row for row in plain_rows(compared.lines) if not row["is_baseline"]]
    heads = ["variant", "ratio", "covers"]
    rows = [[row["variant"], ratio_text(row), _covers(row)] for row in plain]
    reasons = [row["ratio_reason"] if ratio_text(row) == MISSING else "" for row in plain]
    if any(reasons):
        heads.append("no ratio, as")
        rows = [[*line, reason] for line, reason in zip(rows, reasons, strict=True)]
    return heads, rows


def _covers(row: dict[str, Any]) -> str:
    return MISSING if row["ratio_covered"] is None else f"{row['ratio_covered']:.0%}"


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

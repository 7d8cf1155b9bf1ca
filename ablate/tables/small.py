"""The smaller tables: confirmations, costs at equal error, errors by class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ablate.analysis import plain_rows
from ablate.cells import METRICS
from ablate.tables.lines import Lines, fits, lines_text, new_table, without_empty
from ablate.tables.notes import LEAST_COVERED, over_text
from ablate.text import MISSING, count, difference_text, error_text, percent, ratio_text

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from ablate.claims import ByClass, Comparison

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


def classes_tables(found: ByClass, width: int | None = None) -> list[Table]:
    """Errors by class -> tables for a terminal, of as many variants each as have room."""
    heads, rows = _classes(found)
    tables: list[Table] = []
    columns = list(range(_ABOUT_CLASS, len(heads)))
    while columns or not tables:
        here = len(columns)
        while here > 1 and width and not fits(_some(heads, rows, columns[:here]), width):
            here -= 1
        lines = _some(heads, rows, columns[:here])
        columns = columns[here:]
        what = f"{found.subject} error (%) by class" if not tables else ""
        note = "" if columns else classes_note(found)
        tables.append(new_table(lines, what, note, ("class",), "ellipsis"))
    return tables


def classes_text(found: ByClass) -> str:
    """Errors by class -> a head line and a line per class, separated by tabs."""
    return lines_text(_classes(found))


def classes_note(found: ByClass) -> str:
    """What the errors and differences by class are."""
    parts = [f"{found.baseline}: mean over seeds" + " and its points" * (found.points > 1)]
    if found.comparisons:
        at = f" {found.at}" if found.at else ""
        parts.append(f"differences to {found.against}{at}")
        together = f"95% intervals of all {found.comparisons} at once"
        over = over_text(found.over, found.images)
        if found.some_over_images:
            over += "; where seeds leave no spread, over the images of the class"
        parts.append(f"[{together}, over {over}]" if found.over else "of one seed, no interval")
        parts.append(
            "they describe, and decide nothing: that is what `compare` without --classes does"
        )
    if found.left_out:
        parts.append(f"not compared: {', '.join(found.left_out)}")
    if found.lost:
        parts.append(f"{', '.join(found.lost)}: of the others alone, which flatters")
    return "; ".join([*parts, *found.notes])


_ABOUT_CLASS = 3  # columns: class, images, the baseline's error


def _some(heads: list[str], rows: list[list[str]], columns: list[int]) -> Lines:
    """What a class is, and some of what is compared."""
    kept = [*range(_ABOUT_CLASS), *columns]
    return [heads[i] for i in kept], [[row[i] for i in kept] for row in rows]


def _classes(found: ByClass) -> Lines:
    heads, lines = ["class", "images", found.baseline], []
    for row in plain_rows(found.table):
        if row["is_baseline"]:
            lines.append([row["class"], f"{row['images']:,}", percent(row["error"])])
        else:
            name = row["variant"] + f" - {found.against}" * (found.against == found.baseline)
            heads += [name] * (name not in heads[_ABOUT_CLASS:])
            ends = (row["difference_low"], row["difference_high"])
            lines[-1].append(difference_text(row["difference"], *ends))
    return without_empty(heads, lines, _ABOUT_CLASS)

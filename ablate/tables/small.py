"""The smaller tables: confirmations, costs at equal error, errors by class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ablate.analysis import plain_rows
from ablate.cells import METRICS
from ablate.tables.compare import verdict_text
from ablate.tables.notes import LEAST_COVERED, basis_note, over_text
from ablate.text import (
    MISSING,
    Lines,
    Said,
    Sheet,
    bounds_text,
    count,
    difference_text,
    error_text,
    fits,
    lines_text,
    new_table,
    p_text,
    percent,
    ratio_text,
    without_empty,
)

if TYPE_CHECKING:
    from rich.table import Table

    from ablate.claims import ByClass, Comparison, Confirmed

_ENDS = ("", "_low", "_high")
_ERRORS_NOTE = (
    "validation: of held-out images in the run, mean over the seeds it was chosen by, too good "
    "where it was chosen for it{expected}; test: fresh seeds, trained on all training images; "
    "± is half the 95% t interval over seeds"
)
_EXPECTED_NOTE = "; expected: of new seeds, without the luck of the choice, [95% interval]"
_AGAIN_NOTE = "what was chosen again, by more cells, has a row for each time"
_DIFFERENCES_NOTE = (
    "validation: in the run, as it was told then, too good where it was chosen for that{expected}; "
    "test: of the same fresh seeds"
)


def confirmed_sheets(confirmed: Confirmed) -> list[Sheet]:
    """What was predicted of choices beside what was seen -> tables.

    Of the errors, and where there are any of the differences to the baseline. What validation said
    and the test set never stand in one column.
    """
    rows = plain_rows(confirmed.rows)
    others = [row for row in rows if row["variant"] != confirmed.against]
    has_any = any(row["verdict"] or row["validation_difference"] is not None for row in others)
    sheets = [_errors_sheet(confirmed, rows)]
    return [*sheets, _differences_sheet(confirmed, others)] if has_any else sheets


def _errors_sheet(confirmed: Confirmed, rows: Sequence[dict[str, Any]]) -> Sheet:
    has_luck = any(row["expected_error"] is not None for row in rows)
    has_holes = any(row["states"] for row in rows)
    heads = ["variant", "chosen as", "params", "validation error", *["expected"] * has_luck]
    cells = [
        [
            row["variant"],
            row["chosen_as"],
            Said.of(count(row["params"]), row["params"]),
            Said.of(_validated(row), row["validation_error"]),
            *[Said.of(_expected(row), row["expected_error"])] * has_luck,
            Said.of(
                error_text(*(row[f"test_{name}"] for name in ("error", "low", "high", "n"))),
                row["test_error"],
            ),
            *[row["states"]] * has_holes,
        ]
        for row in rows
    ]
    lines = [*heads, "test error", *["missing"] * has_holes], cells
    again = len({row["variant"] for row in rows}) < len(rows)
    note = _ERRORS_NOTE.format(expected=_EXPECTED_NOTE * has_luck)
    note = f"{note}; {_AGAIN_NOTE}" if again else note
    title = f"{confirmed.subject} error (%)".strip()
    return Sheet(lines, title, note, words=("chosen as",))


def _validated(row: dict[str, Any]) -> str:
    """The mean error that a choice had; what is to be expected has its interval, where known."""
    mean, low, high, n = (row[f"validation_{name}"] for name in ("error", "low", "high", "n"))
    is_lucky = row["expected_error"] is not None
    text = f"{percent(mean)} (n={n})" if is_lucky else error_text(mean, low, high, n)
    return f"{text}, {row['validation_lost']}" if row["validation_lost"] else text


def _expected(row: dict[str, Any]) -> str:
    value, low, high = (row[f"expected_error{end}"] for end in _ENDS)
    return "" if value is None else f"{value:.2f} [{low:.2f}, {high:.2f}]"


def _differences_sheet(confirmed: Confirmed, rows: Sequence[dict[str, Any]]) -> Sheet:
    has_luck = any(row["expected_error"] is not None for row in plain_rows(confirmed.rows))
    has_p = any(row["p"] is not None for row in rows)
    cells = []
    for row in rows:
        validation, test = (
            difference_text(*(row[f"{split}_difference{end}"] for end in _ENDS))
            for split in ("validation", "test")
        )
        validation = Said.of(validation, row["validation_difference"])
        test = Said.of(bounds_text(row) or test, row["test_difference"])
        apart = row["expected_difference"]
        luckless = Said.of(difference_text(apart, None, None), apart)
        by_chance = Said.of("" if row["p"] is None else p_text(row["p"]), row["p"])
        told = [test, *[by_chance] * has_p, verdict_text(row)]
        cells.append([row["variant"], validation, *[luckless] * has_luck, *told])
    heads = ["variant", "validation", *["expected"] * has_luck, "test", *["p"] * has_p, "verdict"]
    note = _DIFFERENCES_NOTE.format(expected="; expected: without that luck" * has_luck)
    basis = basis_note(confirmed.of_differences, confirmed.images)
    title = f"{confirmed.subject} error".strip()
    title = f"difference to {confirmed.against} (points of {title})"
    return Sheet((heads, cells), title, f"{note} {basis}".strip())


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
        what = "" if tables else _classes_title(found)
        note = "" if columns else classes_note(found)
        tables.append(new_table(lines, what, note, ("class",), "ellipsis"))
    return tables


def classes_sheet(found: ByClass) -> Sheet:
    """Errors by class -> one table of all variants."""
    return Sheet(_classes(found), _classes_title(found), classes_note(found), words=("class",))


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


def _classes_title(found: ByClass) -> str:
    return f"{found.subject} error (%) by class"


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

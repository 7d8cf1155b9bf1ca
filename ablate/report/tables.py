"""Comparisons as tables: for a terminal, and as lines for everything else; cells as a file."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from ablate.cells import METRICS, MORE_ERRORS
from ablate.machine import replacing
from ablate.text import (
    MISSING,
    as_field,
    count,
    difference_text,
    duration,
    error_text,
    is_missing,
    percent,
    size,
)

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import JustifyMethod, OverflowMethod

    from ablate.analysis import Comparison

# Column -> its head and how it is written.
_COSTS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "params": ("params", count),
    "macs": ("MACs", count),
    "peak_bytes": ("memory", size),
    "train_seconds": ("train time", duration),
    "step_seconds": ("step time", duration),
    "latency_seconds": ("latency", duration),
}
# Objectives that have no column else.
_AIMS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "loss": ("loss", lambda nats: MISSING if is_missing(nats) else f"{nats:.4f}"),
    "flops": ("FLOPs", count),
    "saved_bytes": ("saved", size),
}
_FEW_IMAGES = 1_000  # below so many an image is more than a tenth of a point
_BESIDE = ("published", "ours - published")
_KEY_LETTERS = 8  # enough to name a cell among thousands
_GAP = 2  # characters that a column takes beside its text
Lines = tuple[list[str], list[list[str]]]  # heads, rows


def new_table(
    lines: Lines,
    title: str,
    caption: str = "",
    words: Sequence[str] = (),
    overflow: OverflowMethod = "fold",
    **style: Any,
) -> Table:
    """Heads and rows -> a table for a terminal; the columns of `words` begin at the left."""
    table = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        title=Text(title),
        title_justify="left",
        caption=Text(caption) if caption else None,
        caption_justify="left",
        **style,
    )
    heads, rows = lines
    for head in heads:
        side: JustifyMethod = "left" if head in words else "right"
        table.add_column(Text(head), justify=side, overflow=overflow)
    for row in rows:
        # As Text, since a name or an interval in brackets would be read as markup.
        table.add_row(*map(Text, row))
    return table


def lines_text(lines: Lines) -> str:
    """Heads and rows -> a head line and a line per row, separated by tabs."""
    heads, rows = lines
    return "\n".join("\t".join(line) for line in [heads, *rows])


def compare_table(comparison: Comparison, width: int | None = None) -> Table:
    """A comparison -> a table for a terminal.

    The title says what the error is of, the caption what the intervals are. Where the table needs
    more than `width` characters costs are left out, the last first, then a search's knobs, but no
    objective; the caption names them. Words are not broken.
    """
    heads, rows = _lines(comparison, "error (%)")
    left_out = _narrow(comparison, heads, rows, width) if width else []
    caption = [compare_note(comparison)]
    if left_out:
        caption.append(f"left out for want of width: {', '.join(left_out)}")
    fits = not width or _fit(heads, rows, width)
    table = new_table(
        (heads, rows),
        _error_of(comparison),
        "\n".join(filter(None, caption)),
        ("variant", "missing"),
        collapse_padding=True,
    )
    for column, letters in zip(table.columns, _widths(heads, rows), strict=True):
        column.min_width = letters if fits else None
    return table


def compare_text(comparison: Comparison) -> str:
    """A comparison -> a head line and a line per row, separated by tabs."""
    return lines_text(_lines(comparison, f"{_error_of(comparison)} (%)"))


def compare_note(comparison: Comparison) -> str:
    """What the intervals of a comparison are, as far as it has any; else an empty text."""
    parts, rows = [comparison.shown], comparison.rows
    if rows["low"].notna().any():
        parts.append("± is half the 95% t interval over seeds")
        if rows["n"].eq(2).any():
            parts.append("over 2 seeds it has 1 degree of freedom and its width is mostly luck")
    if 0 < comparison.images < _FEW_IMAGES:
        points = f"one image more or less is {100 / comparison.images:.2f} points"
        parts.append(f"errors are of {comparison.images} images, of which {points}")
    if rows["difference"].notna().any():
        interval = " [95% t interval]" if rows["difference_low"].notna().any() else ""
        keys = " and ".join(key.replace("_", " ") for key in _sweep_keys(rows))
        at = f" at equal {keys} (-: the baseline is not there)" if keys else ""
        against = comparison.against or f"the baseline{at}"
        parts.append(f"difference to {against}, paired by seed{interval}")
    return "; ".join(filter(None, [*parts, *comparison.notes]))


def _sweep_keys(rows: pd.DataFrame) -> list[str]:
    columns = rows.columns.tolist()
    return columns[columns.index("variant") + 1 : columns.index("split")]


def _error_of(comparison: Comparison) -> str:
    splits = " / ".join(split for split in comparison.rows["split"].unique() if split)
    return " ".join(filter(None, [comparison.subject, splits, "error"]))


def _lines(comparison: Comparison, error_head: str) -> Lines:
    """Heads and rows of text, without the columns in which no row has anything."""
    table = comparison.rows
    keys = _sweep_keys(table)
    # A cell of a search has no name but its number; its key is what `export` takes.
    names = [name for name in ("front", "trial", "key", "state") if name in table]
    names = names or ["variant"]
    if "step" in table:  # of a path
        names = ["step", *names]
    more = [METRICS[name] for name in MORE_ERRORS]
    errors = [error_head, *(f"{metric.label} ({metric.unit})" for metric in more)]
    heads = [*names, *(key.replace("_", " ") for key in keys), *errors]
    aims = [name for name in comparison.objectives if name in _AIMS]
    heads += [_AIMS[name][0] for name in aims]
    always = len(names) if "trial" in table else len(names) + len(keys) + 1
    heads += [*(head for head, _ in _COSTS.values()), "difference", *_BESIDE, "missing"]
    plain = table.astype(object).where(table.notna(), None)
    if "trial" not in table:  # a variant that sweeps a setting has none at null
        for key in keys:
            sweeping = table.loc[table[key].notna(), "variant"]
            plain.loc[plain[key].isna() & plain["variant"].isin(sweeping), key] = "none"
    rows = [_row(row, names, keys, aims) for row in plain.to_dict("records")]
    blank = {"", MISSING, "baseline"}
    kept = [i for i in range(len(heads)) if i < always or any(row[i] not in blank for row in rows)]
    return [heads[i] for i in kept], [[row[i] for i in kept] for row in rows]


def _row(row: dict[Any, Any], names: list[str], keys: list[str], aims: list[str]) -> list[str]:
    return [
        *(_name(name, row[name]) for name in names),
        *("" if row[key] is None else str(row[key]) for key in keys),
        _error(row),
        *(percent(row.get(name)) for name in MORE_ERRORS),
        *(_AIMS[name][1](row[name]) for name in aims),
        *(write(row[cost]) for cost, (_, write) in _COSTS.items()),
        _difference(row),
        *_beside(row),
        row["states"],
    ]


def _error(row: dict[Any, Any]) -> str:
    if row.get("stopped_error") is not None:
        return f"{row['stopped_error']:.2f} at epoch {row['stopped_epoch']}"
    return error_text(row["error"], row["low"], row["high"], row["n"])


def _name(column: str, value: Any) -> str:
    if column == "front":
        return "*" if value else ""
    text = "" if value is None else str(value)
    return text[:_KEY_LETTERS] if column == "key" else text


def _difference(row: dict[Any, Any]) -> str:
    if row["is_baseline"]:
        return "baseline"
    text = difference_text(row["difference"], row["difference_low"], row["difference_high"])
    if row["difference"] is not None and row["n_pairs"] != row["n"]:
        text += f" ({row['n_pairs']} of {row['n']} seeds)"
    return text


def _beside(row: dict[Any, Any]) -> tuple[str, str]:
    """What was published of the network, and the difference; blank where nothing was."""
    if row.get("published") is None:
        return "", ""
    difference = difference_text(row["published_difference"], None, None)
    return f"{row['published']:.2f}", difference


def _narrow(
    comparison: Comparison, heads: list[str], rows: list[list[str]], width: int
) -> list[str]:
    """Take columns out, the last first, until a line fits; their heads in table order.

    First costs that are no objective, then of a search its knobs: trial and key say which cell it
    is.
    """
    costs = [head for name, (head, _) in _COSTS.items() if name not in comparison.objectives]
    keys = _sweep_keys(comparison.rows) if "trial" in comparison.rows else []
    knobs = [key.replace("_", " ") for key in keys]
    before, gone = list(heads), set[str]()
    for head in [*reversed(costs), *reversed(knobs)]:
        if _fit(heads, rows, width):
            break
        if head in heads:
            i = heads.index(head)
            gone.add(head)
            for line in [heads, *rows]:
                del line[i]
    return [head for head in before if head in gone]


def _fit(heads: list[str], rows: list[list[str]], width: int) -> bool:
    return sum(letters + _GAP for letters in _widths(heads, rows)) <= width


def _widths(heads: list[str], rows: list[list[str]]) -> list[int]:
    """Letters that each column needs for its longest text."""
    return [max(map(len, column)) for column in zip(*[heads, *rows], strict=True)]


def results_csv(table: pd.DataFrame, path: Path) -> Path:
    """`results()` -> a CSV file, a row per cell; swept maps and lists are written as JSON.

    A text that a spreadsheet would take for a formula has a ' before it, see `as_field`.
    """
    plain = table.copy()
    for name in plain.select_dtypes(["object", "string"]):
        plain[name] = plain[name].astype(object).map(_field)
    with replacing(path) as temporary:
        plain.to_csv(temporary, index=False)
    return path


def _field(value: Any) -> Any:
    if isinstance(value, dict | list):
        return json.dumps(value)
    return as_field(value) if isinstance(value, str) else value

"""Comparisons as tables: a line per variant at equal cost, a row per point, and what they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ablate.analysis import plain_rows
from ablate.cells import METRICS, MORE_ERRORS
from ablate.claims import LOST, swept_columns
from ablate.tables.levels import effects_sheets, effects_text
from ablate.tables.notes import effects_note, lines_note, rows_note
from ablate.text import (
    MISSING,
    Lines,
    Said,
    Sheet,
    bounds_text,
    count,
    difference_text,
    duration,
    error_text,
    is_missing,
    is_number,
    lines_text,
    p_text,
    percent,
    ratio_text,
    share_text,
    size,
    without_empty,
)

if TYPE_CHECKING:
    from rich.table import Table

    from ablate.claims import Comparison

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
# Of single networks.
_NETWORKS = {
    "wrong_only_here": "only here",
    "wrong_only_there": "only there",
    "mcnemar_p": "McNemar p",
}
_BESIDE = ("published", "ours - published")
_KEY_LETTERS = 8  # enough to name a cell among thousands
# Verdict -> what a narrow column says.
_VERDICTS = {"differs by less than the margin": "differs < margin"}


def compare_tables(comparison: Comparison, width: int | None = None) -> list[Table]:
    """A comparison -> its tables for a terminal: effects or lines at equal cost, if any, and rows.

    Titles say what the error is of, captions what the intervals are. Where the rows need more than
    `width` characters costs are left out, the last first, then a search's knobs, but no objective;
    the caption names them. Words are not broken.
    """
    return [sheet.fitted(width) for sheet in compare_sheets(comparison)]


def compare_sheets(comparison: Comparison) -> list[Sheet]:
    """A comparison -> the same tables before they have a width."""
    sheets, of = [], _error_of(comparison)
    if comparison.effects:
        sheets += effects_sheets(comparison.effects, of, comparison.images)
    if len(comparison.lines):
        label = METRICS[comparison.cost].label
        note = lines_note(comparison)
        sheets.append(Sheet(_lines(comparison), f"{of} at equal {label}", note, ("p", label)))
    rows = _rows(comparison, "error (%)")
    return [*sheets, Sheet(rows, of, rows_note(comparison), _spare(comparison))]


def compare_text(comparison: Comparison) -> str:
    """A comparison -> its tables as lines separated by tabs, each under its heads.

    Where there are several a blank line is between them.
    """
    of = _error_of(comparison)
    effects = [effects_text(comparison.effects, of)] if comparison.effects else []
    lines = [lines_text(_lines(comparison))] if len(comparison.lines) else []
    return "\n\n".join([*effects, *lines, lines_text(_rows(comparison, f"{of} (%)"))])


def compare_note(comparison: Comparison) -> str:
    """What the intervals of a comparison are, as far as it has any; else an empty text."""
    effects = effects_note(comparison.effects, comparison.images) if comparison.effects else ""
    return "\n".join(filter(None, [effects, lines_note(comparison), rows_note(comparison)]))


def _error_of(comparison: Comparison) -> str:
    splits = " / ".join(split for split in comparison.rows["split"].unique() if split)
    return " ".join(filter(None, [comparison.subject, splits, "error"]))


def _lines(comparison: Comparison) -> Lines:
    """Heads and texts of the lines at equal cost, without the columns in which none has any."""
    heads = ["variant", METRICS[comparison.cost].label, "difference", "p", "verdict"]
    heads += ["seeds needed", "ratio", "not compared, as"]
    rows = [
        [
            row["variant"],
            Said.of(_range(row), row["cost_low"]),
            Said.of(_difference(row), row["difference"]),
            Said.of(p_text(row["p"]), row["p"]),
            verdict_text(row),
            Said.of(_seeds(row), row["seeds_needed"]),
            Said.of(ratio_text(row), row["ratio"]),
            row["reason"] or "",
        ]
        for row in plain_rows(comparison.lines)
    ]
    return without_empty(heads, rows, always=3)


def _range(row: dict[str, Any]) -> str:
    """The costs at which a variant and the baseline are compared."""
    if row["cost_ratio"] is not None:
        return f"{row['cost_ratio']:.2f} times"
    if row["cost_low"] is None:
        return ""
    ends = dict.fromkeys(count(row[name]) for name in ("cost_low", "cost_high"))
    return " to ".join(ends)


def verdict_text(row: dict[str, Any]) -> str:
    verdict = row["verdict"] or ""
    if row["lost"] is None or verdict == "":
        return _VERDICTS.get(verdict, verdict)
    return str(row["lost"]) if verdict == LOST else f"{verdict}, {row['lost']}"


def _seeds(row: dict[str, Any]) -> str:
    return "" if row["seeds_needed"] is None else str(row["seeds_needed"])


def _rows(comparison: Comparison, error_head: str) -> Lines:
    """Heads and rows of text, without the columns in which no row has anything."""
    table = comparison.rows
    keys = swept_columns(table)
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
    heads += [*(head for head, _ in _COSTS.values()), "cost ratio", "on front", "difference"]
    heads += ["p", "verdict", "seeds needed", *_NETWORKS.values(), *_BESIDE, "missing"]
    plain = table.astype(object).where(table.notna(), None)
    if "trial" not in table:  # a variant that sweeps a setting has none at null
        for key in keys:
            sweeping = table.loc[table[key].notna(), "variant"]
            plain.loc[plain[key].isna() & plain["variant"].isin(sweeping), key] = "none"
    rows = [_row(row, names, keys, aims) for row in plain.to_dict("records")]
    return without_empty(heads, rows, always)


def _row(row: dict[Any, Any], names: list[str], keys: list[str], aims: list[str]) -> list[str]:
    share = row.get("front_share")
    return [
        *(_name(name, row[name]) for name in names),
        *(_setting(row[key]) for key in keys),
        Said.of(_error(row), row.get("stopped_error") or row["error"]),
        *(Said.of(percent(row.get(name)), row.get(name)) for name in MORE_ERRORS),
        *(Said.of(_AIMS[name][1](row[name]), row[name]) for name in aims),
        *(Said.of(write(row[cost]), row[cost]) for cost, (_, write) in _COSTS.items()),
        Said.of(_ratio(row), row["cost_ratio"]),
        Said.of("" if is_missing(share) else share_text(share), share),
        Said.of(_difference(row), row["difference"]),
        Said.of("" if row["verdict"] is None else p_text(row["p"]), row["p"]),
        verdict_text(row),
        Said.of(_seeds(row), row["seeds_needed"]),
        *_networks(row),
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
    if column in ("trial", "step"):
        return Said.of(text, value)
    return text[:_KEY_LETTERS] if column == "key" else text


def _setting(value: Any) -> str:
    """What a point sweeps; one that has none of it is no number."""
    text = "" if value is None else str(value)
    return Said.of(text, value) if is_number(value) else text


def _ratio(row: dict[Any, Any]) -> str:
    """The row's cost over that of what it is compared with, unless they are equal."""
    ratio = row["cost_ratio"]
    return "" if ratio is None or f"{ratio:.2f}" == "1.00" else f"{ratio:.2f}"


def _difference(row: dict[Any, Any]) -> str:
    if row["is_baseline"]:
        return "baseline"
    if row["difference"] is None:
        return bounds_text(row) or MISSING
    return difference_text(row["difference"], row["difference_low"], row["difference_high"])


def _networks(row: dict[Any, Any]) -> list[str]:
    """How two single networks differ on the images; blank where there are more."""
    *counts, p = (row.get(name) for name in _NETWORKS)
    told = ["" if number is None else f"{number:,}" for number in counts]
    return [*map(Said.of, told, counts), Said.of(p_text(p), p)]


def _beside(row: dict[Any, Any]) -> tuple[str, str]:
    """What was published of the network, and the difference; blank where nothing was."""
    if row.get("published") is None:
        return "", ""
    published, apart = row["published"], row["published_difference"]
    difference = Said.of(difference_text(apart, None, None), apart)
    return Said.of(f"{published:.2f}", published), difference


def _spare(comparison: Comparison) -> list[str]:
    """Heads of columns that rows can do without, the first to go in front.

    Costs that are no objective and what is told of the front, then of a search its knobs: trial and
    key say which cell it is.
    """
    costs = [head for name, (head, _) in _COSTS.items() if name not in comparison.objectives]
    keys = swept_columns(comparison.rows) if "trial" in comparison.rows else []
    costs.insert(1, "on front")
    return [*reversed(costs), *reversed([key.replace("_", " ") for key in keys])]

"""Effects as tables: levels on average over the others, interactions, two-way means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ablate.analysis import plain_rows
from ablate.contrasts import level_text
from ablate.tables.notes import effects_note
from ablate.text import (
    MISSING,
    Lines,
    Said,
    Sheet,
    difference_text,
    lines_text,
    p_text,
    percent,
    without_empty,
)

if TYPE_CHECKING:
    from ablate.contrasts import Effects


def effects_sheets(effects: Effects, title: str, images: int) -> list[Sheet]:
    """Effects -> tables: levels, and interactions where there are any.

    `title` says what the error is of, as in `C10+ validation error`, `images` of how many. Where
    there is no room for all columns p is the first to be left out.
    """
    over = " on average over the other factors" if len(effects.pairs) else ""
    note, spare = effects_note(effects, images), ("p", "n", "seeds needed")
    sheets = [Sheet(_levels(effects, "error (%)"), f"{title}{over}", note, spare)]
    if len(effects.interactions):
        of = "Interactions: an effect with another factor at its reference, and at another level"
        spare = ("p", "there", "at reference")
        sheets.append(Sheet(_interactions(effects), of, "", spare))
    return sheets


def pairs_sheets(effects: Effects, title: str) -> list[Sheet]:
    """Effects -> a two-way table of mean errors for each pair of factors."""
    return [
        Sheet(lines, f"{title} (%) by {' and '.join(names)}") for names, lines in _pairs(effects)
    ]


def effects_text(effects: Effects, title: str, *, with_pairs: bool = False) -> str:
    """Effects -> tables as lines separated by tabs, each under its heads, a blank line between."""
    tables = [_levels(effects, f"{title} (%)")]
    tables += [_interactions(effects)] * bool(len(effects.interactions))
    tables += [lines for _, lines in _pairs(effects)] if with_pairs else []
    return "\n\n".join(map(lines_text, tables))


def _levels(effects: Effects, error_head: str) -> Lines:
    heads = ["level", error_head, "n", "difference", "p", "verdict", "seeds needed"]
    rows = [
        [
            level_text(row["factor"], row["level"]),
            Said.of(percent(row["error"]), row["error"]),
            Said.of(str(row["n"]), row["n"]),
            "reference" if row["is_reference"] and effects.is_difference else _difference(row),
            Said.of("" if row["verdict"] is None else p_text(row["p"]), row["p"]),
            row["verdict"] or "",
            "" if row["seeds_needed"] is None else str(row["seeds_needed"]),
            _dependence(row),
        ]
        for row in plain_rows(effects.levels)
    ]
    return without_empty([*heads, "depends on"], rows, always=3)


def _dependence(row: dict[str, Any]) -> str:
    may = f"perhaps {row['may_depend_on']}" if row["may_depend_on"] else ""
    return ", ".join(filter(None, [row["depends_on"], may]))


def _interactions(effects: Effects) -> Lines:
    heads = ["effect of", "with", "at reference", "there", "interaction", "p", "verdict"]
    rows = [
        [
            level_text(row["factor"], row["level"]),
            level_text(row["other"], row["other_level"]),
            Said.of(difference_text(row["effect"], None, None), row["effect"]),
            Said.of(difference_text(row["effect_there"], None, None), row["effect_there"]),
            _difference(row),
            Said.of(p_text(row["p"]), row["p"]),
            row["verdict"],
        ]
        for row in plain_rows(effects.interactions)
    ]
    return without_empty(heads, rows, always=5)


def _pairs(effects: Effects) -> list[tuple[Sequence[str], Lines]]:
    """The names of two factors, and their table."""
    tables: list[tuple[Sequence[str], Lines]] = []
    for names, own in effects.pairs.groupby(["factor", "other"], sort=False):
        first, second = (str(name).replace("_", " ") for name in names)
        columns = list(dict.fromkeys(own["other_level"]))
        heads = [first, *(level_text(second, level) for level in columns)]
        rows = [
            [str(level), *map(_mean, plain_rows(at))]
            for level, at in own.groupby("level", sort=False)
        ]
        tables.append(((first, second), (heads, rows)))
    return tables


def _mean(row: dict[str, Any]) -> str:
    half = "" if row["low"] is None else f" ± {(row['high'] - row['low']) / 2:.2f}"
    return f"{percent(row['error'])}{half}"


def _difference(row: dict[str, Any]) -> str:
    if row["difference"] is None:
        return MISSING
    ends = row["difference_low"], row["difference_high"]
    return Said.of(difference_text(row["difference"], *ends), row["difference"])

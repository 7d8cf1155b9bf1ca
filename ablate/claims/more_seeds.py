"""What more seeds of a run would settle, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ablate.analysis import Results, plain_rows, require_done, tabled
from ablate.cells import METRICS
from ablate.claims.comparison import comparison
from ablate.claims.value import Comparison
from ablate.contrasts import Differences, Measured, level_text
from ablate.errors import UsageError
from ablate.statistics import POWER, power
from ablate.text import point_text

_OFFERED = (3, 5, 10, 20)
_OF_SEEDS = {
    "seeds": "Int64",
    "difference": "Float64",
    "tie": "Float64",
    "cells": "Int64",
    "seconds": "Float64",
}


@dataclass(frozen=True)
class MoreSeeds:
    """The comparisons of a run that are undecided, and what more seeds make of them.

    A row of the table is a number of seeds for each of their points: the least `difference` that
    the run would then find and the least margin within which a `tie` would be told, in points and
    each with POWER, as `Detectable` has them, for the deviation that the run shows; `cells` to
    train, of all points as `seeds:` has it, and their `seconds` one at a time. What the differences
    seem to be does not enter. Missing is what is not known: the first two of one seed and of main
    effects, the seconds where no done cell has them.
    """

    comparisons: int  # that are judged, of which some are
    undecided: tuple[str, ...]  # who is set against `against`
    against: str
    margin: float | None  # of the study, in points
    wanted: int | None  # seeds that decide each of them to within the margin; None: not known
    deviation: float | None  # of a cell over seeds, in points; None: one seed tells none
    table: pd.DataFrame
    power: float = POWER

    def document(self) -> dict[str, Any]:
        """A plain map, for programs."""
        names = ("comparisons", "undecided", "against", "margin", "wanted", "deviation", "power")
        return {name: getattr(self, name) for name in names} | {"seeds": plain_rows(self.table)}


def more_seeds(results: Results, cost: str = "") -> MoreSeeds:
    """Results of a run -> what more seeds would settle of it, and at what cost.

    Raises UsageError for a search, and where seeds race, which are added as long as they are
    wanted; HolesError where nothing is done.
    """
    if results.is_search:
        raise UsageError("more seeds: a search has one a cell; `ablate confirm` trains more")
    if results.head.race:
        raise UsageError(
            "more seeds: they race here, so `ablate run` adds them while a comparison is open"
        )
    require_done(results.cells)
    compared, asked = comparison(results, cost=cost), Differences.of(results, results.cost(cost))
    judged = [each for each in _judged(compared, asked) if each[1]["verdict"] is not None]
    left = [(name, row) for name, row in judged if row["verdict"] == "undecided"]
    basis = compared.of_lines if compared.of_lines.comparisons else compared.of_rows
    deviation = basis.deviation if basis.over == "seeds" and not compared.effects else None
    needed = [row["seeds_needed"] for _, row in left if row.get("seeds_needed") is not None]
    wanted = max(needed) if needed and len(needed) == len(left) else None
    now = max((len(rows) for rows in asked.measured.rows), default=0)
    numbers = {number for number in (*_OFFERED, wanted) if number and number > now}
    rows = [_row(number, asked, deviation) for number in sorted(numbers) if left]
    at = f" at equal {METRICS[compared.cost].label}" if compared.of_lines.comparisons else ""
    return MoreSeeds(
        comparisons=len(judged),
        undecided=tuple(name for name, _ in left),
        against=f"{compared.effects.against if compared.effects else compared.against}{at}",
        margin=compared.margin,
        wanted=wanted,
        deviation=deviation,
        table=tabled(rows, _OF_SEEDS),
    )


def _judged(compared: Comparison, asked: Differences) -> list[tuple[str, dict[str, Any]]]:
    """The family that decides: whom each comparison is of, and what was judged."""
    if compared.effects and compared.effects.is_difference:
        levels = plain_rows(compared.effects.levels)
        return [(level_text(row["factor"], row["level"]), row) for row in levels]
    if compared.of_lines.comparisons:
        return [(row["variant"], row) for row in plain_rows(compared.lines)]
    rows = zip(asked.plan.order, plain_rows(compared.rows), strict=True)
    return [(point_text(*asked.measured.names[i]), row) for i, row in rows]


def _row(seeds: int, asked: Differences, deviation: float | None) -> dict[str, Any]:
    """So many seeds for each point."""
    measured = asked.measured
    trained = sorted(set(measured.same.values()))  # the very same cells once
    added = [max(0, seeds - len(measured.rows[point])) for point in trained]
    spent = float(np.dot(added, _seconds(measured)[trained]))
    row = {"seeds": seeds, "cells": sum(added), "seconds": None if np.isnan(spent) else spent}
    if deviation is None:
        return row
    reach = power(asked.decide[0], seeds)
    least = {"difference": reach.difference.max(), "tie": reach.margin.max()}
    return row | {name: deviation * float(value) for name, value in least.items()}


def _seconds(measured: Measured) -> NDArray[np.float64]:
    """(points,): a cell's seconds of training; where a point has none those of all."""
    each = measured.costs("train_seconds")
    known = each[~np.isnan(each)]
    return np.where(np.isnan(each), known.mean() if len(known) else np.nan, each)

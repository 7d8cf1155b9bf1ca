"""How much of a choice among a run's points is luck."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ablate.analysis.points import PointCells, points
from ablate.statistics import (
    Expected,
    Spread,
    expected,
    fit_blocks,
    hang_together,
    most_luck,
    on_front,
    spread,
)

Keys = tuple[str, ...]  # of a point's done cells
Rule = Callable[[NDArray[np.float64]], NDArray[np.intp]]  # errors (draws, points) -> which


@dataclass(frozen=True)
class Population:
    """Points of a run, what they differ by in truth and by chance, and each one's number there.

    Points of the very same cells are one.
    """

    spread: Spread
    place: Mapping[Keys, int]


def population(found: Sequence[PointCells], cost: str = "params") -> Population | None:
    """Points with done cells -> the population of those that share seeds with the first.

    None where that tells no deviation: for one seed each, for a single point, and where seeds leave
    no spread. Means follow the logarithm of the cost, where all have it.
    """
    by_keys = {point.keys: point for point in found}
    if len(by_keys) < 2 or max(map(len, by_keys)) < 2:
        return None
    numbers = np.repeat(np.arange(len(by_keys)), [len(keys) for keys in by_keys])
    own = list(by_keys.values())
    seeds, errors = (
        np.concatenate([point.of_done(name) for point in own]) for name in ("seed", "error")
    )
    together = sorted(hang_together(numbers.tolist(), seeds.tolist(), 0))
    kept = np.isin(numbers, together)
    place = {keys: together.index(i) for i, keys in enumerate(by_keys) if i in together}
    rows = np.searchsorted(together, numbers[kept])
    blocks = fit_blocks(rows.tolist(), seeds[kept].tolist(), errors[kept].tolist(), [0] * len(rows))
    costs = np.array([own[i].mean(cost) for i in together])
    found_spread = spread(blocks, np.log(costs) if (costs > 0).all() else None)
    return None if found_spread is None else Population(found_spread, place)


def expected_of(
    chosen: PointCells, candidates: Sequence[PointCells], every: Sequence[PointCells], rule: Rule
) -> Expected | None:
    """A point, those that it was chosen from, and those of the run -> what to expect of it anew.

    `rule` takes errors of the candidates, (draws, candidates), to the number of the one it chooses.
    None where it was no choice, or the run does not tell a deviation over seeds.
    """
    if len(candidates) < 2:
        return None
    keys = [point.keys for point in candidates]
    tried = (population(found) for found in (every, candidates))
    of = next((each for each in tried if each and each.place.keys() >= set(keys)), None)
    if of is None:
        return None
    columns = np.array([of.place[each] for each in keys])
    return expected(
        of.spread, of.place[chosen.keys], lambda errors: columns[rule(errors[:, columns])]
    )


def front_shares(table: pd.DataFrame, cost: str = "params") -> pd.Series[Any]:
    """Cells -> of each point of `means()`, how surely it is on the front of mean error and cost.

    That is in which share of draws of what the means may be without noise no other point that costs
    no more has less error. Missing where there is no deviation over seeds, as of one seed, or no
    cost.
    """
    found = points(table)
    every = [(row, point) for row, point in enumerate(found) if point.keys]
    shares = pd.Series(np.nan, index=range(len(found)))
    of = population([point for _, point in every], cost)
    if of is None:
        return shares
    where = {row: of.place.get(point.keys) for row, point in every}
    costs = np.full(len(of.spread.means), np.nan)
    for row, point in every:
        if (number := where[row]) is not None:
            costs[number] = point.mean(cost)
    on = on_front(costs, of.spread.truths()).mean(axis=0)
    for row, number in where.items():
        if number is not None and not np.isnan(costs[number]):
            shares[row] = on[number]
    return shares


def luck_of_one_seed(number: int) -> str:
    """How much too low the lowest of so many errors of one seed is."""
    return f"too low by up to {most_luck(number):.1f} deviations over seeds on average"

"""Made-up searches whose cells are stopped by the functions that stop them in runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ablate.sampling import Rung, is_behind, margin_at, rung_at
from ablate.space import Pruner

CELLS, EPOCHS = 60, 40
# Of a rung: what its noise and what slow starters are behind by are of that before the rate drops,
# and by how many points errors are above those at the end.
CALM, ABOVE, FALL = (1.0, 1 / 3, 1 / 6), (12.0, 3.0, 1.0), 0.1


@dataclass(frozen=True)
class PruningCondition:
    """Searches of one kind; in points of error."""

    name: str
    noise: float  # deviation of an epoch's error at the first rung
    lag: float  # deviation of how far a cell is from where its end would have it there


def conditions() -> Iterator[PruningCondition]:
    """Every condition, in the order of the table."""
    for lag in (0.0, 1.5):
        for noise in (0.05, 0.5, 1.0, 2.0, 4.0):
            yield PruningCondition("stopped by pareto", noise, lag)


def told(condition: PruningCondition, number: int) -> dict[str, float]:
    """One search -> the share of its front that is lost, and of its epochs that is saved.

    With the margin as it comes, and with fixed ones.
    """
    draw = np.random.default_rng([20_161, number])
    costs = np.exp(draw.uniform(np.log(50), np.log(1_000), CELLS))
    ends = 12 - 1.5 * np.log(costs / 50) + np.abs(draw.normal(0, 1.5, CELLS))
    lags = condition.lag * draw.normal(0, 1, CELLS)
    noise = condition.noise * draw.normal(0, 1, (2, len(CALM), CELLS))  # the epoch before, too
    calm, above = (np.array(each)[:, None] for each in (CALM, ABOVE))
    last, before = ends + above + calm * (lags + noise)
    rungs = last, last - before - FALL * calm
    margins = {"": Pruner(name="pareto").margin, "1_": 1.0, "3_": 3.0}
    all_shares = {name: _search(costs, ends, rungs, margin) for name, margin in margins.items()}
    return {
        f"margin_{name}{what}": value
        for name, shares in all_shares.items()
        for what, value in zip(("front_lost", "saved"), shares, strict=True)
    }


def _search(
    costs: NDArray[np.float64],
    ends: NDArray[np.float64],
    rungs: tuple[NDArray[np.float64], NDArray[np.float64]],
    margin: float | None,
) -> tuple[float, float]:
    """Cells in turn, each until it is stopped."""
    seen: list[list[Rung]] = [[] for _ in CALM]
    reached = np.full(CELLS, EPOCHS)
    at = {rung: epoch for epoch in range(EPOCHS) if (rung := rung_at(epoch, EPOCHS)) is not None}
    for cell in range(CELLS):
        for number, epoch in at.items():
            error, change = (float(each[number, cell]) for each in rungs)
            mine = Rung((float(costs[cell]),), error, change)
            others, seen[number] = seen[number], [*seen[number], mine]
            forgiven = margin_at(seen[number]) if margin is None else margin
            if is_behind(mine, others, margin=forgiven, neighbours=Pruner().neighbours):
                reached[cell] = epoch
                break
    order = np.argsort(costs)
    best_before = np.minimum.accumulate(ends[order])
    on_front = np.zeros(CELLS, bool)
    on_front[order] = ends[order] <= best_before
    lost = (reached < EPOCHS) & on_front
    return float(lost.sum() / on_front.sum()), float(1 - reached.mean() / EPOCHS)


def summary(condition: PruningCondition, searches: Sequence[dict[str, float]]) -> dict[str, Any]:
    """Searches of one condition -> a row of the table."""
    given = asdict(condition)
    means = {str(name): float(value) for name, value in pd.DataFrame(searches).mean().items()}
    return {"condition": given.pop("name"), **given, **means, "studies": len(searches)}

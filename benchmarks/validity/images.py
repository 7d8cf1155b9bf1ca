"""Made-up studies of networks that get single images wrong: some hard to all, some to one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ablate.analysis import Outcomes
from benchmarks.validity.conditions import Condition

# Deviations of a latent difficulty; an image is wrong where theirs sum to more than a threshold.
OF_IMAGES = 1.0
OF_SEEDS = 0.02  # the seed's part, of all points
OF_CELLS = 0.05  # of a cell's part, on all images alike
OF_A_CELL_AND_IMAGE = 0.4
WRONG = 8.0  # percent that the baseline's smallest network gets wrong
SLOPE = 0.15  # of the latent over the logarithm of the cost


def errors_in_truth(condition: Condition, costs: NDArray[np.float64]) -> NDArray[np.float64]:
    """(variants, points): of new images and seeds, in percent."""
    return np.asarray(100 * stats.norm.cdf(_thresholds(condition, costs) / _whole(condition)))


def truths_at_equal_cost(condition: Condition, costs: NDArray[np.float64]) -> NDArray[np.float64]:
    """(variants,): of each the mean difference to the first over the costs that both span.

    Of curves that are straight between points on a log scale, by a fine grid.
    """
    errors = errors_in_truth(condition, costs)
    if condition.points == 1:
        return np.asarray((errors - errors[0])[:, 0])
    places, found = np.log(costs), []
    for own, error in zip(places, errors, strict=True):
        grid = np.linspace(max(own[0], places[0, 0]), min(own[-1], places[0, -1]), 20_001)
        curves = np.interp(grid, own, error) - np.interp(grid, places[0], errors[0])
        found.append(float(np.trapezoid(curves, grid) / (grid[-1] - grid[0])))
    return np.array(found)


def wrong(
    condition: Condition, costs: NDArray[np.float64], draw: np.random.Generator
) -> NDArray[np.bool_]:
    """(variants, points, seeds, images): which images each cell of one study gets wrong.

    What a design finds hard is the same at all its points.
    """
    variants, points, seeds, images = (*costs.shape, condition.seeds, condition.images)
    latent = _thresholds(condition, costs)[..., None, None] + draw.normal(0, OF_IMAGES, images)
    latent = latent + draw.normal(0, 1, (variants, 1, 1, images)) * condition.of_design
    latent = latent + draw.normal(0, OF_SEEDS, (seeds, 1))
    latent = latent + draw.normal(0, OF_CELLS, (variants, points, seeds, 1))
    return latent + draw.normal(0, OF_A_CELL_AND_IMAGE, (variants, points, seeds, images)) > 0


def outcomes(found: NDArray[np.bool_], keys: list[str]) -> Outcomes:
    """Which images cells get wrong -> the same as those of a run, whose cells have these keys."""
    return Outcomes(
        rows={key: row for row, key in enumerate(keys)},
        wrong=found.reshape(len(keys), -1),
        labels=np.zeros(found.shape[-1], np.int64),
        names=("0",),
    )


def _whole(condition: Condition) -> float:
    parts = (OF_IMAGES, condition.of_design, OF_SEEDS, OF_CELLS, OF_A_CELL_AND_IMAGE)
    return float(np.sqrt(np.square(parts).sum()))


def _thresholds(condition: Condition, costs: NDArray[np.float64]) -> NDArray[np.float64]:
    """(variants, points): such that every second variant is better by the effect, in points."""
    second = np.arange(len(costs)) % 2
    base = stats.norm.ppf((WRONG - condition.effect * second) / 100) * _whole(condition)
    return np.asarray(base[:, None] - SLOPE * np.log(costs / costs.min()))

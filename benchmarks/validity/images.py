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
    """(variants,): of each the mean difference to the first, see `at_equal_cost`."""
    return at_equal_cost(errors_in_truth(condition, costs), costs)


def at_equal_cost(errors: NDArray[np.float64], costs: NDArray[np.float64]) -> NDArray[np.float64]:
    """(variants, points): errors -> (variants,): each's mean difference to the first.

    Over the costs that both span, of curves that are straight between points on a log scale, by a
    fine grid.
    """
    if errors.shape[1] == 1:
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
    """(variants, points, seeds, images): which images each cell of one study gets wrong."""
    return trained(hard(condition, costs, draw), condition.seeds, draw)


def hard(
    condition: Condition, costs: NDArray[np.float64], draw: np.random.Generator
) -> NDArray[np.float64]:
    """(variants, points, images): how hard each is before a seed is drawn.

    What a design finds hard is the same at all its points.
    """
    latent = _thresholds(condition, costs)[..., None] + draw.normal(0, OF_IMAGES, condition.images)
    own = draw.normal(0, 1, (condition.variants, 1, condition.images))
    return np.asarray(latent + own * condition.of_design)


def trained(
    latent: NDArray[np.float64], seeds: int, draw: np.random.Generator
) -> NDArray[np.bool_]:
    """How hard images are -> (variants, points, seeds, images): which ones cells get wrong."""
    variants, points, images = latent.shape
    latent = latent[:, :, None] + draw.normal(0, OF_SEEDS, (seeds, 1))
    latent = latent + draw.normal(0, OF_CELLS, (variants, points, seeds, 1))
    return latent + draw.normal(0, OF_A_CELL_AND_IMAGE, (variants, points, seeds, images)) > 0


def chances(latent: NDArray[np.float64]) -> NDArray[np.float64]:
    """How hard images are -> the chance, in percent, that a seed gets each wrong."""
    of_seeds = np.sqrt(OF_SEEDS**2 + OF_CELLS**2 + OF_A_CELL_AND_IMAGE**2)
    return np.asarray(100 * stats.norm.cdf(latent / of_seeds))


def outcomes(
    found: NDArray[np.bool_], keys: list[str], labels: NDArray[np.int64] | None = None
) -> Outcomes:
    """Which images cells get wrong -> the same as those of a run, whose cells have these keys.

    Without `labels` all images are of one class.
    """
    labels = np.zeros(found.shape[-1], np.int64) if labels is None else labels
    return Outcomes(
        rows={key: row for row, key in enumerate(keys)},
        wrong=found.reshape(len(keys), -1),
        labels=labels,
        names=tuple(map(str, range(labels.max() + 1))),
    )


def _whole(condition: Condition) -> float:
    parts = (OF_IMAGES, condition.of_design, OF_SEEDS, OF_CELLS, OF_A_CELL_AND_IMAGE)
    return float(np.sqrt(np.square(parts).sum()))


def _thresholds(condition: Condition, costs: NDArray[np.float64]) -> NDArray[np.float64]:
    """(variants, points): such that every second variant is better by the effect, in points."""
    second = np.arange(len(costs)) % 2
    base = stats.norm.ppf((WRONG - condition.effect * second) / 100) * _whole(condition)
    return np.asarray(base[:, None] - SLOPE * np.log(costs / costs.min()))

"""Curves of error over cost: how many times as much one costs at the error of the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ablate.statistics.blocks import Blocks
from ablate.statistics.equal_cost import mean_weights
from ablate.statistics.intervals import Numbers
from ablate.statistics.simultaneous import Critical, half_widths

STEPS = 120  # of the logarithm of the ratio, over all at which the curves have a cost in common
Points = np.ndarray[Any, np.dtype[np.intp]]


@dataclass(frozen=True)
class Ratio:
    """A ratio of costs; an end that is None is beyond every ratio at which there is a cost."""

    value: float | None  # None: there is no best one, as the curves have no error in common
    low: float | None
    high: float | None
    has_interval: bool
    covered: float  # share of the curve that their common range covers least, on a log scale


def cost_ratio(
    blocks: Blocks, ours: tuple[Points, Numbers], theirs: tuple[Points, Numbers], critical: Critical
) -> Ratio | None:
    """Two curves, each points of the fit and their costs -> our cost over theirs at equal error.

    It is the factor by which our costs are divided so that the mean difference in error over the
    range of costs that both then have is nothing; curves are piecewise linear over the logarithm of
    the cost. The interval holds every ratio that the difference does not speak against, being
    within its half width by `critical` (Fieller 1954): at ratio 1 that is the verdict at equal
    cost. NaN for no interval. None where no ratio brings the curves together.
    """
    first = np.log(ours[1].min() / theirs[1].max())
    last = np.log(ours[1].max() / theirs[1].min())
    grid = np.linspace(first, last, STEPS + 1)[1:-1]
    if first < 0 < last:
        grid = np.union1d(grid, [0.0])
    contrasts, covered = _difference(blocks.points, ours, theirs, grid)
    differences = contrasts @ blocks.means
    falls = np.flatnonzero((differences[:-1] > 0) & (differences[1:] <= 0))
    value, of_curve = None, 0.0
    if len(falls):
        at = int(falls[covered[falls].argmax()])  # where noise crosses twice: of the longest range
        root = _root(blocks, ours, theirs, (float(grid[at]), float(grid[at + 1])))
        value = float(np.exp(root))
        of_curve = float(_difference(blocks.points, ours, theirs, np.array(root))[1])
    if np.isnan(critical.seeds):
        return None if value is None else Ratio(value, None, None, False, of_curve)
    # Positive where something speaks against a ratio; of the very same cells nothing does.
    excess = np.abs(differences) - half_widths(blocks, contrasts, critical)
    if value is None:
        at = int(excess[:-1].argmin())
        if excess[at] > 0:
            return None
    low = _end(grid[: at + 1][::-1], excess[: at + 1][::-1])
    high = _end(grid[at + 1 :], excess[at + 1 :])
    return Ratio(value, low, high, True, of_curve)


def _root(
    blocks: Blocks,
    ours: tuple[Points, Numbers],
    theirs: tuple[Points, Numbers],
    ends: tuple[float, float],
) -> float:
    """The log ratio at which the difference, positive at the first end alone, is nothing."""
    from scipy.optimize import brentq  # here, as most tables have no ratio

    def difference(log_ratio: float) -> float:
        contrast, _ = _difference(blocks.points, ours, theirs, np.array(log_ratio))
        return float(contrast @ blocks.means)

    # Where it is nothing at an end, rounding may have put it to the other side there.
    left, right = map(difference, ends)
    if left > 0 > right:
        return float(brentq(difference, *ends))
    return ends[0] if left <= 0 else ends[1]


def _difference(
    number: int, ours: tuple[Points, Numbers], theirs: tuple[Points, Numbers], log_ratio: Numbers
) -> tuple[Numbers, Numbers]:
    """Contrasts of the means, ours being as cheap as that, and the shares of a curve covered.

    Of shape (..., number) and (...) for ratios of shape (...).
    """
    ratio = np.exp(log_ratio)
    low = np.maximum(ours[1].min() / ratio, theirs[1].min())
    high = np.maximum(low, np.minimum(ours[1].max() / ratio, theirs[1].max()))
    contrast, covered = np.zeros((*log_ratio.shape, number)), np.ones(log_ratio.shape)
    for (points, costs), shift, sign in ((ours, ratio, 1), (theirs, 1.0, -1)):
        ends = np.clip([low * shift, high * shift], costs.min(), costs.max())
        contrast[..., points] += sign * mean_weights(costs, *ends)
        if costs.min() < costs.max():
            whole = np.log(costs.max() / costs.min())
            covered = np.minimum(covered, np.log(high / low) / whole)
    return contrast, covered


def _end(grid: Numbers, excess: Numbers) -> float | None:
    """The ratio at which something speaks against it first, going outwards; None: nowhere."""
    against = np.flatnonzero(excess > 0)
    if not len(against):
        return None
    outer = int(against[0])
    if not outer:
        return float(np.exp(grid[0]))
    share = excess[outer - 1] / (excess[outer - 1] - excess[outer])
    return float(np.exp(grid[outer - 1] + share * (grid[outer] - grid[outer - 1])))

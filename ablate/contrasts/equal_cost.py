"""Variants against the baseline at equal cost: a mean over the costs that both curves span."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log

import numpy as np
from numpy.typing import NDArray

from ablate.cells import METRICS
from ablate.contrasts.judging import Contrast
from ablate.contrasts.measured import Measured
from ablate.statistics import common_range, mean_weights
from ablate.text import count


@dataclass(frozen=True)
class Line:
    """A variant set against the baseline."""

    variant: str
    own: Sequence[int] = ()  # its points that have an error and a cost
    base: Sequence[int] = ()  # the baseline's
    contrast: Contrast | None = None
    low: float | None = None  # of the costs at which both are
    high: float | None = None
    covered: float | None = None  # of the curve that the range covers least; none at one cost
    ratio: float | None = None  # of the costs, where they are not equal
    reason: str = ""  # why there is no contrast


def lines_at_equal_cost(
    measured: Measured, baseline: str, partners: Sequence[int | None], cost: str
) -> list[Line]:
    """Points -> a line per other variant; none where no variant has two points.

    A curve is piecewise linear in the logarithm of the cost between the points' means, and is not
    continued. Where a sweep changes no cost and these are not the same, the points are compared
    with their `partners` in the baseline instead.
    """
    costs = measured.costs(cost)
    points = {
        name: [i for i in measured.of_variant(name) if not np.isnan(costs[i])]
        for name in dict.fromkeys(name for name, _ in measured.names)
    }
    if max(map(len, points.values()), default=0) < 2 or not points.get(baseline):
        return []
    base = points[baseline]
    return [
        replace(_line(name, costs, own, base, partners, cost), own=own, base=base)
        for name, own in points.items()
        if name != baseline
    ]


def _line(
    variant: str,
    costs: NDArray[np.float64],
    own: list[int],
    base: list[int],
    partners: Sequence[int | None],
    cost: str,
) -> Line:
    if not own:
        return Line(variant, reason="no cell is done")
    both = [costs[own], costs[base]]
    if common := common_range(both):
        weights: dict[int, float] = {}
        for points, curve, sign in ((own, both[0], 1), (base, both[1], -1)):
            parts = mean_weights(curve, *common)
            weights |= {i: sign * float(part) for i, part in zip(points, parts, strict=True)}
        covered = min(_covered(curve, *common) for curve in both) if common[0] < common[1] else None
        contrast = {i: weight for i, weight in weights.items() if weight}
        return Line(variant, contrast=contrast, low=common[0], high=common[1], covered=covered)
    if all(np.ptp(curve) == 0 for curve in both):
        pairs = [(i, j) for i in own if (j := partners[i]) is not None and j in base]
        if pairs:
            of_pairs: dict[int, float] = {}
            for pair in pairs:
                for i, sign in zip(pair, (1, -1), strict=True):
                    of_pairs[i] = of_pairs.get(i, 0.0) + sign / len(pairs)
            ratio = float(both[0][0] / both[1][0])
            return Line(variant, contrast=of_pairs, ratio=ratio)
    ends = [dict.fromkeys((count(curve.min()), count(curve.max()))) for curve in both]
    reaches = [" to ".join(each) for each in ends]
    label = METRICS[cost].label
    return Line(variant, reason=f"no {label} in common: {' against '.join(reaches)}")


def _covered(curve: NDArray[np.float64], low: float, high: float) -> float:
    """The share of a curve that lies between two costs, on a log scale."""
    return log(high / low) / log(curve.max() / curve.min())

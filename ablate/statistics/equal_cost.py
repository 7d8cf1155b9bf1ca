"""Curves of error over cost, each known at a few points -> their means over a range of costs."""

from __future__ import annotations

import numpy as np

from ablate.statistics.intervals import Numbers


def mean_weights(costs: Numbers, low: float, high: float) -> Numbers:
    """Costs of a curve's points -> what each weighs in the curve's mean from `low` to `high`.

    The curve is piecewise linear over the logarithm of the cost, over which its mean is taken; it
    is not continued beyond its points. At a single cost (`low` equals `high`) it is the curve's
    value there. Points of equal cost share their weight. The weights sum to 1. Raises ValueError
    for a range that the points do not span.
    """
    if not costs.min() <= low <= high <= costs.max():
        raise ValueError(f"mean_weights() is within the points' costs, got {low:g} to {high:g}")
    places, inverse, counts = np.unique(np.log(costs), return_inverse=True, return_counts=True)
    ends = np.log([low, high])
    if ends[0] == ends[1] or len(places) == 1:
        knots, lengths = ends[:1], np.ones(1)
    else:  # a piecewise linear mean is exact from the middles between all kinks
        kinks = np.unique(np.concatenate([ends, places[(places > ends[0]) & (places < ends[1])]]))
        knots, lengths = (kinks[1:] + kinks[:-1]) / 2, np.diff(kinks) / (ends[1] - ends[0])
    units = np.eye(len(places))
    each = [float(lengths @ np.interp(knots, places, unit)) for unit in units]
    return np.asarray(np.array(each)[inverse] / counts[inverse])


def common_range(curves: list[Numbers]) -> tuple[float, float] | None:
    """Costs of several curves' points -> the costs that all of them span; None without any."""
    low = max(float(costs.min()) for costs in curves)
    high = min(float(costs.max()) for costs in curves)
    return (low, high) if low <= high else None

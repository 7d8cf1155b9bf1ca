"""Curves of error over cost, each known at a few points -> their means over a range of costs."""

from __future__ import annotations

import numpy as np

from ablate.statistics.intervals import Numbers


def mean_weights(costs: Numbers, low: Numbers | float, high: Numbers | float) -> Numbers:
    """Costs of P points of a curve -> what each weighs in the curve's mean from `low` to `high`.

    The curve is piecewise linear over the logarithm of the cost, over which its mean is taken; it
    is not continued beyond its points. At a single cost (`low` equals `high`) it is the curve's
    value there. Points of equal cost share their weight. The weights, of shape (..., P) for ranges
    of shape (...), sum to 1. Raises ValueError for a range that the points do not span.
    """
    if not np.all((costs.min() <= low) & (low <= high) & (high <= costs.max())):
        given = f"{np.min(low):g} to {np.max(high):g}"
        raise ValueError(f"mean_weights() is within the points' costs, got {given}")
    places, inverse, counts = np.unique(np.log(costs), return_inverse=True, return_counts=True)
    ends = np.log(np.stack([low, high], axis=-1))[..., None]
    weights = np.ones((*ends.shape[:-2], 1))
    if len(places) > 1:
        # Of a linear piece the mean is the value in the middle, half way between the neighbours.
        inside = np.clip(places, ends[..., 0, :], ends[..., 1, :])
        middles, lengths = (inside[..., 1:] + inside[..., :-1]) / 2, np.diff(inside)
        single = ends[..., 0, :] == ends[..., 1, :]
        piece = np.clip(np.searchsorted(places, ends[..., 0, :]) - 1, 0, len(places) - 2)
        lengths = np.where(single, np.arange(len(places) - 1) == piece, lengths)
        lengths /= lengths.sum(axis=-1, keepdims=True)
        upper = np.clip((middles - places[:-1]) / np.diff(places), 0, 1) * lengths
        weights = np.zeros((*lengths.shape[:-1], len(places)))
        weights[..., :-1] += lengths - upper
        weights[..., 1:] += upper
    return np.asarray((weights / counts)[..., inverse])


def common_range(curves: list[Numbers]) -> tuple[float, float] | None:
    """Costs of several curves' points -> the costs that all of them span; None without any."""
    low = max(float(costs.min()) for costs in curves)
    high = min(float(costs.max()) for costs in curves)
    return (low, high) if low <= high else None

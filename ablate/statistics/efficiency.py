"""Efficiency curves: what a network costs at an error that it reaches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ablate.statistics.intervals import Numbers

if TYPE_CHECKING:
    from scipy.interpolate import PchipInterpolator


def efficiency_curve(costs: Any, errors: Any) -> PchipInterpolator | None:
    """Costs and errors of a curve's points -> error in percent -> log cost; None for no curve.

    Errors are first made to fall with cost by isotonic regression (Barlow et al. 1972): points that
    noise has put in the wrong order become one, at their mean error and their mean log cost. A
    running minimum would keep the lucky ones. What is left is joined by a monotone cubic (Fritsch
    and Carlson 1980), which has no bumps between points. None where fewer than two points are left.
    """
    # Here, as scipy takes as long to load as all that a table needs besides.
    from scipy.interpolate import PchipInterpolator
    from scipy.optimize import isotonic_regression

    x, point, weights = np.unique(
        np.log(np.asarray(costs, float)), return_inverse=True, return_counts=True
    )
    y = np.bincount(point, weights=np.asarray(errors, float)) / weights
    fitted = isotonic_regression(y, weights=weights, increasing=False).x
    levels, level = np.unique(fitted, return_inverse=True)
    if len(levels) < 2:
        return None
    middles = np.bincount(level, weights=weights * x) / np.bincount(level, weights=weights)
    return PchipInterpolator(levels, middles)


def log_ratios(
    pairs: Sequence[tuple[PchipInterpolator, PchipInterpolator]], first: float, last: float
) -> tuple[Numbers, ...]:
    """Pairs of curves -> logs of their costs' ratios at equal error, one per pair.

    The mean over the errors from `first` down to `last`, then at the first, the middle, the last.
    """
    areas = [a.integrate(last, first) - b.integrate(last, first) for a, b in pairs]
    places = (first, (first + last) / 2, last)
    at = [np.array([float(a(error) - b(error)) for a, b in pairs]) for error in places]
    return np.array([float(area / (first - last)) for area in areas]), *at

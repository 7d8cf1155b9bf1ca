"""Which points no other point dominates, and which of those is the knee."""

from __future__ import annotations

from typing import Any

import numpy as np

Numbers = np.ndarray[Any, np.dtype[np.float64]]
Points = np.ndarray[Any, np.dtype[np.float64]]  # (points, objectives), all to be minimised


def undominated(points: Points) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Points -> which of them no other equals in everything and beats in something.

    Equal points are all kept.
    """
    beaten = [
        ((points <= point).all(axis=1) & (points < point).any(axis=1)).any() for point in points
    ]
    return ~np.array(beaten, dtype=bool)


def on_front(costs: Numbers, errors: Numbers) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Costs (points,) and errors (draws, points) -> of each draw, which points are on the front.

    That is where no other point that costs no more has less error. A cost of NaN is on none.
    """
    order = np.argsort(costs, kind="stable")  # NaN last
    cheapest_first = costs[order]
    until = np.searchsorted(cheapest_first, costs, side="right") - 1  # the last that costs no more
    lowest = np.minimum.accumulate(errors[:, order], axis=1)[:, until]
    return np.asarray((errors <= lowest) & ~np.isnan(costs))


def knees(costs: Numbers, errors: Numbers) -> np.ndarray[Any, np.dtype[np.intp]]:
    """Costs (points,) and errors (draws, points) -> the knee of each draw's front."""
    fronts = map(np.flatnonzero, on_front(costs, errors))
    pairs = zip(fronts, errors, strict=True)
    return np.array([front[knee_of(costs[front], own[front])] for front, own in pairs])


def knee_of(costs: Numbers, errors: Numbers) -> int:
    """A front of costs and errors -> the point where paying more stops paying off.

    The farthest below the straight line over log(cost) between the front's ends; where none is
    below, the end with the lower error.
    """
    x = np.log(costs)
    order = np.argsort(x)[::-1]  # from the lowest error, so that it wins where all are equal
    x, y = x[order], errors[order]
    # Straight down, which is the distance from the chord times a constant. The rounding keeps what
    # lies on the chord from winning by its last bit.
    below = np.round(np.interp(x, x[[-1, 0]], y[[-1, 0]]) - y, 9)
    return int(order[np.argmax(below)])

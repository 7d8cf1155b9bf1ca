"""Intervals for means of few values, and for errors of few images."""

from __future__ import annotations

from typing import Any

import numpy as np

Numbers = np.ndarray[Any, np.dtype[np.float64]]
LEVEL = 0.95
SAME = 1e-9  # a spread below this is rounding


def t_interval(values: Numbers) -> tuple[float | None, float | None]:
    """Numbers -> the ends of the 95% t interval of their mean.

    Nothing for fewer than two, and nothing for equal ones: a width of zero would claim what no few
    values can show.
    """
    if len(values) < 2 or np.ptp(values) < SAME:
        return None, None
    from scipy.special import stdtrit  # here, as not every table has an interval

    mean, error = values.mean(), values.std(ddof=1) / np.sqrt(len(values))
    half = stdtrit(len(values) - 1, (1 + LEVEL) / 2) * error
    return float(mean - half), float(mean + half)


def deviation_interval(deviation: float, freedom: float) -> tuple[float, float]:
    """A deviation from normal values, with its degrees of freedom -> the ends of its interval."""
    from scipy.special import chdtri

    outside = (1 - LEVEL) / 2
    low, high = np.sqrt(freedom / chdtri(freedom, np.array([outside, 1 - outside])))
    return float(deviation * low), float(deviation * high)


def t_limit(level: float, freedom: float) -> float:
    """The |t| that is exceeded with the chance `level`."""
    from scipy.special import stdtrit

    return float(-stdtrit(freedom, level / 2))


def bonferroni(freedom: float, number: int, level: float = LEVEL) -> float:
    """The critical |t| of so many intervals together, whatever they have to do with each other."""
    return t_limit((1 - level) / number, freedom)


def share_intervals(shares: Numbers, images: int, level: float = LEVEL) -> tuple[Numbers, Numbers]:
    """Shares of so many images -> the ends of Wilson's score interval of each (1927).

    It has a width where the share is 0 or 1, too.
    """
    from scipy.special import ndtri

    z = ndtri((1 + level) / 2)
    middle = (shares + z**2 / (2 * images)) / (1 + z**2 / images)
    spread = np.sqrt(shares * (1 - shares) / images + z**2 / (4 * images**2))
    half = spread * z / (1 + z**2 / images)
    return middle - half, middle + half


def share_contrasts(
    contrasts: Numbers, shares: Numbers, images: int, level: float = LEVEL
) -> tuple[Numbers, Numbers]:
    """Contrasts (contrasts, points) of shares (points,) of so many images -> their intervals.

    From the intervals of the shares, by the method of variance estimates recovery (Zou and Donner
    2008; of two shares it is Newcombe's, 1998). They take the shares to be of different images: of
    the same ones they are too wide, if anything.
    """
    low, high = share_intervals(shares, images, level)
    estimates = contrasts @ shares
    down = np.where(contrasts > 0, shares - low, high - shares)
    up = np.where(contrasts > 0, high - shares, shares - low)
    return (
        estimates - np.sqrt((contrasts**2 * down**2).sum(axis=1)),
        estimates + np.sqrt((contrasts**2 * up**2).sum(axis=1)),
    )

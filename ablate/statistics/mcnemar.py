"""Two networks on the same images: whether one gets more of them wrong than the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ablate.statistics.intervals import Numbers


def mcnemar(only_first: int, only_second: int) -> float:
    """How many images only the one, and only the other, gets wrong -> McNemar's exact p (1947).

    Two-sided, by the binomial distribution; 1 where there is no such image. It is of these two
    networks and of images like these: another seed is another network.
    """
    from scipy.special import bdtr  # here, as few tables have it

    either = only_first + only_second
    return float(min(1.0, 2 * bdtr(min(only_first, only_second), either, 0.5)))


def holm(p: Sequence[float]) -> Numbers:
    """p of several tests -> the same adjusted for all of them (Holm 1979)."""
    values = np.asarray(p, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    stepped = values[order] * np.arange(len(values), 0, -1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(stepped))
    return adjusted

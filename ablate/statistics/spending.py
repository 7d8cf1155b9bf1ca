"""Looking at data more than once: how far from nothing a difference must be at each look.

An error of the first kind is spent look by look: a function of the share of the data says how much
of it may be spent by then (Lan and DeMets 1983), here so that the limits are about those of O'Brien
and Fleming (1979), hard at first and at the last look little more than of one look alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from ablate.statistics.intervals import Numbers

_NODES = 400  # of the quadrature; limits agree to 1e-6 with twice as many


def nominal_levels(shares: Sequence[float], alpha: float) -> tuple[float, ...]:
    """Shares of the data at each look, rising to 1 -> the two-sided level to test with at each.

    The chance to exceed any limit is `alpha` in all, if there is no difference, for normal data of
    a known deviation. With an estimated one the levels are those of t (Jennison and Turnbull 2000,
    section 3.8). Raises ValueError for shares that do not rise to 1.
    """
    rising = all(low < high for low, high in zip((0.0, *shares), shares, strict=False))
    if not shares or not rising or shares[-1] != 1:
        raise ValueError(f"nominal_levels() is for shares that rise to 1, got {list(shares)}")
    return _nominal_levels(tuple(shares), alpha)


def spent(share: float, alpha: float) -> float:
    """What of a two-sided `alpha` may be spent with this share of the data."""
    from scipy.special import ndtr, ndtri

    return float(4 * ndtr(ndtri(alpha / 4) / np.sqrt(share)))


@lru_cache(maxsize=64)
def _nominal_levels(shares: tuple[float, ...], alpha: float) -> tuple[float, ...]:
    """By the density of the sum of what was seen, which each look cuts off at its limits.

    Armitage, McPherson and Rowe (1969).
    """
    from scipy.special import ndtr

    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    sums, chances = np.zeros(1), np.ones(1)
    before, gone, levels = 0.0, 0.0, []
    for share in shares:
        step, by_now = float(np.sqrt(share - before)), spent(share, alpha)
        limit = _limit(sums, chances, step, by_now - gone)
        levels.append(float(2 * ndtr(-limit / np.sqrt(share))))
        apart = (limit * nodes[:, None] - sums) / step
        density = np.exp(-(apart**2) / 2) / (step * np.sqrt(2 * np.pi))
        sums, chances = limit * nodes, (density @ chances) * weights * limit
        before, gone = share, by_now
    return tuple(levels)


def _limit(sums: Numbers, chances: Numbers, step: float, wanted: float) -> float:
    """Beyond which a sum is with the chance `wanted`, after a step of this deviation."""
    from scipy.optimize import brentq
    from scipy.special import ndtr

    def too_often(limit: float) -> float:
        tails = ndtr((sums - limit) / step) + ndtr((-limit - sums) / step)
        return float(chances @ tails) - wanted

    return float(brentq(too_often, 0.0, 40.0))

"""Intervals for means of few values, and tests of their differences."""

from __future__ import annotations

from typing import Any

import numpy as np

Numbers = np.ndarray[Any, np.dtype[np.float64]]
LEVEL = 0.95
SAME = 1e-9  # a spread below this is rounding


def t_interval(values: Numbers) -> tuple[float | None, float | None]:
    """Numbers -> the ends of the 95% t interval of their mean; nothing for fewer than two."""
    if len(values) < 2:
        return None, None
    mean = float(values.mean())
    if np.ptp(values) < SAME:
        return mean, mean
    from scipy import stats  # here, as it takes as long to load as all that a table needs besides

    low, high = stats.t.interval(LEVEL, len(values) - 1, loc=mean, scale=stats.sem(values))
    return float(low), float(high)


def paired_p(first: Numbers, second: Numbers) -> float | None:
    """Pairs of numbers -> the p value of `scipy.stats.ttest_rel`.

    None for fewer than two pairs, and for equal differences: without a spread the test has nothing
    to divide by.
    """
    if len(first) < 2 or np.ptp(first - second) < SAME:
        return None
    from scipy import stats

    return float(stats.ttest_rel(first, second).pvalue)

"""Intervals for means of few values."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

LEVEL = 0.95
SAME = 1e-9  # a spread below this is rounding


def t_interval(values: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float | None, float | None]:
    """Numbers -> the ends of the 95% t interval of their mean; nothing for fewer than two."""
    if len(values) < 2:
        return None, None
    mean = float(values.mean())
    if np.ptp(values) < SAME:
        return mean, mean
    low, high = stats.t.interval(LEVEL, len(values) - 1, loc=mean, scale=stats.sem(values))
    return float(low), float(high)

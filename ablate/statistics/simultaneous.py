"""Several contrasts of one study at once: intervals that all hold together, with their p.

The largest |t| of a family, were nothing there, is drawn with a fixed seed: contrasts that share a
baseline, seeds and deviations are as dependent as they are, which Bonferroni and Holm pay for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ablate.statistics.blocks import SAME, Blocks, Numbers
from ablate.statistics.intervals import LEVEL

DRAWS = 40_000  # the critical value's own error is about 0.01
AT_ONCE = 2_000  # draws that are held at a time
SEED = 20_161


@dataclass(frozen=True)
class Family:
    """Contrasts of a fit, each with an interval; together they hold with `level`."""

    estimates: Numbers  # (contrasts,)
    errors: Numbers  # (contrasts,): standard errors
    low: Numbers
    high: Numbers
    p: Numbers  # adjusted for the family
    critical: float  # that the intervals are of, in standard errors
    level: float


def simultaneous(
    blocks: Blocks, contrasts: Numbers, values: Numbers, *, level: float = LEVEL
) -> Family:
    """A fit of `values` (N,) and contrasts (contrasts, points) of its means -> all their intervals.

    Where nothing is left of the values after points and seeds there is no deviation: errors and
    intervals are NaN then, and p, too. Raises ValueError for a fit without a degree of freedom.
    """
    if blocks.freedom.sum() <= SAME:
        raise ValueError("simultaneous() is of points with a degree of freedom left")
    weights = np.asarray(contrasts, dtype=np.float64) @ blocks.weights
    estimates = weights @ values
    errors = standard_errors(weights, blocks, blocks.residuals[None])[0]
    if not (errors > SAME).all():
        nothing = np.full(len(estimates), np.nan)
        return Family(estimates, nothing, nothing, nothing, nothing, np.nan, level)
    largest = np.sort(_largest(weights, blocks))
    critical = float(np.quantile(largest, level))
    above = len(largest) - np.searchsorted(largest, np.abs(estimates / errors), side="left")
    return Family(
        estimates=estimates,
        errors=errors,
        low=estimates - critical * errors,
        high=estimates + critical * errors,
        p=(1 + above) / (1 + len(largest)),
        critical=critical,
        level=level,
    )


def standard_errors(weights: Numbers, blocks: Blocks, residuals: Numbers) -> Numbers:
    """Residuals (draws, N) -> the standard errors of the contrasts, (draws, contrasts)."""
    member = np.eye(blocks.groups.max() + 1)[blocks.groups]  # (N, groups)
    return np.asarray(np.sqrt(blocks.variances(residuals) @ (weights**2 @ member).T))


def _largest(weights: Numbers, blocks: Blocks) -> Numbers:
    """Draws of the largest |t| among the contrasts where each is nothing in truth."""
    draw = np.random.default_rng(SEED)
    deviations = blocks.deviations[blocks.groups]
    found: list[Any] = []
    for _ in range(0, DRAWS, AT_ONCE):
        values = draw.standard_normal((AT_ONCE, len(deviations))) * deviations
        errors = standard_errors(weights, blocks, values @ blocks.maker)
        found.append(np.abs(values @ weights.T / errors).max(axis=1))
    return np.concatenate(found)

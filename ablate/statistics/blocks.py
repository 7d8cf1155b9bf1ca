"""Means of points that were measured with the same seeds: what of their spread is the seeds' own.

An error is a point's mean, plus what its seed adds to every point, plus what is left. Points share
the deviation of what is left, or those of a group do: it is estimated from all of them together,
which is what makes three seeds tell something.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

Numbers = np.ndarray[Any, np.dtype[np.float64]]
SAME = 1e-9  # a deviation below this is rounding
LEAST_FREEDOM = 8.0  # degrees of freedom of a group whose deviation may be told from another's
LEAST_SHARE = 0.01  # of the pooled variance that a group has at least: estimates may fall below 0
CLEARLY = 0.05  # p below which deviations differ


@dataclass(frozen=True)
class Blocks:
    """The least squares fit of points and seeds to N values; see `fit_blocks`."""

    weights: Numbers  # (points, N): of each value in each point's mean
    residuals: Numbers  # (N,)
    maker: Numbers  # (N, N): values -> residuals
    groups: np.ndarray[Any, np.dtype[np.intp]]  # (N,): which deviation is a value's

    @property
    def freedom(self) -> Numbers:
        """Degrees of freedom of each group's deviation."""
        return np.asarray(np.diagonal(self.maker) @ self._member, dtype=np.float64)

    @property
    def deviations(self) -> Numbers:
        """Each group's deviation; NaN where there is no degree of freedom."""
        return np.asarray(np.sqrt(self.variances(self.residuals[None])[0]))

    def variances(self, residuals: Numbers) -> Numbers:
        """Residuals (draws, N) of such a fit -> each group's variance, (draws, groups).

        Seeds are estimated from all groups, so that each leaves something in the residuals of the
        others: the variances are those by which the sums of squares are what is expected of them.
        """
        if self.freedom.sum() <= SAME:
            return np.full((len(residuals), len(self.freedom)), np.nan)
        squares = residuals**2 @ self._member
        expected = self._member.T @ self.maker**2 @ self._member
        least = squares.sum(axis=1, keepdims=True) / self.freedom.sum() * LEAST_SHARE
        return np.asarray(np.maximum(squares @ np.linalg.pinv(expected), least))

    @property
    def _member(self) -> Numbers:
        """(N, groups): 1 where a value is of a group."""
        return np.asarray(np.eye(self.groups.max() + 1)[self.groups])

    def pooled(self) -> Blocks:
        """The same with one deviation for all values."""
        return Blocks(self.weights, self.residuals, self.maker, np.zeros_like(self.groups))

    def clearly_differ(self) -> bool | None:
        """Whether the groups' deviations differ, by Levene's test with means of residuals.

        None where groups have too few degrees of freedom to tell.
        """
        freedom = self.freedom
        if len(freedom) < 2 or freedom.min() < LEAST_FREEDOM:
            return None
        scale = np.sqrt(np.clip(np.diagonal(self.maker), SAME, None))
        residuals = self.residuals / scale
        samples = [residuals[self.groups == group] for group in range(len(freedom))]
        return bool(stats.levene(*samples, center="mean").pvalue < CLEARLY)


def fit_blocks(
    points: Sequence[int], seeds: Sequence[int], values: Sequence[float], groups: Sequence[int]
) -> Blocks:
    """Values with their points (0, 1, ...), seeds and groups of equal deviation -> their fit.

    All four have the same length N; groups are numbered from 0. Cells may be missing. Where seeds
    and points do not hang together (no seed of one is among those of the other) nothing tells a
    seed's part from a point's, and none is taken: raises ValueError.
    """
    numbers, where = np.asarray(values, dtype=np.float64), np.asarray(points, dtype=np.intp)
    names, block = np.unique(np.asarray(seeds), return_inverse=True)
    of_points = np.eye(where.max() + 1)[where]
    # The seeds' parts sum to nothing, so that a point's mean is over all seeds alike.
    of_seeds = np.vstack([np.eye(len(names) - 1), -np.ones(len(names) - 1)])[block]
    design = np.hstack([of_points, of_seeds])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise ValueError("fit_blocks() is of points that have seeds in common")
    inverse = np.linalg.pinv(design)
    maker = np.eye(len(numbers)) - design @ inverse
    return Blocks(
        weights=np.asarray(inverse[: of_points.shape[1]], dtype=np.float64),
        residuals=maker @ numbers,
        maker=maker,
        groups=np.asarray(groups, dtype=np.intp),
    )

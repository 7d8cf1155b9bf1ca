"""Means of points that were measured with the same seeds: what of their spread is the seeds' own.

An error is a point's mean, plus what its seed adds to every point, plus what is left. Points share
the deviation of what is left, or those of a group do: it is estimated from all of them together,
which is what makes three seeds tell something.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ablate.statistics.images import ImageParts, image_parts
from ablate.statistics.intervals import SAME, Numbers

LEAST_FREEDOM = 8.0  # degrees of freedom of a group whose deviation may be told from another's
MOST_VALUES = 2_000  # of which residuals are made by a matrix: more have one deviation
LEAST_SHARE = 0.01  # of the pooled variance that a group has at least: estimates may fall below 0
DRAWS = 40_000  # of noise; the error of a critical value by them is about 0.01
AT_ONCE = 2_000  # draws whose values are held at a time
SEED = 20_161  # of draws
CLEARLY = 0.05  # p below which deviations differ


@dataclass(frozen=True)
class Blocks:
    """The least squares fit of points and seeds to N values; see `fit_blocks`."""

    values: Numbers  # (N,)
    design: Numbers  # (N, terms and seeds)
    inverse: Numbers  # (terms and seeds, N): values -> terms, and what seeds add
    terms: Numbers  # (points, terms): what each point's mean is the sum of
    groups: np.ndarray[Any, np.dtype[np.intp]]  # (N,): which deviation is a value's
    images: ImageParts | None = None  # None: values are of these images, whatever others do

    @property
    def points(self) -> int:
        """How many there are."""
        return len(self.terms)

    @cached_property
    def weights(self) -> Numbers:
        """(points, N): of each value in each point's mean."""
        return np.asarray(self.terms @ self.inverse[: self.terms.shape[1]])

    @property
    def means(self) -> Numbers:
        """(points,): over all seeds alike, those that a point lacks estimated from the others."""
        return np.asarray(self.weights @ self.values)

    @cached_property
    def residuals(self) -> Numbers:
        """(N,): what is left of the values."""
        return np.asarray(self.values - self.design @ (self.inverse @ self.values))

    @cached_property
    def drawn(self) -> tuple[Numbers, Numbers]:
        """Draws of terms and of groups' variances, (draws, terms) and (draws, groups), of noise.

        The values have these deviations then, and nothing else. All families of a study share them.
        """
        draw, deviations = np.random.default_rng(SEED), self.deviations[self.groups]
        terms: list[Numbers] = []
        variances: list[Numbers] = []
        for _ in range(0, DRAWS, AT_ONCE):
            values = draw.standard_normal((AT_ONCE, len(deviations))) * deviations
            fitted = values @ self.inverse.T
            terms.append(fitted[:, : self.terms.shape[1]])
            # By way of what is fitted, of which there is less than of values.
            variances.append(self.variances(values - fitted @ self.design.T))
        return np.concatenate(terms), np.concatenate(variances)

    @cached_property
    def left(self) -> Numbers:
        """(N,): the share of a value's own noise that its residual keeps."""
        return np.asarray(1 - np.einsum("ij,ji->i", self.design, self.inverse))

    @property
    def freedom(self) -> Numbers:
        """Degrees of freedom of each group's deviation."""
        return np.asarray(self.left @ self.member)

    @property
    def has_spread(self) -> bool:
        """Whether anything is left of the values after points and seeds."""
        return bool(self.freedom.sum() > SAME and np.abs(self.residuals).max() > SAME)

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
        squares = residuals**2 @ self.member
        whole = squares.sum(axis=1, keepdims=True) / self.freedom.sum()
        if len(self.freedom) == 1:
            return np.asarray(whole)
        return np.asarray(np.maximum(squares @ self._unmixed, whole * LEAST_SHARE))

    @cached_property
    def _unmixed(self) -> Numbers:
        """(groups, groups): sums of squares of residuals -> the groups' variances."""
        maker = np.eye(len(self.values)) - self.design @ self.inverse
        return np.asarray(np.linalg.pinv(self.member.T @ maker**2 @ self.member))

    @cached_property
    def member(self) -> Numbers:
        """(N, groups): 1 where a value is of a group."""
        return np.asarray(np.eye(self.groups.max() + 1)[self.groups])

    def pooled(self) -> Blocks:
        """The same with one deviation for all values."""
        return replace(self, groups=np.zeros_like(self.groups))

    def clearly_differ(self) -> bool | None:
        """Whether the groups' deviations differ, by Brown and Forsythe's test (1974) of residuals.

        That is Levene's with medians. With means, which suit normal values, it finds a difference
        in 11 to 21 of 100 studies of three seeds that have none, as the residuals of a point sum to
        nothing; with medians in 7 to 9 (5 points, 2 to 8 groups, 1,500 draws each). None where
        groups have too few degrees of freedom to tell.
        """
        freedom = self.freedom
        if len(freedom) < 2 or freedom.min() < LEAST_FREEDOM or len(self.values) > MOST_VALUES:
            return None
        if not self.has_spread:
            return None
        from scipy import stats  # here, as few studies have as many seeds

        residuals = self.residuals / np.sqrt(np.clip(self.left, SAME, None))
        samples = [residuals[self.groups == group] for group in range(len(freedom))]
        return bool(stats.levene(*samples, center="median").pvalue < CLEARLY)


def fit_blocks(
    points: Sequence[int],
    seeds: Sequence[int],
    values: Sequence[float],
    groups: Sequence[int],
    outcomes: Numbers | None = None,
    terms: Numbers | None = None,
) -> Blocks:
    """Values with their points (0, 1, ...), seeds and groups of equal deviation -> their fit.

    All four have the same length N; groups are numbered from 0. Cells may be missing. `outcomes`
    (N, images) are what values are the means of, over images that are drawn at random as well: what
    is said of contrasts is over seeds and images then. Each point has a mean of its own, or with
    `terms` (points, terms) the sum of as many things as its row names, so that points without a
    value have a mean, too. Where seeds and points do not hang together (no seed of one is among
    those of the other) nothing tells a seed's part from a point's, and none is taken: raises
    ValueError, as where terms cannot be told apart; `hang_together` says which points do.
    """
    where = np.asarray(points, dtype=np.intp)
    names, block = np.unique(np.asarray(seeds), return_inverse=True)
    if terms is None:
        terms = np.eye(where.max() + 1)
    of_points = terms[where]
    # The seeds' parts sum to nothing, so that a point's mean is over all seeds alike.
    of_seeds = np.vstack([np.eye(len(names) - 1), -np.ones(len(names) - 1)])[block]
    design = np.hstack([of_points, of_seeds])
    normal = design.T @ design
    if np.linalg.matrix_rank(normal) < len(normal):
        raise ValueError("fit_blocks() is of points that have seeds in common")
    inverse, number = np.asarray(np.linalg.solve(normal, design.T)), of_points.shape[1]
    images = None if outcomes is None else image_parts(design, inverse, number, outcomes)
    return Blocks(
        values=np.asarray(values, dtype=np.float64),
        design=design,
        inverse=inverse,
        terms=terms,
        groups=np.asarray(groups, dtype=np.intp),
        images=images,
    )


def hang_together(points: Sequence[int], seeds: Sequence[int], first: int) -> set[int]:
    """Values' points and seeds -> the points that share seeds with `first`, or with such a one."""
    seeds_of: dict[int, set[int]] = {}
    for point, seed in zip(points, seeds, strict=True):
        seeds_of.setdefault(point, set()).add(seed)
    together, reached = {first} & seeds_of.keys(), set(seeds_of.get(first, ()))
    while more := {p for p, own in seeds_of.items() if p not in together and own & reached}:
        together |= more
        reached = reached.union(*(seeds_of[point] for point in more))
    return together

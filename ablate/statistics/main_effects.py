"""Effects of factors: what each level does on average over the others, and where that depends.

A value is its combination's mean, plus what its seed adds to all combinations, plus what its seed
adds to all combinations of one level of one factor, plus what is left. Combinations that share a
seed and a level are thus not independent: a main effect is judged by what seeds do to levels
(contexts averaged before seeds; Snedecor and Cochran on split plots). Nothing of that is in an
interaction, which is judged by all that is left after combinations and seeds: where seeds move
levels that is too much, if anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from itertools import combinations
from math import nan
from typing import Any

import numpy as np

from ablate.statistics.blocks import LEAST_SHARE, Blocks, fit_blocks
from ablate.statistics.intervals import LEVEL, SAME, Numbers, bonferroni
from ablate.statistics.seeds import first_enough
from ablate.statistics.simultaneous import Critical, Family, chance_deviations, largest_of_parts

Level = tuple[int, int]  # the number of a factor, and of a level of it


@dataclass(frozen=True)
class Grid:
    """Every combination of the levels of some factors."""

    sizes: tuple[int, ...]  # how many levels each factor has

    @cached_property
    def levels(self) -> np.ndarray[Any, np.dtype[np.intp]]:
        """(combinations, factors): the number of each level, the last factor's changing first."""
        return np.indices(self.sizes).reshape(len(self.sizes), -1).T

    def mean(self, *at: Level) -> Numbers:
        """(combinations,): weights of the plain mean over those at these levels."""
        has = np.all([self.levels[:, factor] == level for factor, level in at], axis=0)
        return np.asarray(has / has.sum())

    def effect(self, level: Level, reference: int) -> Numbers:
        """(combinations,): weights of a level's mean less that of its factor's reference."""
        return self.mean(level) - self.mean((level[0], reference))

    def interaction(self, one: Level, other: Level, references: tuple[int, int]) -> Numbers:
        """(combinations,): the effect of `one` at `other`, less that at the other's reference."""
        base, beside = (one[0], references[0]), (other[0], references[1])
        there = self.mean(one, other) - self.mean(base, other)
        return np.asarray(there - self.mean(one, beside) + self.mean(base, beside))

    def terms(self, order: int) -> Numbers:
        """(combinations, terms): of a mean, its levels', and with `order` 2 its pairs of levels'"""
        factors = [
            (self.levels[:, [factor]] == np.arange(1, size)).astype(np.float64)
            for factor, size in enumerate(self.sizes)
        ]
        pairs = [
            (one[:, :, None] * other[:, None]).reshape(len(one), -1)
            for one, other in combinations(factors if order == 2 else [], 2)
        ]
        return np.hstack([np.ones((len(self.levels), 1)), *factors, *pairs])


@dataclass(frozen=True)
class GridFit:
    """Combinations and seeds, fitted to N values; what is left, by what seeds do to levels."""

    grid: Grid
    blocks: Blocks  # its points are all combinations
    order: int  # 0: each has its own mean; else a sum, of levels (1) or of pairs of them (2)
    measured: int  # how many combinations have values
    of_levels: Numbers  # (N, levels x seeds): 1 where a value is of a level and a seed
    freedom: float  # degrees of freedom of what seeds do to levels
    square: float  # their mean square, 0 without any
    rest: float  # the mean square of what is left then, 0 without any
    load: float  # times that the variance of what seeds do to a level is in `square`

    @property
    def whole(self) -> float:
        """Degrees of freedom of all that is left."""
        return round(float(self.blocks.freedom.sum()), 9)

    @property
    def pooled(self) -> float:
        """The mean square of all that is left; 0 without any."""
        return float(self.blocks.residuals @ self.blocks.residuals) / max(self.whole, 1)

    def errors(self, contrasts: Numbers, mains: int) -> Numbers:
        """Contrasts (contrasts, combinations), main effects first -> their standard errors.

        A main effect has the share of what seeds do to levels that its own levels have. Where those
        seem to do less than nothing no effect is given less than their mean square: the difference
        of two mean squares would be nothing, or little, too often for t with these degrees.
        """
        weights = contrasts @ self.blocks.weights
        squares = (weights**2).sum(axis=1)
        shares = (
            ((weights @ self.of_levels) ** 2).sum(axis=1) / np.maximum(squares, SAME) / self.load
        )
        if self.square < self.rest:
            shares = np.minimum(shares, 1)
        of_mains = self.rest + (self.square - self.rest) * shares
        is_main = np.arange(len(weights)) < mains
        variances = np.where(is_main, of_mains, self.pooled)
        return np.asarray(np.sqrt(squares * np.maximum(variances, LEAST_SHARE * self.pooled)))

    def half_width(self, weights: Numbers) -> float:
        """Of the 95% t interval of one mean (combinations,), without what a seed adds to all.

        By what seeds do to levels, or by all that is left where that is more; NaN without either.
        """
        if not self.blocks.has_spread or not self.freedom:
            return nan
        squares = float(((weights @ self.blocks.weights) ** 2).sum())
        error = np.sqrt(squares * max(self.square, self.pooled))
        return float(error * bonferroni(self.freedom, 1))


def fit_grid(
    grid: Grid,
    places: Sequence[int],
    seeds: Sequence[int],
    values: Sequence[float],
    owners: Sequence[int],
) -> GridFit | None:
    """N values with their combinations and seeds -> their fit.

    `owners` (combinations,) says whose values a combination has: its own number, or that of another
    one which is the very same. Each combination has a mean of its own where all have values; else
    means are sums over levels and pairs of levels, or over levels alone, so that those without
    values have one, too. None where not even that can be told.
    """
    own, index = np.unique(np.asarray(owners), return_inverse=True)
    for order, terms in ((0, np.eye(len(own))[index]), (2, grid.terms(2)), (1, grid.terms(1))):
        try:
            blocks = fit_blocks(places, seeds, values, [0] * len(values), terms=terms)
        except ValueError:  # these terms cannot be told apart
            continue
        return _with_strata(grid, blocks, order, np.asarray(places), np.asarray(seeds))
    return None


def _with_strata(
    grid: Grid, blocks: Blocks, order: int, places: np.ndarray[Any, Any], seeds: Any
) -> GridFit:
    """Splits the sum of squares: what seeds x levels explain of it, and what is left then."""
    of_seed = np.eye(seeds.max() + 1)[seeds][:, np.unique(seeds)]
    of_levels = np.hstack(
        [
            (np.eye(size)[grid.levels[places, factor]][:, :, None] * of_seed[:, None]).reshape(
                len(places), -1
            )
            for factor, size in enumerate(grid.sizes)
        ]
    )
    free = of_levels - blocks.design @ (blocks.inverse @ of_levels)
    solution, _, rank, _ = np.linalg.lstsq(free, blocks.residuals, rcond=SAME)
    explained = float(((free @ solution) ** 2).sum())
    rest = max(0.0, float(blocks.residuals @ blocks.residuals) - explained)
    left = round(float(blocks.freedom.sum())) - int(rank)
    load = float((free**2).sum()) / max(rank, 1)
    return GridFit(
        grid=grid,
        blocks=blocks,
        order=order,
        measured=len(np.unique(places)),
        of_levels=of_levels,
        freedom=float(rank),
        square=explained / max(rank, 1),
        rest=rest / left if left > 0 else explained / max(rank, 1),
        load=max(load, SAME),
    )


def effects_family(
    fit: GridFit, mains: Numbers, interactions: Numbers, *, level: float = LEVEL
) -> Family:
    """Main effects and interactions, each (contrasts, combinations) -> all their intervals.

    They hold together with `level`: the smallest p of all, were there no effect, is drawn, as the
    two kinds have different degrees of freedom. `critical` is that of main effects. NaN where
    nothing is left of the values, or there is no degree of freedom.
    """
    contrasts = np.vstack([mains, interactions])
    estimates = contrasts @ fit.blocks.means
    if not fit.blocks.has_spread or not fit.freedom:
        nothing = np.full(len(estimates), np.nan)
        return Family(estimates, nothing, nothing, nothing, nothing, Critical(np.nan), level)
    errors = fit.errors(contrasts, len(mains))
    parts = [len(each) for each in (mains, interactions) if len(each)]
    largest = largest_of_parts(contrasts @ fit.blocks.weights, parts)
    smallest, freedoms = _smallest_p(largest, fit.freedom, fit.whole)
    criticals = _criticals(float(np.quantile(smallest, 1 - level)), freedoms)
    widths = np.repeat(criticals, parts) * errors
    alone = _p(np.abs(estimates / errors), np.repeat(freedoms, parts))
    below = np.searchsorted(np.sort(smallest), alone, side="right")
    return Family(
        estimates=estimates,
        errors=errors,
        low=estimates - widths,
        high=estimates + widths,
        p=(1 + below) / (1 + len(smallest)),
        critical=Critical(float(criticals[0])),
        level=level,
    )


def effect_seeds(
    fit: GridFit, mains: Numbers, interactions: Numbers, seeds: float, margin: float
) -> list[int | None]:
    """How many seeds would decide each main effect, of the same family; see `seeds_needed`."""
    contrasts = np.vstack([mains, interactions])
    of_one = fit.errors(contrasts, len(mains))[: len(mains)] * np.sqrt(seeds)
    parts = [len(each) for each in (mains, interactions) if len(each)]
    largest = largest_of_parts(contrasts @ fit.blocks.weights, parts)
    of_levels, whole = sum(fit.grid.sizes) - len(fit.grid.sizes), fit.measured - 1

    @cache
    def half_widths(number: int) -> Numbers:
        more = number - 1
        smallest, freedoms = _smallest_p(largest, of_levels * more, max(whole, of_levels) * more)
        critical = _criticals(float(np.quantile(smallest, 1 - LEVEL)), freedoms)[0]
        return np.asarray(critical * of_one / np.sqrt(number))

    def is_enough(effect: int, number: int) -> bool:
        return bool(2 * half_widths(number)[effect] <= margin)

    return [first_enough(partial(is_enough, effect)) for effect in range(len(mains))]


def _smallest_p(largest: Numbers, freedom: float, whole: float) -> tuple[Numbers, Numbers]:
    """Draws of the largest |normal contrast| of each kind -> of the smallest p, and freedoms.

    The deviation of all that is left has that of seeds x levels in it.
    """
    deviation = chance_deviations(freedom)
    both = [deviation]
    if len(largest) > 1:
        rest = whole - freedom
        squares = freedom * deviation**2
        if rest > SAME:
            squares = squares + rest * chance_deviations(rest, stream=2) ** 2
        both.append(np.sqrt(squares / whole))
    freedoms = np.array([freedom, whole][: len(largest)])
    return np.asarray(_p(largest / np.array(both), freedoms[:, None]).min(axis=0)), freedoms


def _p(t: Numbers, freedom: Numbers) -> Numbers:
    """Two-sided, of a single |t|."""
    from scipy.special import stdtr

    return np.asarray(2 * stdtr(freedom, -t))


def _criticals(p: float, freedoms: Numbers) -> Numbers:
    """The |t| that have this p."""
    from scipy.special import stdtrit

    return np.asarray(stdtrit(freedoms, 1 - p / 2))

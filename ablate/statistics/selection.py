"""What was chosen from several noisy means: how much of it is luck.

Points differ about a trend in truth, by a deviation of their own, and by chance, by what seeds do.
The share of chance in how far they are seen apart is uniform before anything is seen, whatever the
number of points; so is, up to `MOST_SHARED`, the correlation that seeds give to points. Both are
drawn, with a fixed seed, as are deviations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ablate.statistics.blocks import Blocks
from ablate.statistics.intervals import LEVEL, SAME, Numbers

DRAWS = 4_000
SEED = 20_163
MOST_SHARED = 0.9  # of a cell's variance over seeds, which a seed may add to all points alike
_GRID = (np.arange(400) + 0.5) / 400  # of a share


@dataclass(frozen=True)
class Spread:
    """Means of points, and draws of what they differ by in truth and by chance; see `spread`."""

    means: Numbers  # (points,)
    basis: Numbers  # (points, terms): orthonormal, of the trend that they vary about
    noise: Numbers  # (draws,): standard deviation of a mean by chance
    chance: Numbers  # (draws,): share of chance in the variance of means about the trend
    shifts: Numbers  # (draws,): what the seeds that were used add to all means alike

    @cached_property
    def trend(self) -> Numbers:
        """(points,): the means' own."""
        return np.asarray(self.basis @ (self.basis.T @ self.means))

    def truths(self) -> Numbers:
        """(draws, points): what the means may be without noise, but for a shift of all of them.

        The posterior of the two-level model: each is drawn to the trend, which is itself not known.
        """
        draw, (points, terms) = np.random.default_rng(SEED + 1), self.basis.shape
        chance, noise = self.chance[:, None], self.noise[:, None]
        of_trend = draw.standard_normal((DRAWS, terms)) * noise / np.sqrt(chance)
        rest = draw.standard_normal((DRAWS, points)) * noise * np.sqrt(1 - chance)
        drawn_to = self.trend + of_trend @ self.basis.T
        return np.asarray(self.means + chance * (drawn_to - self.means) + rest)


@dataclass(frozen=True)
class Expected:
    """What the mean of a chosen point is over all seeds, with its 95% interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"


def spread(blocks: Blocks, covariate: Numbers | None = None) -> Spread | None:
    """A fit of points, and a number of each that their means may follow -> their spread.

    The trend is a line over the covariate where there are more than three points, else a common
    mean. None for a single point, and where nothing is left of the values after points and seeds,
    as of one seed.
    """
    terms = [np.ones(blocks.points)]
    if covariate is not None and np.ptp(covariate) > SAME and blocks.points > 3:
        terms.append(covariate - covariate.mean())
    left = blocks.points - len(terms)
    if not blocks.has_spread or left < 1:
        return None
    draw = np.random.default_rng(SEED)
    basis = np.linalg.qr(np.column_stack(terms))[0]
    seeds = 1 / np.mean(1 / blocks.design[:, : blocks.points].sum(axis=0))
    rest, freedom = float((blocks.residuals**2).sum()), float(blocks.freedom.sum())
    off = blocks.means - basis @ (basis.T @ blocks.means)
    between = float(seeds * (off**2).sum())
    chance = _drawn(_GRID, _log_density(_GRID, left, between, rest, freedom), draw)
    variance = (rest + chance * between) / draw.chisquare(left + freedom, DRAWS)
    added = blocks.inverse[blocks.points :] @ blocks.values
    added = np.append(added, -added.sum())  # by each seed
    odds = _GRID * MOST_SHARED / (1 - _GRID * MOST_SHARED)
    share = 1 / (1 + blocks.points * odds)  # of chance in the variance of the seeds' means
    of_seeds = float(blocks.points * (added**2).sum())
    odds = _drawn(odds, _log_density(share, len(added) - 1, of_seeds, rest, freedom), draw)
    shifts = draw.standard_normal(DRAWS) * np.sqrt(variance * odds / seeds)
    return Spread(blocks.means, basis, np.sqrt(variance / seeds), chance, shifts)


def expected(
    of: Spread, chosen: int, choose: Callable[[Numbers], np.ndarray[Any, np.dtype[np.intp]]]
) -> Expected:
    """A spread, the point that was chosen, and the rule -> what is to be expected of it anew.

    `choose` takes means (draws, points) to the number of the point that it chooses of each. By how
    much its choice is too good is found by the parametric bootstrap after selection: truths about
    the trend, as far apart as the means are when noise is taken out, plus noise, chosen from again.
    """
    draw = np.random.default_rng(SEED + 2)
    apart = np.sqrt(1 - of.chance)[:, None] * (of.means - of.trend)
    noise = draw.standard_normal((DRAWS, len(of.means))) * of.noise[:, None]
    again = choose(of.trend + apart + noise)
    luck = noise[np.arange(DRAWS), again]
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(of.means[chosen] - luck - of.shifts, [tail, 1 - tail])
    return Expected(float(of.means[chosen] - luck.mean()), float(low), float(high))


def most_luck(points: int) -> float:
    """How much too low, in deviations of noise, the lowest of so many is on average, at most.

    That is where all are equal in truth: what the largest of so many normal variables is.
    """
    from scipy.special import ndtr  # here, as few tables choose

    x = (np.arange(-9_000, 9_000) + 0.5) / 1_000
    return float(((x > 0) - ndtr(x) ** points).sum() / 1_000)


def _log_density(
    share: Numbers, number: float, between: float, rest: float, freedom: float
) -> Numbers:
    """Of a share of chance, given a sum of squares between `number` + 1 means, up to a constant.

    The variance is integrated out; its prior is 1/variance.
    """
    total = rest + share * between
    return np.asarray(number / 2 * np.log(share) - (number + freedom) / 2 * np.log(total))


def _drawn(values: Numbers, log_density: Numbers, draw: np.random.Generator) -> Numbers:
    """Draws of increasing values of such density."""
    density = np.exp(log_density - log_density.max())
    return np.asarray(np.interp(draw.random(DRAWS), np.cumsum(density) / density.sum(), values))

"""Several contrasts of one study at once: intervals that all hold together, with their p.

The largest |t| of a family, were nothing there, is drawn with a fixed seed: contrasts that share a
baseline, seeds and deviations are as dependent as they are, which Bonferroni and Holm pay for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ablate.statistics.blocks import AT_ONCE, DRAWS, SEED, Blocks
from ablate.statistics.intervals import LEVEL, Numbers, bonferroni

LEAST_BEYOND = 100  # draws, with which a probability is known to a tenth of itself


@dataclass(frozen=True)
class Critical:
    """What the half width of an interval is, in standard errors over seeds, and over images."""

    seeds: float
    images: float = 0.0


@dataclass(frozen=True)
class Family:
    """Contrasts of a fit, each with an interval; together they hold with `level`."""

    estimates: Numbers  # (contrasts,)
    errors: Numbers  # (contrasts,): standard errors
    low: Numbers
    high: Numbers
    p: Numbers  # adjusted for the family
    critical: Critical  # that the intervals are of
    level: float


def simultaneous(blocks: Blocks, contrasts: Numbers, *, level: float = LEVEL) -> Family:
    """A fit and contrasts (contrasts, points) of its means -> all their intervals.

    Over seeds and images, where the fit has images, the half widths over the one and the other add
    in squares (Zou and Donner 2008), and so do the values that p is found among: no interval is
    narrower than over seeds alone, as with Satterthwaite's degrees of freedom it may be. Where
    nothing is left of the values after points and seeds there is no deviation: errors and intervals
    are NaN then, and p, too. So they are where there is no degree of freedom.
    """
    contrasts = np.asarray(contrasts, dtype=np.float64)
    weights = contrasts @ blocks.weights
    estimates = weights @ blocks.values
    if not blocks.has_spread:
        nothing = np.full(len(estimates), np.nan)
        return Family(estimates, nothing, nothing, nothing, nothing, Critical(np.nan), level)
    errors = standard_errors(weights, blocks, blocks.residuals[None])[0]
    one_deviation = len(blocks.freedom) == 1
    largest = (
        largest_normal(weights, blocks) / chance_deviations(round(float(blocks.freedom[0]), 9))
        if one_deviation
        else _largest(contrasts, blocks)
    )
    covariance = _over_images(blocks, contrasts)
    over_seeds = np.sort(largest)
    over_images = np.sort(_largest_over_images(blocks, covariance, len(largest)))
    critical = Critical(
        _quantile(over_seeds, level, float(blocks.freedom.min()), len(contrasts)),
        _quantile(over_images, level, blocks.images.freedom, len(contrasts))
        if blocks.images
        else 0.0,
    )
    halves = half_widths(blocks, contrasts, critical)
    of_images = np.sqrt(np.diag(covariance))
    above = [
        len(largest) - np.searchsorted(np.hypot(over_seeds * own, over_images * added), abs(value))
        for own, added, value in zip(errors, of_images, estimates, strict=True)
    ]
    return Family(
        estimates=estimates,
        errors=np.hypot(errors, of_images),
        low=estimates - halves,
        high=estimates + halves,
        p=(1 + np.array(above)) / (1 + len(largest)),
        critical=critical,
        level=level,
    )


def at_critical(blocks: Blocks, contrasts: Numbers, critical: float, level: float) -> Family:
    """The same with intervals of so many standard errors over seeds, as a sequence of looks wants.

    No p then. Nothing is drawn.
    """
    estimates = np.asarray(contrasts @ blocks.means)
    errors = standard_errors(contrasts @ blocks.weights, blocks, blocks.residuals[None])[0]
    low, high = estimates - critical * errors, estimates + critical * errors
    p = np.full(len(estimates), np.nan)
    return Family(estimates, errors, low, high, p, Critical(critical), level)


def half_widths(blocks: Blocks, contrasts: Numbers, critical: Critical) -> Numbers:
    """Of the intervals of contrasts (contrasts, points), (contrasts,)."""
    errors = standard_errors(contrasts @ blocks.weights, blocks, blocks.residuals[None])[0]
    of_images = np.sqrt(np.diag(_over_images(blocks, contrasts)))
    return np.asarray(np.hypot(critical.seeds * errors, critical.images * of_images))


def _over_images(blocks: Blocks, contrasts: Numbers) -> Numbers:
    """The covariance that images add, (contrasts, contrasts); 0 where they are given."""
    if blocks.images is None:
        return np.zeros((len(contrasts),) * 2)
    return blocks.images.covariance(contrasts, contrasts @ blocks.weights)


def _largest_over_images(blocks: Blocks, covariance: Numbers, draws: int) -> Numbers:
    """Draws of the largest |t| over images, of the contrasts to which they add something."""
    deviations = np.sqrt(np.diag(covariance))
    some = deviations > 0
    if blocks.images is None or not some.any():
        return np.zeros(draws)
    scaled = covariance[np.ix_(some, some)] / np.outer(deviations[some], deviations[some])
    return np.asarray(_normal(scaled, (len(scaled),))[0] / chance_deviations(blocks.images.freedom))


def _quantile(draws: Numbers, level: float, freedom: float, number: int) -> float:
    """The critical value; Bonferroni's, which is no smaller, where few draws are beyond it."""
    if (1 - level) * len(draws) < LEAST_BEYOND:
        return bonferroni(freedom, number, level)
    return float(np.quantile(draws, level))


def standard_errors(weights: Numbers, blocks: Blocks, residuals: Numbers) -> Numbers:
    """Residuals (draws, N) -> the standard errors of the contrasts, (draws, contrasts)."""
    return np.asarray(np.sqrt(blocks.variances(residuals) @ _of_variances(weights, blocks)))


def _of_variances(weights: Numbers, blocks: Blocks) -> Numbers:
    """(groups, contrasts): the groups' variances -> the variances of the contrasts."""
    return np.asarray((weights**2 @ blocks.member).T)


def largest_normal(weights: Numbers, blocks: Blocks, *, two_sided: bool = True) -> Numbers:
    """Draws of the largest |contrast| in its own deviations, where each is nothing in truth.

    Of one side they are of the largest contrast.
    """
    return largest_of(weights * blocks.deviations[blocks.groups], two_sided=two_sided)


def largest_of(contrasts: Numbers, *, two_sided: bool = True) -> Numbers:
    """The same of contrasts of values that do not depend on each other, of deviation 1."""
    return np.asarray(_normal(_correlations(contrasts), (len(contrasts),), two_sided)[0])


def largest_of_parts(contrasts: Numbers, parts: Sequence[int]) -> Numbers:
    """(parts, draws): the same of each part of such contrasts, so many of them in order."""
    return _normal(_correlations(contrasts), tuple(parts))


def _correlations(contrasts: Numbers) -> Numbers:
    scaled = contrasts / np.sqrt((contrasts**2).sum(axis=1, keepdims=True))
    return np.asarray(scaled @ scaled.T)


def _normal(correlations: Numbers, parts: tuple[int, ...], two_sided: bool = True) -> Numbers:
    """(parts, draws): the largest of each part of |normal variables| with these correlations.

    Of one side it is the largest of the variables themselves.
    """
    # Rounded, so that the same design is drawn once whatever its errors.
    return _largest_of(np.round(correlations, 9).tobytes(), parts, two_sided)


@lru_cache(maxsize=16)
def _largest_of(correlations: bytes, parts: tuple[int, ...], two_sided: bool) -> Numbers:
    """Draws of the largest of some normal variables, which may depend on each other wholly."""
    number = sum(parts)
    squares, directions = np.linalg.eigh(np.frombuffer(correlations).reshape(number, number))
    root = directions * np.sqrt(np.clip(squares, 0, None))
    draws = np.random.default_rng(SEED).standard_normal((DRAWS, number)) @ root.T
    draws = np.abs(draws) if two_sided else draws
    return np.array([each.max(axis=1) for each in np.split(draws, np.cumsum(parts)[:-1], axis=1)])


@lru_cache(maxsize=64)
def chance_deviations(freedom: float, stream: int = 1) -> Numbers:
    """Draws of a deviation's estimate over the deviation: it is independent of the means.

    Another `stream` has others, independent of these.
    """
    draw = np.random.default_rng(SEED + stream)
    return np.asarray(np.sqrt(draw.chisquare(freedom, DRAWS) / freedom))


def _largest(contrasts: Numbers, blocks: Blocks) -> Numbers:
    """Draws of the largest |t| where groups have deviations of their own."""
    of_terms, of_variances = (
        contrasts @ blocks.terms,
        _of_variances(contrasts @ blocks.weights, blocks),
    )
    largest: list[Any] = []
    for start in range(0, DRAWS, AT_ONCE):
        terms, variances = (drawn[start : start + AT_ONCE] for drawn in blocks.drawn)
        t = np.abs(terms @ of_terms.T) / np.sqrt(variances @ of_variances)
        largest.append(t.max(axis=1))
    return np.concatenate(largest)

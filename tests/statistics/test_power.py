"""What a family would find: by scipy's distributions, by quadrature, and by what it does find."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from ablate.statistics import deviation_interval, fit_blocks, power, seeds_for, simultaneous

TO_THE_FIRST = np.hstack([-np.ones((3, 1)), np.eye(3)])
CURVE = np.array([[0.5, 0.3, 0.2, -0.1, -0.6, -0.3]])  # a difference of two means over costs


def critical_value(contrasts: np.ndarray, freedom: int) -> float:
    """Of the largest |t|, by integration."""
    if len(contrasts) == 1:
        return float(stats.t.ppf(0.975, freedom))
    shape = np.corrcoef(contrasts - contrasts.mean(axis=1, keepdims=True))
    t = stats.multivariate_t(shape=shape, df=freedom, seed=1)

    def outside(end: float) -> float:
        ends = np.full(len(contrasts), end)
        return 0.95 - float(t.cdf(ends, lower_limit=-ends))

    return float(optimize.brentq(outside, 1, 30, xtol=1e-3))


@pytest.mark.parametrize(("contrasts", "seeds"), [(TO_THE_FIRST, 3), (CURVE, 10)])
def test_the_least_difference_and_margin_are_those_of_the_distributions(
    contrasts: np.ndarray, seeds: int
) -> None:
    freedom = (contrasts.shape[1] - 1) * (seeds - 1)
    critical = critical_value(contrasts, freedom)
    errors = np.sqrt((contrasts**2).sum(axis=1) / seeds)

    def missed(shift: float) -> float:
        return float(stats.nct.sf(critical, freedom, shift)) - 0.8

    def told_equal(margin: float) -> float:
        """Less 0.8, in standard errors, over all deviations that may be estimated."""

        def at(estimate: float) -> float:
            half = critical * estimate / np.sqrt(freedom)
            reach = max(0.0, min(margin - half, half))
            return float(stats.chi.pdf(estimate, freedom) * (2 * stats.norm.cdf(reach) - 1))

        kinks = [
            0.0,
            margin / 2 / critical * np.sqrt(freedom),
            margin / critical * np.sqrt(freedom),
        ]
        return sum(integrate.quad(at, *ends)[0] for ends in pairwise(kinks)) - 0.8

    found = power(contrasts, seeds)
    assert found.difference == pytest.approx(errors * optimize.brentq(missed, 0, 60), rel=0.02)
    assert found.margin == pytest.approx(errors * optimize.brentq(told_equal, 1, 60), rel=0.02)


@pytest.mark.parametrize("seeds", [2, 5])
def test_a_difference_so_large_is_found_in_four_of_five_studies(seeds: int) -> None:
    of, studies = power(TO_THE_FIRST, seeds), 200
    draw = np.random.default_rng(seeds)
    points, blocks = zip(*product(range(4), range(seeds)), strict=True)
    fit = fit_blocks(points, blocks, [0.0] * len(points), [0] * len(points))
    found, equal = 0, 0
    for _ in range(studies):
        values = draw.normal(size=(4, seeds)) + draw.normal(size=seeds)
        family = simultaneous(replace(fit, values=values.ravel()), TO_THE_FIRST)
        found += (family.low > -of.difference).sum()  # as if that were added
        inside = (family.low > -of.margin) & (family.high < of.margin)
        equal += (inside & (family.low < 0) & (family.high > 0)).sum()
    assert [found / studies / 3, equal / studies / 3] == pytest.approx([0.8, 0.8], abs=0.05)


def test_the_fewest_seeds_that_tell_a_tie() -> None:
    seeds = seeds_for(TO_THE_FIRST, 1.0)
    assert seeds is not None
    assert (
        power(TO_THE_FIRST, seeds).margin.max() <= 1 < power(TO_THE_FIRST, seeds - 1).margin.max()
    )
    assert seeds_for(TO_THE_FIRST, 0.01) is None


def test_without_an_interval_there_is_no_power() -> None:
    with pytest.raises(ValueError, match="2 points and 2 seeds or more, got 4 and 1"):
        power(TO_THE_FIRST, 1)


def test_how_far_a_deviation_is_known() -> None:
    low, high = deviation_interval(2.0, 10)
    assert stats.chi2.cdf(10 * (2.0 / np.array([high, low])) ** 2, 10) == pytest.approx(
        [0.025, 0.975]
    )

"""Limits of repeated looks against published ones, and against a simulation."""

import numpy as np
import pytest
from scipy import stats

from ablate.statistics.spending import nominal_levels, spent

# Two-sided 0.05, spent in the manner of O'Brien and Fleming: Reboussin et al. 2000, table 1.
PUBLISHED = [4.8769, 3.3569, 2.6803, 2.2898, 2.0310]


def test_limits_are_the_published_ones() -> None:
    levels = nominal_levels([0.2, 0.4, 0.6, 0.8, 1.0], 0.05)
    assert stats.norm.isf(np.array(levels) / 2) == pytest.approx(PUBLISHED, abs=2e-4)


def test_one_look_has_the_whole_level() -> None:
    assert nominal_levels([1.0], 0.03) == pytest.approx([0.03])


def test_any_limit_is_exceeded_as_often_as_it_says() -> None:
    seeds, alpha = np.arange(3, 11), 0.1
    limits = stats.norm.isf(np.array(nominal_levels(list(seeds / 10), alpha)) / 2)
    sums = np.random.default_rng(0).normal(size=(40_000, 10)).cumsum(axis=1)[:, seeds - 1]
    exceeded = np.abs(sums) > limits * np.sqrt(seeds)
    assert exceeded.any(axis=1).mean() == pytest.approx(alpha, abs=0.005)
    assert exceeded[:, :4].any(axis=1).mean() == pytest.approx(spent(0.6, alpha), abs=0.003)


@pytest.mark.parametrize("shares", [[], [0.5], [0.5, 0.5, 1.0], [0.6, 0.4, 1.0], [0.0, 1.0]])
def test_shares_must_rise_to_one(shares: list[float]) -> None:
    with pytest.raises(ValueError, match="shares that rise to 1"):
        nominal_levels(shares, 0.05)

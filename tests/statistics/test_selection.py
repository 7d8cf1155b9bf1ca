"""The luck of a choice: against quadrature, a bootstrap written anew, and in simulations."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from ablate.statistics import Blocks, expected, fit_blocks, most_luck, spread
from ablate.statistics.selection import DRAWS, MOST_SHARED


def study(
    draw: np.random.Generator,
    points: int = 12,
    seeds: int = 3,
    apart: float = 0.0,
    shared: float = 0.4,
) -> tuple[np.ndarray, np.ndarray]:
    """True means and errors (points, seeds), in deviations of what is a cell's own."""
    truth = 20 + draw.normal(0, apart, points)
    errors = truth[:, None] + draw.normal(0, shared, seeds) + draw.normal(0, 1, (points, seeds))
    return truth, errors


def fitted(errors: np.ndarray) -> Blocks:
    points, seeds = np.indices(errors.shape)
    every = points.ravel().tolist(), seeds.ravel().tolist(), errors.ravel().tolist()
    return fit_blocks(*every, [0] * errors.size)


def lowest(means: np.ndarray) -> np.ndarray:
    return means.argmin(axis=1)


@pytest.mark.parametrize("points", [1, 2, 4, 60])
def test_the_most_luck_is_the_largest_of_normal_variables(points: int) -> None:
    def density(x: float) -> float:
        return float(x * points * stats.norm.pdf(x) * stats.norm.cdf(x) ** (points - 1))

    assert most_luck(points) == pytest.approx(integrate.quad(density, -9, 9)[0], abs=1e-5)


@pytest.mark.parametrize("with_trend", [False, True])
def test_truths_are_drawn_together_as_the_posterior_says(with_trend: bool) -> None:
    _, errors = study(np.random.default_rng(1), apart=1.0)
    means, cost = errors.mean(axis=1), np.arange(12.0) ** 1.5
    terms = np.column_stack([np.ones(12), cost] if with_trend else [np.ones(12)])
    trend = terms @ np.linalg.lstsq(terms, means, rcond=None)[0]
    own = errors - means[:, None] - errors.mean(axis=0) + errors.mean()
    rest, between, left = (own**2).sum(), 3 * ((means - trend) ** 2).sum(), 12 - terms.shape[1]

    def density(chance: float, power: int = 0) -> float:
        total = (rest + chance * between) ** (-(left + 22) / 2) * 1e30
        return float(chance ** (left / 2 + power) * total)

    chance = integrate.quad(density, 0, 1, args=(1,))[0] / integrate.quad(density, 0, 1)[0]
    of = spread(fitted(errors), cost if with_trend else None)
    assert of is not None
    assert of.chance.mean() == pytest.approx(chance, abs=0.01)
    drawn = of.truths()
    assert drawn.shape == (DRAWS, 12)
    assert drawn.mean(axis=0) == pytest.approx(means - chance * (means - trend), abs=0.05)
    hat = np.diag(terms @ np.linalg.pinv(terms))
    variance, off = of.noise[:, None] ** 2, (means - trend) ** 2
    shares = of.chance[:, None]
    each = (variance * (1 - shares + shares * hat)).mean(axis=0) + of.chance.var() * off
    assert drawn.var(axis=0) == pytest.approx(each, rel=0.1)


def test_what_is_expected_is_found_by_a_bootstrap_after_selection() -> None:
    _, errors = study(np.random.default_rng(2), apart=0.7)
    found = spread(fitted(errors))
    assert found is not None
    again = np.random.default_rng(3)
    means, seen = errors.mean(axis=1), []
    for noise, chance, shift in zip(found.noise, found.chance, found.shifts, strict=True):
        truth = means.mean() + np.sqrt(1 - chance) * (means - means.mean())
        noisy = again.normal(truth, noise)
        best = noisy.argmin()
        seen.append(means.min() - (noisy[best] - truth[best]) - shift)
    told = expected(found, int(means.argmin()), lowest)
    low, high = np.quantile(seen, [0.025, 0.975])
    assert told.value == pytest.approx(np.mean(seen), abs=0.05)
    assert (told.low, told.high) == pytest.approx((low, high), abs=0.15)
    assert str(told) == f"{told.value:.2f} [{told.low:.2f}, {told.high:.2f}]"


@pytest.mark.parametrize(("apart", "naive"), [(0.0, -0.93), (1.0, -0.45)])
def test_most_of_the_luck_is_taken_out_of_a_choice(apart: float, naive: float) -> None:
    """Its bias is a fifth at most of that of the lowest mean, and the interval holds the truth."""
    biases, holds = [], []
    for number in range(30):
        truth, errors = study(np.random.default_rng([5, number]), apart=apart)
        of = spread(fitted(errors))
        assert of is not None
        chosen = int(of.means.argmin())
        told = expected(of, chosen, lowest)
        biases.append([of.means[chosen] - truth[chosen], told.value - truth[chosen]])
        holds.append(told.low <= truth[chosen] <= told.high)
    before, after = np.mean(biases, axis=0)
    assert before == pytest.approx(naive, abs=0.25)
    assert abs(after) < 0.25 * abs(before) + 0.1
    assert np.mean(holds) > 0.88


def test_one_that_is_clearly_better_stays_so() -> None:
    _, errors = study(np.random.default_rng(6), seeds=10)
    errors[4] -= 5.0
    found = spread(fitted(errors))
    assert found is not None
    told = expected(found, 4, lowest)
    assert told.value == pytest.approx(errors[4].mean(), abs=0.1)
    assert told.low < errors[4].mean() < told.high


def test_seeds_that_move_all_points_widen_the_interval() -> None:
    draw = np.random.default_rng(7)
    _, errors = study(draw, points=20, shared=0.0)
    moved = errors + np.array([-1.0, 0.0, 1.0])
    widths = []
    for each in (errors, moved):
        found = spread(fitted(each))
        assert found is not None
        told = expected(found, int(found.means.argmin()), lowest)
        widths.append(told.high - told.low)
    # A common shift by n seeds of deviation 1 has an interval of 4 / sqrt(n) or more.
    assert widths[1] > max(1.5 * widths[0], 4 / np.sqrt(3))
    assert found.shifts.std() < found.noise.max() * np.sqrt(MOST_SHARED / (1 - MOST_SHARED))


def test_nothing_is_known_without_a_spread() -> None:
    assert spread(fitted(np.arange(6.0)[:, None])) is None  # one seed
    assert spread(fitted(np.array([[1.0, 1.5, 1.2]]))) is None  # one point
    assert spread(fitted(np.array([[1.0, 1.0], [2.0, 2.0]]))) is None  # equal seeds
    assert spread(fitted(np.array([[1.0, 1.1], [2.0, 2.4]]))) is not None

"""Main effects and interactions, each number computed anew by other means."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats

from ablate.statistics import (
    Grid,
    GridFit,
    bonferroni,
    effect_seeds,
    effects_family,
    fit_blocks,
    fit_grid,
    simultaneous,
)

CUBE = Grid((2, 2, 2))


def values(grid: Grid, seeds: int, draw: int = 0, of_levels: float = 0.0) -> np.ndarray:
    """(combinations, seeds): a mean each, what a seed adds to all and to levels, and noise."""
    made = np.random.default_rng(draw)
    errors = made.normal(50, 2, (len(grid.levels), 1)) + made.normal(0, 1, seeds)
    for factor, size in enumerate(grid.sizes):
        errors = errors + (made.normal(0, of_levels, (size, seeds)))[grid.levels[:, factor]]
    return errors + made.normal(0, 0.5, errors.shape)


def fit(grid: Grid, errors: np.ndarray, owners: list[int] | None = None) -> GridFit | None:
    known = [(at, seed) for at, seed in np.ndindex(errors.shape) if not np.isnan(errors[at, seed])]
    places, seeds = zip(*known, strict=True)
    own = owners or list(range(len(grid.levels)))
    return fit_grid(grid, places, seeds, [errors[each] for each in known], own)


def by_dummies(errors: np.ndarray, terms: np.ndarray) -> np.ndarray:
    """(combinations,): the means by least squares on terms and dummies for seeds, at all seeds."""
    known = [each for each in np.ndindex(errors.shape) if not np.isnan(errors[each])]
    seeds = errors.shape[1]
    design = [[*terms[at], *(seed == np.arange(1, seeds))] for at, seed in known]
    observed = [errors[each] for each in known]
    solution = np.linalg.lstsq(np.array(design, float), np.array(observed), rcond=None)[0]
    of_terms = solution[: terms.shape[1]]
    return terms @ of_terms + solution[terms.shape[1] :].sum() / seeds


MAINS = np.array([CUBE.effect((factor, 1), 0) for factor in range(3)])
CROSSED = np.array([CUBE.interaction((a, 1), (b, 1), (0, 0)) for a, b in ((0, 1), (0, 2), (1, 2))])


def test_contrasts_by_hand() -> None:
    grid = Grid((2, 3))
    assert grid.levels.tolist() == [list(each) for each in product(range(2), range(3))]
    third = 1 / 3
    assert grid.effect((0, 1), 0) == pytest.approx([-third] * 3 + [third] * 3)
    assert grid.effect((1, 0), 2).tolist() == [0.5, 0, -0.5, 0.5, 0, -0.5]
    assert grid.interaction((0, 1), (1, 2), (0, 0)).tolist() == [1, 0, -1, -1, 0, 1]
    assert grid.terms(1).tolist()[-1] == [1, 1, 0, 1]
    assert grid.terms(2).shape == (6, 6) and np.linalg.matrix_rank(grid.terms(2)) == 6


def test_every_combination_counts_alike_whatever_was_lost() -> None:
    errors = values(CUBE, 3)
    errors[7, :2] = errors[2, 1] = np.nan
    fitted = fit(CUBE, errors)
    assert fitted is not None and fitted.order == 0
    means = by_dummies(errors, np.eye(8))
    assert fitted.blocks.means == pytest.approx(means)
    family = effects_family(fitted, MAINS, CROSSED)
    assert family.estimates[0] == pytest.approx(means[4:].mean() - means[:4].mean())
    one, other = (
        means[[6, 7]].mean() - means[[2, 3]].mean(),
        means[[4, 5]].mean() - means[:2].mean(),
    )
    assert family.estimates[3] == pytest.approx(one - other)


@pytest.mark.parametrize("of_levels", [0.0, 2.0])
def test_errors_are_of_contexts_averaged_before_seeds(of_levels: float) -> None:
    """Balanced, of two levels each: what seeds do to each factor's difference, pooled over them."""
    errors = values(CUBE, 4, of_levels=of_levels)
    fitted = fit(CUBE, errors)
    assert fitted is not None
    differences = MAINS @ errors  # (factors, seeds)
    within = differences.var(axis=1, ddof=1)  # each with 3 degrees of freedom
    assert (fitted.freedom, fitted.whole) == (9, 21)
    family = effects_family(fitted, MAINS, CROSSED)
    assert family.errors[:3] == pytest.approx(np.sqrt(within.mean() / 4))
    # Interactions: from all that is left after combinations and seeds.
    left = errors - errors.mean(1, keepdims=True) - errors.mean(0) + errors.mean()
    variance = (left**2).sum() / 21
    assert fitted.pooled == pytest.approx(variance)
    assert family.errors[3:] == pytest.approx(np.sqrt(variance * (CROSSED**2).sum(1) / 4))


def test_levels_of_unequal_numbers_share_the_variance_of_what_seeds_do_to_levels() -> None:
    """Expected mean squares by hand: a level's own counts once for each context of its factor."""
    grid = Grid((3, 2))
    errors = values(grid, 5, of_levels=1.5)
    fitted = fit(grid, errors)
    assert fitted is not None
    cube = errors.reshape(3, 2, 5)
    left = cube - cube.mean(2, keepdims=True) - cube.mean((0, 1)) + cube.mean()
    squares = 2 * (left.mean(1) ** 2).sum(), 3 * (left.mean(0) ** 2).sum()
    freedom = 2 * 4 + 1 * 4
    square = sum(squares) / freedom
    rest = ((left**2).sum() - sum(squares)) / (2 * 4)
    of_level = (square - rest) / ((8 * 2 + 4 * 3) / freedom)
    mains = np.array([grid.effect((0, 1), 0), grid.effect((1, 1), 0)])
    family = effects_family(fitted, mains, np.empty((0, 6)))
    expected = [2 / 5 * (rest / 2 + of_level), 2 / 5 * (rest / 3 + of_level)]
    assert family.errors**2 == pytest.approx(expected)


def test_seeds_that_seem_to_do_less_than_nothing_to_levels_make_no_interval_narrow() -> None:
    """Two levels of more contexts each would have a difference of mean squares that may be 0."""
    grid = Grid((3, 3, 2))
    mains = np.array([grid.effect(at, 0) for at in ((0, 1), (0, 2), (1, 1), (1, 2), (2, 1))])
    for draw in range(40):
        fitted = fit(grid, values(grid, 2, draw))
        assert fitted is not None
        below = fitted.square < fitted.rest
        own = 2 * np.array([1 / 6] * 4 + [1 / 9]) / 2 * fitted.square
        squares = fitted.errors(mains, len(mains)) ** 2
        assert (squares >= 0.999 * own).all() if below else squares[4] > own[4]


def test_a_lost_combination_is_the_sum_of_pairs_of_levels() -> None:
    errors = values(CUBE, 3)
    errors[7] = np.nan
    fitted = fit(CUBE, errors)
    assert fitted is not None and fitted.order == 2
    assert fitted.blocks.means == pytest.approx(by_dummies(errors, CUBE.terms(2)))


def test_a_lost_corner_of_two_factors_leaves_no_interaction() -> None:
    grid = Grid((2, 2))
    errors = values(grid, 3)
    errors[3] = np.nan
    fitted = fit(grid, errors)
    assert fitted is not None and fitted.order == 1
    assert fitted.blocks.means == pytest.approx(by_dummies(errors, grid.terms(1)))
    errors[1:] = np.nan
    assert fit(grid, errors) is None


def test_the_very_same_combination_counts_once() -> None:
    grid, errors = Grid((2, 2)), values(Grid((2, 2)), 3)
    errors[3] = np.nan
    fitted = fit(grid, errors, owners=[0, 1, 2, 2])
    assert fitted is not None and fitted.order == 0 and fitted.measured == 3
    assert fitted.blocks.means.tolist()[2] == fitted.blocks.means.tolist()[3]
    assert fitted.whole == 4


def test_of_one_factor_it_is_the_family_of_its_points() -> None:
    grid, errors = Grid((4,)), values(Grid((4,)), 3)
    fitted = fit(grid, errors)
    assert fitted is not None
    mains = np.array([grid.effect((0, level), 0) for level in (1, 2, 3)])
    ours = effects_family(fitted, mains, np.empty((0, 4)))
    points, seeds = np.indices(errors.shape).reshape(2, -1).tolist()
    blocks = fit_blocks(points, seeds, errors.ravel().tolist(), [0] * errors.size)
    theirs = simultaneous(blocks, mains)
    for name in ("estimates", "errors", "low", "high"):
        assert getattr(ours, name) == pytest.approx(getattr(theirs, name))
    assert ours.p == pytest.approx(theirs.p, abs=1e-4)


def test_intervals_hold_together_and_p_agrees_with_them() -> None:
    fitted = fit(CUBE, values(CUBE, 3))
    assert fitted is not None
    family = effects_family(fitted, MAINS, CROSSED)
    single, all_six = (bonferroni(fitted.freedom, number) for number in (1, 6))
    assert single < family.critical.seeds < all_six
    # Balanced contrasts are independent; main effects share a deviation, interactions another.
    draw = np.random.default_rng(3)
    z, rest = draw.standard_normal((6, 100_000)), draw.chisquare(8, 100_000)
    of_levels = draw.chisquare(6, 100_000)
    t = np.abs(z) / np.sqrt([of_levels / 6] * 3 + [(of_levels + rest) / 14] * 3)
    p = 2 * stats.t.sf(t, np.array([6] * 3 + [14] * 3)[:, None]).min(axis=0)
    expected = stats.t.isf(np.quantile(p, 0.05) / 2, 6)
    assert family.critical.seeds == pytest.approx(expected, rel=0.02)
    alone = 2 * stats.t.sf(np.abs(family.estimates / family.errors), [6] * 3 + [14] * 3)
    assert family.p == pytest.approx([(p <= each).mean() for each in alone], abs=0.01)
    excludes = (family.low > 0) | (family.high < 0)
    assert excludes.tolist() == (family.p < 0.05).tolist()


def test_without_spread_or_with_one_seed_there_is_no_interval() -> None:
    equal = np.repeat(np.arange(8.0)[:, None], 3, axis=1)
    for errors in (equal, values(CUBE, 1)):
        fitted = fit(CUBE, errors)
        assert fitted is not None and np.isnan(fitted.half_width(CUBE.mean((0, 1))))
        family = effects_family(fitted, MAINS, CROSSED)
        assert not np.isnan(family.estimates).any() and np.isnan(family.low).all()


def test_seeds_that_would_decide_have_intervals_as_wide_as_the_margin() -> None:
    fitted = fit(CUBE, values(CUBE, 3))
    assert fitted is not None
    found = effects_family(fitted, MAINS, CROSSED)
    width = float(found.high[0] - found.low[0])
    assert effect_seeds(fitted, MAINS, CROSSED, 3, width * 1.001)[0] == 3
    (needed, *_) = effect_seeds(fitted, MAINS, CROSSED, 3, width / 3)
    assert needed is not None and 10 < needed < 27  # of 3 seeds the critical t is large
    assert effect_seeds(fitted, MAINS, CROSSED, 3, width / 1e4)[0] is None

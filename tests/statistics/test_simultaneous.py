from importlib import import_module
from itertools import product

import numpy as np
import pytest
from scipy import stats

from ablate.statistics import Blocks, fit_blocks, simultaneous

TO_THE_FIRST = np.hstack([-np.ones((3, 1)), np.eye(3)])


def whole(values: np.ndarray, groups: list[int] | None = None) -> Blocks:
    cells = list(product(range(values.shape[0]), range(values.shape[1])))
    of_cells = [groups[point] for point, _ in cells] if groups else [0] * len(cells)
    return fit_blocks([p for p, _ in cells], [s for _, s in cells], list(values.flat), of_cells)


def test_one_contrast_is_a_t_interval() -> None:
    values = np.random.default_rng(0).normal(size=(2, 5))
    family = simultaneous(whole(values), np.array([[-1.0, 1.0]]))
    differences = values[1] - values[0]
    low, high = stats.t.interval(0.95, 4, loc=differences.mean(), scale=stats.sem(differences))
    assert family.low == pytest.approx([low], abs=0.03)
    assert family.high == pytest.approx([high], abs=0.03)
    assert family.p == pytest.approx([stats.ttest_rel(*values).pvalue], abs=0.01)


def test_several_are_a_multivariate_t() -> None:
    """Scipy integrates the same probability, by another method."""
    values = np.random.default_rng(1).normal(size=(4, 4))
    blocks = whole(values)
    family = simultaneous(blocks, TO_THE_FIRST)
    weights = TO_THE_FIRST @ blocks.weights
    correlation = np.corrcoef(weights)
    ends = np.full(3, family.critical.seeds)
    inside = stats.multivariate_t(shape=correlation, df=9, seed=0).cdf(ends, lower_limit=-ends)
    assert inside == pytest.approx(0.95, abs=0.004)
    # Wider than one at a time, narrower than Bonferroni.
    assert stats.t.ppf(0.975, 9) < family.critical.seeds < stats.t.ppf(1 - 0.025 / 3, 9)


def test_an_adjusted_p_is_below_a_twentieth_where_the_interval_excludes_zero() -> None:
    draw = np.random.default_rng(2)
    for shift in np.linspace(0, 4, 25):
        values = draw.normal(size=(4, 3)) + np.array([[0], [shift], [0], [0]])
        family = simultaneous(whole(values), TO_THE_FIRST)
        excludes = (family.low > 0) | (family.high < 0)
        assert (excludes == (family.p <= 0.05)).all()


def test_all_intervals_hold_together_as_often_as_they_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # A critical value of fewer draws is off by 0.04 at most, which 200 studies do not show.
    module = import_module("ablate.statistics.simultaneous")  # the door has the function
    monkeypatch.setattr(module, "DRAWS", 4_000)
    draw, truth = np.random.default_rng(3), np.array([0.0, 1.0, -2.0, 0.0])
    wrong = 0
    for _ in range(200):
        values = truth[:, None] + draw.normal(size=3) + draw.normal(size=(4, 3))
        family = simultaneous(whole(values), TO_THE_FIRST)
        true = TO_THE_FIRST @ truth
        wrong += bool(((family.low > true) | (family.high < true)).any())
    assert 1 <= wrong <= 20  # 10 expected, sd 3.1


def test_points_of_unequal_deviation_have_intervals_of_their_own() -> None:
    draw = np.random.default_rng(4)
    values = np.vstack([draw.normal(size=(2, 30)), 4 * draw.normal(size=(2, 30))])
    blocks = whole(values, [0, 0, 1, 1])
    family = simultaneous(blocks, TO_THE_FIRST)
    assert family.errors[1] > 2 * family.errors[0]


def test_far_out_where_few_draws_are_the_interval_is_bonferronis() -> None:
    values = np.random.default_rng(6).normal(size=(4, 4))
    family = simultaneous(whole(values), TO_THE_FIRST, level=0.9999)
    assert family.critical.seeds == pytest.approx(stats.t.ppf(1 - 0.00005 / 3, 9))


def test_of_few_images_the_interval_over_them_is_as_wide_as_ts() -> None:
    draw = np.random.default_rng(7)
    hard = np.array([[0.2], [0.6]]) + draw.normal(0, 0.2, (2, 12))
    outcomes = 100.0 * (draw.random((2, 4, 12)) < hard[:, None]).reshape(8, 12)
    cells = list(product(range(2), range(4)))
    points, seeds = [p for p, _ in cells], [s for _, s in cells]
    blocks = fit_blocks(points, seeds, list(outcomes.mean(axis=1)), [0] * 8, outcomes)
    critical = simultaneous(blocks, np.array([[-1.0, 1.0]])).critical
    assert critical.images == pytest.approx(stats.t.ppf(0.975, 11), abs=0.03)
    assert simultaneous(whole(draw.normal(size=(2, 4))), np.eye(2)).critical.images == 0


def test_nothing_left_of_the_values_has_no_interval() -> None:
    values = np.arange(4.0)[:, None] + np.array([0.0, 5.0, 7.0])
    family = simultaneous(whole(values), TO_THE_FIRST)
    assert family.estimates == pytest.approx([1, 2, 3])
    assert np.isnan([family.low, family.high, family.p, family.errors]).all()


def test_one_seed_has_no_interval() -> None:
    family = simultaneous(whole(np.array([[1.0], [2.0], [3.0], [4.0]])), TO_THE_FIRST)
    assert family.estimates == pytest.approx([1, 2, 3])
    assert np.isnan([family.low, family.high, family.p]).all()

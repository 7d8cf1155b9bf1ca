from itertools import product

import numpy as np
import pytest
from scipy import stats

from ablate.statistics import Blocks, fit_blocks, hang_together

POINTS, SEEDS = 4, 5


def whole(values: np.ndarray, groups: list[int] | None = None) -> Blocks:
    """Every point with every seed; `values` are (points, seeds)."""
    cells = list(product(range(values.shape[0]), range(values.shape[1])))
    of_cells = [groups[point] for point, _ in cells] if groups else [0] * len(cells)
    return fit_blocks([p for p, _ in cells], [s for _, s in cells], list(values.flat), of_cells)


def test_a_whole_design_is_the_analysis_of_variance_of_two_ways() -> None:
    values = np.random.default_rng(0).normal(size=(POINTS, SEEDS))
    blocks = whole(values)
    left = values - values.mean(1, keepdims=True) - values.mean(0) + values.mean()
    assert blocks.weights @ values.ravel() == pytest.approx(values.mean(1))
    assert blocks.residuals == pytest.approx(left.ravel())
    assert blocks.freedom == pytest.approx([(POINTS - 1) * (SEEDS - 1)])
    assert blocks.deviations == pytest.approx([np.sqrt((left**2).sum() / blocks.freedom[0])])


def test_two_points_are_a_paired_test() -> None:
    values = np.random.default_rng(1).normal(size=(2, 6))
    blocks, contrast = whole(values), np.array([-1.0, 1.0])
    weights = contrast @ blocks.weights
    t = weights @ values.ravel() / (blocks.deviations[0] * np.sqrt((weights**2).sum()))
    paired = stats.ttest_rel(values[1], values[0])
    assert t == pytest.approx(paired.statistic)
    assert blocks.freedom == pytest.approx([paired.df])


def test_a_seed_that_is_bad_for_all_is_no_deviation() -> None:
    values = np.random.default_rng(2).normal(size=(POINTS, SEEDS))
    shifted = values + np.array([0, 0, 50, 0, -20])
    assert whole(shifted).deviations == pytest.approx(whole(values).deviations)


def test_missing_cells_leave_the_others_means_alone() -> None:
    """Means are of all seeds: a point that lost its bad seed is not praised for that."""
    seeds = np.array([0.0, 4.0, -1.0])
    cells = [(p, s) for p in range(3) for s in range(3) if (p, s) != (2, 1)]
    exact = [10.0 * p + seeds[s] for p, s in cells]
    blocks = fit_blocks([p for p, _ in cells], [s for _, s in cells], exact, [0] * len(cells))
    assert blocks.weights @ np.array(exact) == pytest.approx([1, 11, 21])
    assert blocks.residuals == pytest.approx(np.zeros(8), abs=1e-9)


def test_points_without_a_seed_in_common_are_refused() -> None:
    with pytest.raises(ValueError, match="seeds in common"):
        fit_blocks([0, 0, 1, 1], [0, 1, 2, 3], [1.0, 2.0, 3.0, 4.0], [0] * 4)


def test_which_points_share_seeds() -> None:
    points, seeds = [0, 0, 1, 1, 2, 3], [0, 1, 1, 2, 2, 7]
    assert hang_together(points, seeds, 0) == {0, 1, 2}  # the third by way of the second
    assert hang_together(points, seeds, 3) == {3}
    assert hang_together(points, seeds, 4) == set()


def test_one_seed_has_no_degree_of_freedom() -> None:
    blocks = whole(np.array([[1.0], [2.0]]))
    assert blocks.freedom == pytest.approx([0])
    assert np.isnan(blocks.deviations).all()


def test_deviations_are_told_apart_where_there_is_enough_to_tell() -> None:
    draw = np.random.default_rng(3)
    loud = np.vstack([draw.normal(size=(6, 10)), 5 * draw.normal(size=(6, 10))])
    groups = [0] * 6 + [1] * 6
    assert whole(loud, groups).clearly_differ() is True
    assert whole(draw.normal(size=(12, 10)), groups).clearly_differ() is False
    assert whole(loud[:, :2], groups).clearly_differ() is None  # 5.5 degrees of freedom a side
    assert whole(loud).clearly_differ() is None  # nothing to tell apart
    assert len(whole(loud, groups).pooled().deviations) == 1


def test_a_group_that_is_louder_has_its_own_deviation() -> None:
    draw = np.random.default_rng(4)
    values = np.vstack([draw.normal(size=(20, 40)), 3 * draw.normal(size=(20, 40))])
    quiet, loud = whole(values, [0] * 20 + [1] * 20).deviations
    assert quiet == pytest.approx(1, rel=0.1) and loud == pytest.approx(3, rel=0.1)

"""Several candidates against one, recomputed by least squares and the multivariate t."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ablate.statistics import against_one

NAN = np.nan


def made(points: int, seeds: int, draw: int = 0) -> np.ndarray:
    generator = np.random.default_rng(draw)
    errors = generator.normal(0, 0.5, (points, seeds)) + generator.normal(0, 0.8, seeds)
    return 10 + errors - 0.2 * np.arange(points)[:, None]


def by_least_squares(
    errors: np.ndarray, base: int, others: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    """Differences and one-sided p of a family, from dummies for points and seeds."""
    points, seeds = np.nonzero(~np.isnan(errors))
    design = np.hstack([np.eye(len(errors))[points], np.eye(errors.shape[1])[seeds][:, 1:]])
    used = design.any(axis=0)
    design, values = design[:, used], errors[points, seeds]
    solution, squares, rank, _ = np.linalg.lstsq(design, values, rcond=None)
    freedom = len(values) - rank
    contrasts = np.zeros((len(others), len(errors) + errors.shape[1] - 1))
    for row, other in enumerate(others):
        contrasts[row, other], contrasts[row, base] = 1, -1
    contrasts = contrasts[:, used]
    covariance = contrasts @ np.linalg.inv(design.T @ design) @ contrasts.T
    covariance *= float(squares[0]) / freedom
    scale = np.sqrt(np.diag(covariance))
    differences = contrasts @ solution
    shape = covariance / np.outer(scale, scale)
    t = stats.multivariate_t(shape=shape, df=freedom, seed=1, allow_singular=True)
    p = [1 - t.cdf(np.full(len(others), -d / s)) for d, s in zip(differences, scale, strict=True)]
    return differences, np.array(p)


@pytest.mark.parametrize("missing", [(), ((1, 2), (4, 0), (0, 1))])
@pytest.mark.parametrize(("base", "others"), [(0, [1, 2, 3, 4]), (1, [3, 4])])
def test_differences_and_chances(
    missing: tuple[tuple[int, int], ...], base: int, others: list[int]
) -> None:
    errors = made(5, 3)
    for cell in missing:
        errors[cell] = NAN
    differences, chances = against_one(errors, base, others)
    expected = by_least_squares(errors, base, others)
    assert differences == pytest.approx(expected[0])
    assert chances == pytest.approx(expected[1], abs=0.008)  # 40,000 draws
    assert ((chances > 0.02) & (chances < 0.9)).any()  # what neither 0 nor 1 can stand for


def test_the_chance_is_of_a_drop_alone() -> None:
    errors = made(3, 4)
    errors[2] = errors[0] + 20 + 0.1 * errors[1]
    assert against_one(errors, 0, [2])[1][0] > 0.99
    assert against_one(errors, 2, [0])[1][0] < 0.01


def test_the_very_same_cells_count_once() -> None:
    errors = made(4, 3)
    twice = np.vstack([errors, errors[1], errors[0]])
    differences, chances = against_one(twice, 0, [2, 3, 4, 5])
    alone = against_one(errors, 0, [2, 3, 1])
    assert differences == pytest.approx([*alone[0], 0])
    assert chances[:3] == pytest.approx(alone[1])
    assert chances[3] == 1.0


def test_what_tells_nothing_is_nan() -> None:
    errors = np.array([[1.0, 2.0, NAN], [0.5, 1.5, NAN], [NAN, NAN, 0.1]])
    differences, chances = against_one(errors, 0, [1, 2])
    np.testing.assert_array_equal(differences, [-0.5, NAN])
    assert np.isnan(chances).all()  # every seed says the same: no spread is left
    nothing = against_one(np.full((2, 3), NAN), 0, [1])
    assert np.isnan(nothing).all()

import numpy as np
import pytest
from optuna._hypervolume import compute_hypervolume

from ablate.statistics import hypervolume
from ablate.statistics.hypervolume import added


def volume(points: list[tuple[float, ...]], reference: tuple[float, ...]) -> float:
    return hypervolume(np.array(points, dtype=float), np.array(reference, dtype=float))


def test_two_objectives_by_hand() -> None:
    assert volume([(1, 3), (2, 1)], (4, 4)) == 3 * 1 + 2 * 3 - 2
    assert volume([(2, 1), (1, 3), (3, 3), (1, 3)], (4, 4)) == 7  # dominated, and twice


def test_three_objectives_by_hand() -> None:
    assert volume([(0, 0, 0)], (1, 2, 3)) == 6
    # Two boxes of 2 x 2 x 1 and 1 x 1 x 2 that share 1 x 1 x 1.
    assert volume([(0, 0, 1), (1, 1, 0)], (2, 2, 2)) == 4 + 2 - 1


def test_beyond_the_reference_nothing_counts() -> None:
    assert volume([(5, 1), (4, 0)], (4, 4)) == 0
    assert volume([(5, 1), (3, 3)], (4, 4)) == 1
    assert hypervolume(np.empty((0, 2)), np.ones(2)) == 0


@pytest.mark.parametrize("objectives", [1, 2, 3, 4, 5])
def test_as_another_implementation_counts(objectives: int) -> None:
    points = np.random.default_rng(objectives).uniform(0, 1.1, (25, objectives)).round(1)
    reference = np.ones(objectives)
    within = points[(points < reference).all(axis=1)]
    expected = compute_hypervolume(within, reference)
    assert hypervolume(points, reference) == pytest.approx(expected, rel=1e-9)


def test_what_a_point_adds() -> None:
    others = np.array([(1.0, 3.0), (3.0, 1.0)])
    assert added(np.array([2.0, 2.0]), others, np.array([4.0, 4.0])) == 1
    assert added(np.array([3.0, 3.0]), others, np.array([4.0, 4.0])) == 0

import numpy as np
import pytest

from ablate.statistics import common_range, mean_weights


def integrated(costs: np.ndarray, errors: np.ndarray, low: float, high: float) -> float:
    """The mean of the curve over log cost, by many small steps."""
    places = np.linspace(np.log(low), np.log(high), 200_001)
    order = np.argsort(costs)
    return float(np.interp(places, np.log(costs)[order], errors[order]).mean())


@pytest.mark.parametrize("span", [(1.0, 100.0), (2.0, 30.0), (3.0, 3.5), (9.9, 10.1)])
def test_weights_are_those_of_the_mean_over_log_cost(span: tuple[float, float]) -> None:
    costs = np.array([10.0, 1.0, 100.0, 4.0])
    errors = np.array([5.0, 9.0, 4.5, 6.0])
    weights = mean_weights(costs, *span)
    assert weights.sum() == pytest.approx(1)
    assert weights @ errors == pytest.approx(integrated(costs, errors, *span), abs=1e-4)


def test_a_single_cost_is_the_curve_there() -> None:
    weights = mean_weights(np.array([1.0, 10.0, 100.0]), np.sqrt(10), np.sqrt(10))
    assert weights == pytest.approx([0.5, 0.5, 0])


def test_one_point_is_its_own_mean() -> None:
    assert mean_weights(np.array([7.0]), 7.0, 7.0) == pytest.approx([1])


def test_points_of_equal_cost_share_their_weight() -> None:
    assert mean_weights(np.array([1.0, 10.0, 10.0]), 1.0, 10.0) == pytest.approx([0.5, 0.25, 0.25])


def test_no_curve_is_continued_beyond_its_points() -> None:
    with pytest.raises(ValueError, match="within the points' costs, got 1 to 20"):
        mean_weights(np.array([2.0, 20.0]), 1.0, 20.0)


def test_the_common_range_is_where_all_curves_are() -> None:
    first, second = np.array([1.0, 5.0, 9.0]), np.array([20.0, 4.0])
    assert common_range([first, second]) == (4.0, 9.0)
    assert common_range([first, np.array([10.0, 20.0])]) is None
    assert common_range([first]) == (1.0, 9.0)

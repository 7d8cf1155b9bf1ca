import numpy as np
import pytest
from scipy import stats

from ablate.statistics import share_contrasts, t_interval
from ablate.statistics.intervals import share_intervals


def test_a_t_interval_is_scipy_s() -> None:
    values = np.array([10.0, 11.0, 12.5])
    assert t_interval(values) == pytest.approx(
        stats.t.interval(0.95, 2, loc=values.mean(), scale=stats.sem(values))
    )


@pytest.mark.parametrize("values", [[], [5.0], [5.0, 5.0, 5.0]])
def test_no_interval_has_no_width(values: list[float]) -> None:
    assert t_interval(np.array(values)) == (None, None)


@pytest.mark.parametrize("wrong", [0, 3, 50, 100])
def test_intervals_of_shares_are_wilson_s(wrong: int) -> None:
    low, high = share_intervals(np.array([wrong / 100]), 100)
    theirs = stats.binomtest(wrong, 100).proportion_ci(method="wilson")
    assert (low[0], high[0]) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert low[0] < high[0]


def test_the_difference_of_two_shares_is_newcombe_s() -> None:
    """56 of 70 and 48 of 80: the example of his paper (1998, table II, method 10)."""
    both = [share_intervals(np.array([share]), n) for share, n in ((56 / 70, 70), (48 / 80, 80))]
    (low_a, high_a), (low_b, high_b) = ([float(end[0]) for end in ends] for ends in both)
    difference = 56 / 70 - 48 / 80
    down = np.hypot(56 / 70 - low_a, high_b - 48 / 80)
    up = np.hypot(high_a - 56 / 70, 48 / 80 - low_b)
    assert (difference - down, difference + up) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    # Ours, of equal numbers of images.
    shares = np.array([0.8, 0.6])
    low, high = share_intervals(shares, 70)
    found = share_contrasts(np.array([[1.0, -1.0]]), shares, 70)
    expected_low = 0.2 - np.hypot(0.8 - low[0], high[1] - 0.6)
    expected_high = 0.2 + np.hypot(high[0] - 0.8, 0.6 - low[1])
    assert np.ravel(found) == pytest.approx([expected_low, expected_high])


def test_shares_that_are_equal_have_an_interval_around_nothing() -> None:
    low, high = share_contrasts(np.array([[1.0, -1.0]]), np.array([0.0, 0.0]), 400)
    assert low[0] < 0 < high[0] and high[0] == pytest.approx(-low[0])

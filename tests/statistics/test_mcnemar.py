import pytest
from scipy import stats

from ablate.statistics import holm, mcnemar


@pytest.mark.parametrize("counts", [(0, 1), (10, 3), (3, 10), (7, 7), (40, 61)])
def test_p_is_of_a_fair_coin(counts: tuple[int, int]) -> None:
    assert mcnemar(*counts) == pytest.approx(stats.binomtest(counts[0], sum(counts)).pvalue)


def test_networks_that_get_the_same_images_wrong_do_not_differ() -> None:
    assert mcnemar(0, 0) == 1.0


def test_holm_steps_down_from_the_smallest() -> None:
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.5, 0.9]).tolist() == [1.0, 1.0] and holm([]).tolist() == []

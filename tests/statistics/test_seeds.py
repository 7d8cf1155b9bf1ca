from itertools import product

import numpy as np
import pytest

from ablate.statistics import Blocks, fit_blocks, seeds_needed, simultaneous, verdict
from ablate.statistics.seeds import MOST_SEEDS

TO_THE_FIRST = np.hstack([-np.ones((3, 1)), np.eye(3)])


def whole(values: np.ndarray) -> Blocks:
    cells = list(product(range(values.shape[0]), range(values.shape[1])))
    points, seeds = [p for p, _ in cells], [s for _, s in cells]
    return fit_blocks(points, seeds, list(values.flat), [0] * len(cells))


def of_deviation_one(seeds: int) -> np.ndarray:
    """(4, seeds) values whose pooled deviation is exactly 1."""
    values = np.random.default_rng(seeds).normal(size=(4, seeds))
    return values / whole(values).deviations[0]


def test_with_so_many_seeds_the_interval_is_as_narrow_and_with_one_less_it_is_not() -> None:
    (needed, *_) = seeds_needed(whole(of_deviation_one(3)), TO_THE_FIRST, 3, margin=1.0)
    assert needed is not None
    widths = {}
    for seeds in (needed - 1, needed):
        values = of_deviation_one(seeds)
        family = simultaneous(whole(values), TO_THE_FIRST)
        widths[seeds] = family.high[0] - family.low[0]
    assert widths[needed] <= 1.02 and widths[needed - 1] > 0.98


def test_with_so_many_seeds_nothing_is_undecided_whatever_comes_out() -> None:
    """With half as many a difference of half the margin would be undecided."""
    (needed, *_) = seeds_needed(whole(of_deviation_one(3)), TO_THE_FIRST, 3, margin=1.0)
    assert needed is not None
    spreads = {seeds: of_deviation_one(seeds) for seeds in (needed // 2, needed)}
    seen = {}
    for seeds, values in spreads.items():
        centred = values - values.mean(axis=1, keepdims=True)
        found = set()
        for shift in np.linspace(-1.5, 1.5, 61):
            moved = centred + np.array([[0.0], [shift], [0.0], [0.0]])
            family = simultaneous(whole(moved), TO_THE_FIRST)
            found.add(verdict(family.low[0], family.high[0], 1.02))
        seen[seeds] = found
    assert "undecided" not in seen[needed] and "equal" in seen[needed]
    assert "undecided" in seen[needed // 2]


def test_what_was_seen_does_not_count() -> None:
    values = of_deviation_one(3)
    moved = values + np.array([[0], [3], [-5], [0.1]])
    same = [seeds_needed(whole(v), TO_THE_FIRST, 3, margin=0.5) for v in (values, moved)]
    assert same[0] == same[1]


def test_half_the_margin_takes_about_four_times_the_seeds() -> None:
    blocks = whole(of_deviation_one(5))
    (wide, *_), (narrow, *_) = (
        seeds_needed(blocks, TO_THE_FIRST, 5, margin=margin) for margin in (0.6, 0.3)
    )
    assert wide is not None and narrow is not None
    assert narrow / wide == pytest.approx(4, rel=0.15)


def test_more_than_anyone_trains_is_none() -> None:
    assert seeds_needed(whole(of_deviation_one(3)), TO_THE_FIRST, 3, margin=0.01) == [None] * 3
    assert MOST_SEEDS == 1_000


def test_a_margin_is_positive() -> None:
    with pytest.raises(ValueError, match="margin > 0, got 0"):
        seeds_needed(whole(of_deviation_one(3)), TO_THE_FIRST, 3, margin=0)

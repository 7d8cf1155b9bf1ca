"""The nearest whole number, and pair of them, against trying all."""

from __future__ import annotations

import random

import pytest

from ablate.costs.nearest import FEW, nearest_pair, nearest_value


def rising(seed: int, count: int) -> list[float]:
    """Costs that never fall, some of them equal, from minus infinity on now and then."""
    generator = random.Random(seed)
    costs = [float("-inf")] * generator.choice([0, 0, 3])
    while len(costs) < count:
        last = max(costs[-1], 0.0) if costs else 0.0
        costs.append(last + generator.choice([0, 1, 2, 5, 30]))
    return costs


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("guess", [None, 4, 10, 43])
def test_the_nearest_value_is_that_of_trying_all(seed: int, guess: int | None) -> None:
    values = range(4, 47, 3)
    costs = dict(zip(values, rising(seed, len(values)), strict=True))
    for target in (0.5, 7, 33.0, 100, 1e6):
        best = min(values, key=lambda v: (abs(costs[v] - target), -v))
        found = nearest_value(values, costs.__getitem__, target, guess)
        assert abs(costs[found] - target) == abs(costs[best] - target)


def test_of_two_that_are_as_near_it_is_the_larger() -> None:
    assert nearest_value(range(1, 50), lambda v: 10.0 * v, 25) == 3
    assert nearest_value([1, 2, 3], lambda v: 10.0 * v, 25) == 3


def test_a_few_values_need_not_be_in_order() -> None:
    costs = {121: 7.0, 161: 26.5, 169: 12.5, 201: 18.0}
    assert len(costs) <= FEW
    assert nearest_value(list(costs), costs.__getitem__, 13) == 169


def test_values_far_above_the_answer_are_not_looked_at() -> None:
    seen: list[int] = []

    def cost_of(value: int) -> float:
        seen.append(value)
        return float(value)

    assert nearest_value(range(1, 1025), cost_of, 37) == 37
    assert max(seen) < 4 * 37
    seen.clear()
    assert nearest_value(range(1, 1025), cost_of, 12.2, guess=11) == 12
    assert min(seen) >= 10 and max(seen) <= 14


def weight(first: int, second: int) -> float:
    return float(first * second * second)


@pytest.mark.parametrize("target", [400, 1000, 4321, 20_000])
@pytest.mark.parametrize("tolerance", [0.01, 0.05, 0.2])
def test_the_pair_is_the_usual_one_that_is_within_tolerance(target: int, tolerance: float) -> None:
    firsts, seconds, usual = range(4, 64, 3), range(1, 200), 12
    found = nearest_pair(firsts, seconds, weight, target, usual=usual, tolerance=tolerance)
    # For each first value its nearest second one; of those within tolerance the most usual.
    pairs = [(f, min(seconds, key=lambda s: (abs(weight(f, s) - target), -s))) for f in firsts]
    within = [p for p in pairs if abs(weight(*p) - target) <= tolerance * target]
    assert within
    assert found == min(within, key=lambda p: (abs(p[1] - usual), abs(weight(*p) - target), -p[0]))


def test_without_a_pair_within_tolerance_it_is_the_nearest() -> None:
    found = nearest_pair(range(4, 64, 3), range(1, 200), weight, 1000.5, usual=12, tolerance=1e-9)
    pairs = [(f, s) for f in range(4, 64, 3) for s in range(1, 200)]
    assert abs(weight(*found) - 1000.5) == min(abs(weight(*p) - 1000.5) for p in pairs)
    assert found == (10, 10)

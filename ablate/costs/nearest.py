"""Whole numbers whose cost is nearest to a target: one setting, or two of which one stays usual."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import partial

FEW = 8  # values that are all tried: they need not be in the order of their costs
REACH = 8  # first values tried to each side, of two settings


def nearest_value(
    values: Sequence[int], cost_of: Callable[[int], float], target: float, guess: int | None = None
) -> int:
    """Ascending values, whose costs rise -> the one whose cost is nearest; of two, the larger.

    A `guess`, one of the values, is where the search begins.
    """
    if len(values) > FEW:
        start = 0 if guess is None else values.index(guess)
        index = _reaching(values, cost_of, target, start)
        values = values[max(0, index - 1) : index + 1]
    return min(values, key=lambda value: (abs(cost_of(value) - target), -value))


def nearest_pair(
    firsts: Sequence[int],
    seconds: Sequence[int],
    cost_of: Callable[[int, int], float],
    target: float,
    *,
    usual: int,
    tolerance: float,
) -> tuple[int, int]:
    """Values of two settings -> the pair within `tolerance` whose second is nearest to `usual`.

    Then the one nearest to the target, then the one of the larger first value. Many pairs cost the
    same, and the nearest of all may be a network nobody would build: very deep and very narrow.
    Tried are the first values on both sides of where the target is met at the usual second one,
    each with the second value nearest to the target. Where no pair is within `tolerance`, a share
    of the target, it is the nearest of those tried.
    """

    def off(pair: tuple[int, int]) -> float:
        return abs(cost_of(*pair) - target)

    start = _reaching(firsts, lambda first: cost_of(first, usual), target, 0)
    within: list[tuple[int, int]] = []
    tried: list[tuple[int, int]] = []
    for side in (firsts[max(0, start - REACH) : start][::-1], firsts[start : start + REACH]):
        second = usual
        for first in side:
            second = nearest_value(seconds, partial(cost_of, first), target, second)
            pair = first, second
            tried.append(pair)
            if off(pair) <= tolerance * target:
                within.append(pair)
                break  # farther out the second value is farther from the usual one
    if within:
        return min(within, key=lambda pair: (abs(pair[1] - usual), off(pair), -pair[0]))
    return min(tried, key=lambda pair: (off(pair), -pair[0]))


def _reaching(
    values: Sequence[int], cost_of: Callable[[int], float], target: float, start: int
) -> int:
    """Index of the first value that costs at least `target`; their number where none does.

    From `start` outward: a network of a thousand layers takes long to count.
    """
    low = high = start
    stride = 1
    while low > 0 and cost_of(values[low - 1]) >= target:
        low, high, stride = max(0, low - stride), low - 1, 2 * stride
    while high < len(values) and cost_of(values[high]) < target:
        low, high, stride = high + 1, min(len(values), high + stride), 2 * stride
    return bisect_left(values, target, low, high, key=cost_of)

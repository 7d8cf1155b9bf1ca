"""How many points a space has, conditions counted right, without listing them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from ablate.space.conditions import Condition
from ablate.space.ranges import Choice, Range
from ablate.text import is_number

Truths = frozenset[tuple[int, int]]  # (knob, condition of it) that hold


def count_points(knobs: Sequence[tuple[str, Range, tuple[Condition, ...]]]) -> int | None:
    """(name, range, conditions) of each knob, in an order that they allow -> number of points.

    None where some range is continuous.
    """
    if any(range_.values is None for _, range_, _ in knobs):
        return None

    @cache
    def count(index: int, truths: Truths) -> int:
        """Points of the knobs from `index` on, given which of their conditions hold."""
        if index == len(knobs):
            return 1
        name, range_, when = knobs[index]
        later = frozenset(truth for truth in truths if truth[0] > index)
        if any((index, number) not in truths for number in range(len(when))):
            return count(index + 1, later)
        asked = {
            (knob, number): condition
            for knob, (_, _, conditions) in enumerate(knobs)
            for number, condition in enumerate(conditions)
            if condition.key == name
        }
        groups: Counter[Truths] = Counter()
        for value, number in _alike(range_, list(asked.values())):
            groups[frozenset(t for t, c in asked.items() if c.met_by(value))] += number
        return sum(n * count(index + 1, later | met) for met, n in groups.items())

    return count(0, frozenset())


def _alike(range_: Range, conditions: Sequence[Condition]) -> Iterator[tuple[Any, int]]:
    """(a value, how many neighbours meet the same conditions), until all values are told."""
    if isinstance(range_, Choice):
        yield from ((option, 1) for option in range_.options)
        return
    values: Any = range_.values
    numbers = [value for c in conditions for value in c.values if is_number(value)]
    cuts = {0, len(values)}
    for number in numbers:
        cuts |= {bisect_left(values, number), bisect_right(values, number)}
    edges = sorted(cuts)
    for start, end in pairwise(edges):
        yield values[start], end - start

"""The size of a space: as long as its grid, without listing it."""

from __future__ import annotations

import pytest

from ablate.space import Choice, Condition, FloatRange, IntRange, Knob, Space
from ablate.space.conditions import parse_condition
from ablate.space.counting import count_points


def size(*knobs: Knob) -> int | None:
    return count_points([(knob.name, knob.range, knob.when) for knob in knobs])


A = Knob("a", IntRange(1, 9, 2))
B = Knob("b", Choice((None, "x", 3)))


@pytest.mark.parametrize(
    "when",
    [
        (parse_condition("a", ">= 4"),),
        (parse_condition("a", "!= 5"), parse_condition("b", [None, 3])),
        (parse_condition("a", 2),),
        (parse_condition("b", "> 2"), parse_condition("a", "< 100")),
    ],
)
def test_conditions_are_counted_as_they_are_listed(when: tuple[Condition, ...]) -> None:
    c = Knob("c", FloatRange(0.1, 0.5, 0.1), when)
    d = Knob("d", IntRange(1, 3), (parse_condition("c", ">= 0.3"), parse_condition("a", "<= 7")))
    knobs = (A, B, c, d)
    assert size(*knobs) == len(list(Space(knobs, {}).grid()))


def test_counting_lists_no_points() -> None:
    """There are more than any machine could list."""
    knobs = [Knob(f"k{i}", IntRange(1, 10**6)) for i in range(20)]
    hanging = Knob("h", IntRange(1, 10), (parse_condition("k3", "> 10"),))
    assert size(*knobs, hanging) == 10**114 * (10 + (10**6 - 10) * 10)


def test_a_continuous_range_has_no_count() -> None:
    assert size(A, Knob("f", FloatRange(0.0, 1.0))) is None

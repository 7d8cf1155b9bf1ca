"""Ranges: their values, snapping to them, and which covers which."""

from __future__ import annotations

from typing import Any

import pytest

from ablate.space import Choice, FloatRange, IntRange
from ablate.space.ranges import Range, ends, same


@pytest.mark.parametrize(
    ("raw", "value"), [(6, 6), (7.1, 8), (6.9, 6), (47.1, 48), (48, 48), (99, 48), (-5, 6)]
)
def test_whole_numbers_snap_to_the_nearest_step(raw: float, value: int) -> None:
    found = IntRange(6, 48, step=2).snap(raw)
    assert found == value and isinstance(found, int)


def test_steps_of_decimals_are_exact_as_written() -> None:
    found = FloatRange(0.1, 1.0, step=0.1)
    assert list(found.values or ()) == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    assert 0.1 + 2 * 0.1 != 0.3  # what floats would make of it
    assert found.snap(0.1 + 2 * 0.1) == 0.3
    assert FloatRange(0.25, 1.0, step=0.05).snap(0.6500000000000001) == 0.65
    assert found.snap(7) == 1.0 and found.snap(0.0) == 0.1


def test_decimals_without_a_step_keep_four_digits() -> None:
    found = FloatRange(1e-5, 0.3, log=True)
    assert found.snap(0.123456) == 0.1235
    assert found.snap(0.000012344) == 1.234e-05


def test_decimals_without_a_step_stay_in_the_range() -> None:
    found = FloatRange(0.123456, 0.987654)
    assert (found.snap(0.1234567), found.snap(0.98765)) == (0.1235, 0.9877 - 0.000046)
    assert found.snap(0.123456) == 0.123456 and found.snap(2) == 0.987654


def test_snapping_twice_changes_nothing() -> None:
    ranges: list[Range] = [FloatRange(0.123456, 0.9), FloatRange(0.1, 1.0, 0.3), IntRange(1, 9, 4)]
    for found in ranges:
        for raw in (0.123456, 0.2, 0.77777, 0.9, 5.4):
            assert found.snap(found.snap(raw)) == found.snap(raw)


def test_a_choice_takes_only_its_options() -> None:
    found = Choice((None, 1, "log"))
    assert [found.snap(option) for option in (None, 1, "log")] == [None, 1, "log"]
    with pytest.raises(ValueError, match=r"must be one of \[null, 1, 'log'\], got true"):
        found.snap(True)


def test_one_is_not_true() -> None:
    assert same(1, 1.0) and same(None, None)
    assert not same(1, True) and not same(0, False) and not same("1", 1)


def test_only_decimals_without_steps_cannot_be_counted() -> None:
    assert FloatRange(0.0, 1.0).values is None
    assert list(FloatRange(0.5, 0.5).values or ()) == [0.5]
    assert list(IntRange(1, 64, log=True).values) == list(range(1, 65))
    assert Choice(("a",)).values == ("a",)


def test_ends_are_what_a_person_wrote() -> None:
    assert ends(IntRange(6, 48, 2)) == (6, 48)
    assert ends(FloatRange(0.5, 0.5)) == (0.5,)
    assert ends(Choice((None, 4))) == (None, 4)


@pytest.mark.parametrize(
    ("new", "old", "covers"),
    [
        (IntRange(6, 48, 2), IntRange(6, 48, 2), True),
        (IntRange(4, 60, 2), IntRange(6, 48, 2), True),
        (IntRange(6, 48), IntRange(6, 48, 2), True),
        (IntRange(6, 48, 2), IntRange(6, 48), False),
        (IntRange(7, 49, 2), IntRange(8, 48, 2), False),
        (IntRange(6, 48, 4), IntRange(10, 10), True),
        (IntRange(12, 48), IntRange(6, 48), False),
        (IntRange(6, 48, log=True), IntRange(6, 48), False),
        (IntRange(6, 48), FloatRange(6, 48), False),
        (FloatRange(0.0, 1.0), FloatRange(0.1, 1.0, 0.1), True),
        (FloatRange(0.1, 1.0, 0.1), FloatRange(0.2, 0.8, 0.2), True),
        (FloatRange(0.1, 1.0, 0.1), FloatRange(0.1, 1.0), False),
        (FloatRange(0.1, 1.0, 0.1), FloatRange(0.15, 0.95, 0.1), False),
        (FloatRange(0.1, 1.0, 0.3), FloatRange(0.7, 0.7), True),
        (FloatRange(0.1, 1.0, log=True), FloatRange(0.1, 1.0), False),
        (Choice((1, 2, 3)), Choice((3, 1)), True),
        (Choice((1, 2)), Choice((True,)), False),
        (Choice((1, 2)), IntRange(1, 2), False),
    ],
)
def test_covering(new: Range, old: Range, covers: bool) -> None:
    assert new.covers(old) is covers


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (IntRange(6, 48), "6..48"),
        (IntRange(6, 48, 2), "6..48 in steps of 2"),
        (FloatRange(1e-5, 0.001, log=True), "1e-05..0.001 by ratio"),
        (FloatRange(0.1, 1.0, 0.1), "0.1..1 in steps of 0.1"),
        (Choice((None, "log")), "[null, 'log']"),
    ],
)
def test_text(found: Any, text: str) -> None:
    assert str(found) == text

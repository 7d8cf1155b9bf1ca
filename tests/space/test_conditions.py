"""Conditions: how they are written, and when they hold."""

from __future__ import annotations

from typing import Any

import pytest

from ablate.space import Choice, Condition, FloatRange, IntRange
from ablate.space.conditions import meeting, parse_condition


@pytest.mark.parametrize(
    ("written", "met", "unmet"),
    [
        (">= 24", [24, 24.5], [23, None, "24", True]),
        ("> 24", [25], [24]),
        ("<=0.5", [0.5, -1], [0.51]),
        ("< 1e-3", [0.0], [0.001]),
        ("== log", ["log"], ["dense", None]),
        ("!= log", ["dense", None, 3], ["log"]),
        ("!= null", [4], [None]),
        ("log", ["log"], ["dense"]),
        (None, [None], [0, False]),
        (1, [1], [True, 2]),
        (True, [True], [1]),
        (["dense", None, 4], ["dense", None, 4], ["log", 0]),
    ],
)
def test_meeting_a_condition(written: Any, met: list[Any], unmet: list[Any]) -> None:
    condition = parse_condition("x", written)
    assert all(condition.met_by(value) for value in met)
    assert not any(condition.met_by(value) for value in unmet)


@pytest.mark.parametrize(
    "written", ["= 3", "=> 3", ">", "== [1", "< .inf", float("nan"), {"a": 1}, [], [[1]], "== [1]"]
)
def test_what_is_no_condition(written: Any) -> None:
    with pytest.raises(ValueError, match="must be a value, a list of values, or a text like"):
        parse_condition("x", written)


def test_order_is_of_numbers() -> None:
    with pytest.raises(ValueError, match="must compare with a number, got '>= many'"):
        parse_condition("x", ">= many")


def test_a_condition_on_a_knob_that_does_not_exist_is_false() -> None:
    for written in ("!= 3", ">= 3", 3):
        assert not parse_condition("x", written).holds({"y": 3})
    assert parse_condition("x", "!= 3").holds({"x": 4})


def test_text() -> None:
    assert str(parse_condition("x", ">=24")) == "x >= 24"
    assert str(parse_condition("x", ["a", 1])) == "x == ['a', 1]"


def test_a_value_that_meets_conditions_is_found_wherever_there_is_one() -> None:
    long = IntRange(1, 10**9, 3)
    middle = [Condition("x", ">", (500,)), Condition("x", "<", (505,))]
    assert meeting(long, middle) == [502]
    assert meeting(long, [Condition("x", "==", (5,))]) == []
    thin = [Condition("x", ">", (0.5,)), Condition("x", "<", (0.50001,))]
    (found,) = meeting(FloatRange(0.0, 1.0), thin)
    assert isinstance(found, float) and 0.5 < found < 0.50001
    assert meeting(Choice((None, 1, 4)), [Condition("x", ">", (1,))]) == [4]

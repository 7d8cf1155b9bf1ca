"""What can never be built: found in little time, the same at every call, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from ablate.space import Choice, FloatRange, IntRange, Knob, Space
from ablate.space.buildable import MOST_FAILURES, SMALL, TRIES, Broken, dead
from ablate.space.conditions import parse_condition
from ablate.text import Scalar

LARGE = Knob("large", IntRange(1, 10 * SMALL))  # so that not all points are tried


class Rules:
    """A family with rules of its own, that counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, values: Mapping[str, Scalar]) -> Broken:
        self.asked += 1
        broken = []
        if values.get("depth") == 41:
            broken.append(("depth", f"got 41 with {values.get('width')}"))
        if values.get("depth") == 25 and values.get("width") != 4:
            broken.append(("depth", "25 goes with 4 only"))
        if values.get("share") == 0.0:
            broken.append(("share", "must be > 0"))
        return broken


DEPTH = Knob("depth", Choice((22, 25, 41)))
WIDTH = Knob("width", Choice((None, 2, 4)))


def found(*knobs: Knob) -> list[tuple[str, Scalar]]:
    return [(one.knob, one.value) for one in dead(Space(knobs, {}), Rules())]


def test_combinations_may_be_broken_but_options_must_build_somewhere() -> None:
    assert found(DEPTH, WIDTH) == [("depth", 41)]
    assert found(DEPTH, WIDTH, LARGE) == [("depth", 41)]


def test_the_rule_that_was_broken_is_told() -> None:
    (one,) = dead(Space((DEPTH, WIDTH), {}), Rules())
    assert ("depth", "got 41 with 2") in one.rules


def test_bounds_must_build_too() -> None:
    assert found(LARGE, Knob("share", FloatRange(0.0, 1.0))) == [("share", 0.0)]


def test_an_option_behind_conditions_is_reached() -> None:
    rare = Knob("rare", IntRange(1, 10**6), (parse_condition("large", 7),))
    rarer = Knob("rarer", Choice((1, 2)), (parse_condition("rare", [123_456]),))
    assert found(LARGE, rare, rarer) == []


def test_a_knob_that_is_never_there_is_told() -> None:
    a = Knob("a", Choice((1, 2)), (parse_condition("large", "> 9"),))
    b = Knob("b", Choice((1,)), (parse_condition("a", 1), parse_condition("large", "< 9")))
    (one,) = dead(Space((LARGE, a, b), {}), Rules())
    assert (one.knob, one.rules) == ("b", ())


def test_what_is_wrong_everywhere_is_told_once() -> None:
    only = Knob("depth", Choice((41,)))
    zero = Knob("share", FloatRange(0.0, 0.0))
    rules = Rules()
    told = dead(Space((only, zero, LARGE), {}), rules)
    assert [(one.knob, one.rules[0][0]) for one in told] == [("", "depth"), ("", "share")]
    assert rules.asked <= MOST_FAILURES


def test_tries_are_bounded_and_repeatable() -> None:
    rules, again = Rules(), Rules()
    space = Space((DEPTH, WIDTH, LARGE), {})
    assert dead(space, rules) == dead(space, again)
    assert rules.asked == again.asked < TRIES + 50


def test_a_space_of_many_knobs_takes_no_more_tries() -> None:
    knobs = [Knob(f"k{i}", IntRange(1, 9), ()) for i in range(40)]
    rules = Rules()
    (one,) = dead(Space((*knobs, DEPTH, WIDTH), {}), rules)
    assert (one.knob, one.value) == ("depth", 41)
    assert rules.asked < TRIES + 2 * len(knobs) + 50

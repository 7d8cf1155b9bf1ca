"""Laws of ranges and spaces, whatever they are: covering, snapping, counting."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import assume, example, given
from hypothesis import strategies as st

from ablate.space import Choice, FloatRange, IntRange, Knob, Space
from ablate.space.conditions import parse_condition


@st.composite
def whole(draw: st.DrawFn) -> IntRange:
    low = draw(st.integers(-5, 12))
    return IntRange(low, low + draw(st.integers(0, 14)), draw(st.integers(1, 4)))


@st.composite
def decimals(draw: st.DrawFn) -> FloatRange:
    """With a step, as a file has them: tenths or hundredths, both ends on the grid."""
    unit = draw(st.sampled_from([Decimal("0.1"), Decimal("0.05"), Decimal("0.01")]))
    low = draw(st.integers(-10, 20)) * unit
    step = draw(st.integers(1, 4)) * unit
    high = low + draw(st.integers(0, 12)) * step
    return FloatRange(float(low), float(high), float(step))


scalars = st.one_of(st.none(), st.booleans(), st.integers(-3, 9), st.sampled_from("abcx"))


def distinct(values: list[Any]) -> bool:
    return len({(type(value), value) for value in values}) == len(values)


choices = st.lists(scalars, min_size=1, max_size=4).filter(distinct).map(tuple).map(Choice)
ranges: st.SearchStrategy[Any] = st.one_of(whole(), decimals(), choices)


def members(range_: Any) -> set[tuple[type, Any]]:
    values = range_.values
    assert values is not None
    return {(type(value), value) for value in values}


@given(st.one_of(*(st.tuples(kind, kind) for kind in (whole(), decimals(), choices))))
@example((IntRange(0, 9, 3), IntRange(0, 9, 6)))
@example((FloatRange(0.1, 0.7, 0.2), FloatRange(0.3, 0.3, 0.1)))
def test_a_range_covers_another_whose_every_value_it_has(pair: tuple[Any, Any]) -> None:
    one, other = pair
    assert one.covers(other) == (members(other) <= members(one))


@given(ranges, st.data())
def test_a_value_of_a_range_is_its_own_nearest(range_: Any, data: st.DataObject) -> None:
    values = range_.values
    assert values is not None
    value = data.draw(st.sampled_from(list(values)))
    assert range_.snap(value) == value


@st.composite
def spaces(draw: st.DrawFn) -> tuple[Knob, ...]:
    """Knobs whose conditions ask of knobs before them."""
    knobs: list[Knob] = []
    for number in range(draw(st.integers(1, 4))):
        range_ = draw(st.one_of(whole(), choices))
        when = []
        for asked in draw(st.lists(st.sampled_from(knobs), max_size=2)) if knobs else []:
            if isinstance(asked.range, Choice):
                condition: Any = list(draw(st.lists(st.sampled_from(asked.range.options))))
                assume(condition)
            else:
                sign = draw(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]))
                condition = f"{sign} {draw(st.integers(-6, 26))}"
            when.append(parse_condition(asked.name, condition))
        knobs.append(Knob(f"k{number}", range_, tuple(when)))
    return tuple(knobs)


@given(spaces())
def test_a_space_is_as_large_as_its_grid_is_long(knobs: tuple[Knob, ...]) -> None:
    space = Space(knobs, {})
    assert space.size == len(list(space.grid()))

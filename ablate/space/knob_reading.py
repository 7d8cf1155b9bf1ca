"""Ranges with the conditions they were written with -> knobs in order, with every fault."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ablate.space.conditions import Condition, meeting, parse_condition
from ablate.space.ranges import Choice, Range
from ablate.space.space import Knob
from ablate.text import Path, Reader, Scalar, near_miss, show


@dataclass(frozen=True)
class Written:
    """A range as it was found in a file."""

    name: str  # of its knob
    path: Path  # in the tree
    range: Range | None  # None: faulty, and told so
    when: tuple[tuple[str, Any], ...] = ()  # knob or setting -> what it must be, as written
    option: Condition | None = None  # that its option is chosen, for a range inside a choice


def knobs_of(
    reader: Reader,
    written: Sequence[Written],
    fixed: Mapping[str, Scalar],
    chosen: Collection[str],
) -> tuple[Knob, ...]:
    """Written ranges -> knobs in an order that their conditions allow, with faults.

    A condition on a `fixed` setting is decided here: a knob that it rules out is no knob. Unless
    the setting is `chosen`, not just left at its default, that is a fault: nobody can mean it.
    """
    ranges = {one.name: one.range for one in written}
    conditions: dict[str, tuple[Condition, ...]] = {}
    absent: set[str] = set()
    for one in written:
        own = [one.option] if one.option else []
        for key, wanted in one.when:
            condition = _condition(reader, one, key, wanted, ranges, fixed)
            if condition and key in ranges:
                own.append(condition)
            elif condition and not condition.met_by(fixed[key]):
                absent.add(one.name)
                if key not in chosen:
                    rule = f"can never hold: {key} is no knob here and is {show(fixed[key])}"
                    message = f"{rule} by default, got {show(wanted)}"
                    reader.fault((*one.path, "when", key), message)
        conditions[one.name] = tuple(own)
    ordered = _ordered(reader, written, conditions)
    for one in ordered:
        if any(condition.key in absent for condition in conditions[one.name]):
            absent.add(one.name)
    return tuple(
        Knob(one.name, one.range, conditions[one.name])
        for one in ordered
        if one.range is not None and one.name not in absent
    )


def _condition(
    reader: Reader,
    one: Written,
    key: str,
    wanted: Any,
    ranges: Mapping[str, Range | None],
    fixed: Mapping[str, Scalar],
) -> Condition | None:
    """An entry of a `when:` -> condition; None with its fault."""
    path = (*one.path, "when", key)
    if key not in ranges and key not in fixed:
        hint = near_miss(key, [*ranges, *fixed]) or f"; knobs: {', '.join(ranges)}"
        reader.fault(path, f"no knob or setting `{key}`{hint}")
        return None
    try:
        condition = parse_condition(key, wanted)
    except ValueError as error:
        reader.fault(path, str(error))
        return None
    range_ = ranges.get(key)
    if range_ is not None and not meeting(range_, [condition]):
        rule = f"must be met by some value of {key}, {range_}"
        hint = _near_option(range_, condition.values)
        reader.fault(path, f"{rule}, got {show(wanted)}{hint}")
        return None
    return condition


def _near_option(range_: Range, values: Iterable[Scalar]) -> str:
    texts = [value for value in values if isinstance(value, str)]
    if not isinstance(range_, Choice) or len(texts) != 1:
        return ""
    return near_miss(texts[0], [text for text in range_.options if isinstance(text, str)])


def _ordered(
    reader: Reader,
    written: Sequence[Written],
    conditions: Mapping[str, tuple[Condition, ...]],
) -> list[Written]:
    """As written, but each behind those that its conditions name; a circle is a fault."""
    ordered: list[Written] = []
    left = list(written)
    while left:
        names = {one.name for one in left}
        free = [one for one in left if not {c.key for c in conditions[one.name]} & names]
        if not free:
            circle = ", ".join(one.name for one in left)
            message = f"conditions go in a circle, so that none comes first: {circle}"
            reader.fault((*left[0].path, "when"), message)
            return ordered
        ordered.append(free[0])
        left.remove(free[0])
    return ordered

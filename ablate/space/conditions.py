"""Conditions: `when: {growth_rate: ">= 24"}` says when a knob exists."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ablate.errors import SpecError
from ablate.space.ranges import Choice, FloatRange, Range, same
from ablate.text import Scalar, is_number, read_yaml, show

ORDER: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
OPERATORS = (*ORDER, "==", "!=")
RULE = f"must be a value, a list of values, or a text like '>= 24' with {' '.join(OPERATORS)}"


@dataclass(frozen=True)
class Condition:
    """What another knob must be. False where that knob does not exist itself."""

    key: str  # the other knob's name
    operator: str  # one of OPERATORS
    values: tuple[Scalar, ...]  # one; with == any number, one of which it must be

    def met_by(self, value: Any) -> bool:
        """Whether a value of the other knob meets it."""
        if self.operator in ORDER:
            return is_number(value) and ORDER[self.operator](value, self.values[0])
        equal = any(same(value, wanted) for wanted in self.values)
        return equal == (self.operator == "==")

    def holds(self, values: Mapping[str, Scalar]) -> bool:
        """Whether it holds, given the values of the knobs that exist."""
        return self.key in values and self.met_by(values[self.key])

    def __str__(self) -> str:
        wanted = self.values[0] if len(self.values) == 1 else self.values
        return f"{self.key} {self.operator} {show(wanted)}"


def parse_condition(key: str, written: Any) -> Condition:
    """The right side of a `when:` entry -> condition. Raises ValueError."""
    if not isinstance(written, str) or not re.match(r"\s*[<>=!]", written):
        wanted = written if isinstance(written, list) else [written]
        if not wanted or not all(map(_is_plain, wanted)):
            raise ValueError(f"{RULE}, got {show(written)}")
        return Condition(key, "==", tuple(wanted))
    found = re.fullmatch(r"\s*(>=|<=|==|!=|>|<)\s*([^=\s].*?)\s*", written)
    if not found:
        raise ValueError(f"{RULE}, got {show(written)}")
    try:
        value = read_yaml(found[2], key).plain()
    except SpecError:
        raise ValueError(f"{RULE}, got {show(written)}") from None
    if not _is_plain(value):
        raise ValueError(f"{RULE}, got {show(written)}")
    if found[1] in ORDER and not is_number(value):
        raise ValueError(f"must compare with a number, got {show(written)}")
    return Condition(key, found[1], (value,))


def _is_plain(value: Any) -> bool:
    """Whether a knob may have that value: a scalar, and no infinity."""
    finite = not isinstance(value, float) or math.isfinite(value)
    return finite and not isinstance(value, list | dict)


def meeting(range_: Range, conditions: Sequence[Condition]) -> list[Scalar]:
    """Values of a range that meet all conditions; empty where none does.

    Of a long range only some: its ends, and those around each number of a condition. Conditions
    change nowhere else, so that a value is found where there is one.
    """
    return [v for v in probes(range_, conditions) if all(c.met_by(v) for c in conditions)]


def probes(range_: Range, conditions: Sequence[Condition]) -> list[Scalar]:
    """Values of a range among which every combination of its conditions' truths is found."""
    if isinstance(range_, Choice):
        return list(range_.options)
    numbers = [value for c in conditions for value in c.values if is_number(value)]
    marks: set[Any] = {range_.low, range_.high, *numbers}
    if isinstance(range_, FloatRange) and range_.values is None:
        inside = sorted(mark for mark in marks if range_.low <= mark <= range_.high)
        pairs = pairwise(inside)
        found = {float(mark) for mark in inside} | {(a + b) / 2 for a, b in pairs}
        return list[Scalar](sorted(found))
    step = range_.step or 0
    around = {range_.snap(mark + shift) for mark in marks for shift in (-step, 0, step)}
    return list[Scalar](sorted(around))

"""The ranges of a search space: whole numbers, decimals, choices. Written as in

`{int: [6, 48], step: 2}`, `{float: [0.001, 1.0], log: true}`, `{choice: [null, 2, 4]}`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, overload

from ablate.errors import Fault
from ablate.spec.reading import Node, Path, Scalar
from ablate.spec.validating import is_number, is_whole, show, unknown_key

KINDS = ("int", "float", "choice")
SETTINGS = {  # of each kind
    "int": ("int", "step", "log", "when"),
    "float": ("float", "step", "log", "when"),
    "choice": ("choice", "when"),
}
DIGITS = 4  # that a decimal without step keeps: as many as a person would write


def same(one: Any, other: Any) -> bool:
    """Whether two scalars are the same setting; `1` is not `true`, though Python says so."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


@dataclass(frozen=True)
class IntRange:
    """Whole numbers, both ends included."""

    low: int
    high: int
    step: int = 1
    log: bool = False  # sampled by ratio instead of by difference

    @property
    def values(self) -> Sequence[int]:
        """All of them, ascending."""
        return range(self.low, self.high + 1, self.step)

    def snap(self, value: Any) -> int:
        """The nearest number of the range."""
        index = round((value - self.low) / self.step)
        last = len(self.values) - 1
        return self.low + self.step * min(max(int(index), 0), last)

    def covers(self, other: Range) -> bool:
        """Whether every number of `other` is one of this range, sampled alike."""
        if not isinstance(other, IntRange) or other.log != self.log:
            return False
        steps = other.step if len(other.values) > 1 else 0
        on_grid = (other.low - self.low) % self.step == 0 and steps % self.step == 0
        return on_grid and self.low <= other.low and other.values[-1] <= self.high

    def __str__(self) -> str:
        step = f" in steps of {self.step}" if self.step != 1 else ""
        return f"{self.low}..{self.high}{step}{' by ratio' * self.log}"


@dataclass(frozen=True)
class _Steps(Sequence[float]):
    """low, low + step, ...: each the decimal as a person would write it."""

    low: Decimal
    step: Decimal
    number: int

    def __len__(self) -> int:
        return self.number

    @overload
    def __getitem__(self, index: int) -> float: ...
    @overload
    def __getitem__(self, index: slice) -> list[float]: ...
    def __getitem__(self, index: int | slice) -> float | list[float]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self.number))]
        return float(self.low + range(self.number)[index] * self.step)


@dataclass(frozen=True)
class FloatRange:
    """Decimals, both ends included; without a step every one of them."""

    low: float
    high: float
    step: float | None = None
    log: bool = False  # sampled by ratio instead of by difference

    @property
    def values(self) -> Sequence[float] | None:
        """All of them, ascending; None where they cannot be counted."""
        if self.low == self.high:
            return (self.low,)
        if self.step is None:
            return None
        low, step = _decimal(self.low), _decimal(self.step)
        return _Steps(low, step, int((_decimal(self.high) - low) / step) + 1)

    def snap(self, value: Any) -> float:
        """The nearest number of the range: exact with a step, of four digits without."""
        values = self.values
        if values is not None:
            index = round((value - self.low) / self.step) if self.step else 0
            return values[min(max(index, 0), len(values) - 1)]
        if value <= self.low or value >= self.high:
            return self.low if value <= self.low else self.high
        return min(max(float(f"{value:.{DIGITS}g}"), self.low), self.high)

    def covers(self, other: Range) -> bool:
        """Whether every number of `other` is one of this range, sampled alike."""
        if not isinstance(other, FloatRange) or other.log != self.log:
            return False
        if not self.low <= other.low <= other.high <= self.high:
            return False
        if self.values is None or self == other:
            return True
        if other.values is None:
            return False
        step = _decimal(self.step) if self.step else Decimal(1)  # one value: any step reaches it
        on_grid = (_decimal(other.low) - _decimal(self.low)) % step == 0
        return on_grid and (len(other.values) == 1 or _decimal(other.step or 0) % step == 0)

    def __str__(self) -> str:
        step = f" in steps of {self.step:g}" if self.step else ""
        return f"{self.low:g}..{self.high:g}{step}{' by ratio' * self.log}"


def _decimal(value: float) -> Decimal:
    """A decimal as it was written."""
    return Decimal(repr(value))


@dataclass(frozen=True)
class Choice:
    """One of several: values that stand for themselves, or labels of lists and maps."""

    options: tuple[Scalar, ...]

    @property
    def values(self) -> Sequence[Scalar]:
        return self.options

    def snap(self, value: Any) -> Scalar:
        """The option that equals `value`. Raises ValueError where there is none."""
        for option in self.options:
            if same(option, value):
                return option
        raise ValueError(f"must be one of {show(self.options)}, got {show(value)}")

    def covers(self, other: Range) -> bool:
        """Whether every option of `other` is one of these."""
        return isinstance(other, Choice) and all(
            any(same(old, option) for option in self.options) for old in other.options
        )

    def __str__(self) -> str:
        return show(self.options)


Range = IntRange | FloatRange | Choice


def ends(found: Range) -> tuple[Scalar, ...]:
    """What a person wrote of a range: its options, or its two bounds."""
    if isinstance(found, Choice):
        return found.options
    return tuple(dict.fromkeys((found.low, found.high)))


def is_range(node: Node) -> bool:
    """Whether a node is meant as a range: no setting's own map has such keys."""
    return any(key in (*KINDS, "step", "log", "when") for key, _ in node.items())


def kind_of(tree: Node, path: Path, faults: list[Fault]) -> str | None:
    """int, float or choice, for the range at `path`; None with its faults appended."""
    node = tree.at(path)
    kinds = [kind for kind in KINDS if node.get(kind)]
    if len(kinds) == 1:
        for key in [key for key, _ in node.items() if key not in SETTINGS[kinds[0]]]:
            faults.append(tree.fault((*path, key), unknown_key(key, SETTINGS[kinds[0]])))
        return kinds[0]
    if kinds:
        message = f"must be one of {', '.join(KINDS)}, got {' and '.join(kinds)}"
        hint = f"; a profile that changes the kind removes the other: `{kinds[0]}: null`"
        faults.append(tree.fault(path, message + hint))
        return None
    given = [key for key, _ in node.items()]
    message = f"a range must have one of {', '.join(KINDS)}, got {', '.join(given)}"
    faults.append(tree.fault(path, message))
    return None


def read_numbers(
    tree: Node, path: Path, kind: str, faults: list[Fault]
) -> IntRange | FloatRange | None:
    """The `int` or `float` range at `path`; None with its faults appended."""
    node, found = tree.at(path), list[tuple[Path, str]]()
    is_kind, noun = (is_whole, "whole numbers") if kind == "int" else (_is_finite, "numbers")
    bounds = node.at((kind,)).plain()
    usable = isinstance(bounds, list) and len(bounds) == 2 and all(map(is_kind, bounds))
    if not usable:
        found.append(((kind,), f"must be [low, high], two {noun}, got {show(bounds)}"))
    elif bounds[0] > bounds[1]:
        found.append(((kind,), f"must be [low, high] with low <= high, got {show(bounds)}"))
    step, log = _plain(node, "step"), _plain(node, "log")
    if step is not None and (not is_kind(step) or step <= 0):
        rule = "a whole number >= 1" if kind == "int" else "a number > 0"
        found.append((("step",), f"must be {rule}, got {show(step)}"))
    if log is not None and not isinstance(log, bool):
        found.append((("log",), f"must be true or false, got {show(log)}"))
    if not found:
        found += _broken(kind, bounds, step, bool(log))
    faults += [tree.fault((*path, *below), message) for below, message in found]
    if found:
        return None
    if kind == "int":
        return IntRange(bounds[0], bounds[1], step or 1, bool(log))
    low, high = map(float, bounds)
    return FloatRange(low, high, float(step) if step else None, bool(log))


def _plain(node: Node, key: str) -> Any:
    found = node.get(key)
    return found.plain() if found else None


def _is_finite(value: Any) -> bool:
    return is_number(value) and math.isfinite(value)


def _broken(kind: str, bounds: list[Any], step: Any, log: bool) -> list[tuple[Path, str]]:
    """Broken rules between bounds, step and log."""
    low, high = bounds
    if log and step is not None:
        return [(("step",), "is not read with log: true, which samples by ratio")]
    if log and low <= 0:
        return [((kind, 0), f"must be > 0 with log: true, got {show(low)}")]
    if step is None:
        return []
    exact_low, exact_step = _decimal(low), _decimal(step)
    steps, rest = divmod(_decimal(high) - exact_low, exact_step)
    if rest == 0:
        return []
    number = int if kind == "int" else float
    near = " and ".join(show(number(exact_low + n * exact_step)) for n in (steps, steps + 1))
    rule = f"must be reached from {show(low)} in steps of {show(step)}"
    return [((kind, 1), f"{rule}, got {show(high)}; nearest: {near}")]

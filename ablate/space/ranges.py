"""The ranges of a search space: whole numbers, decimals, choices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, overload

from ablate.text import Scalar, show

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
        low, step = decimal(self.low), decimal(self.step)
        return _Steps(low, step, int((decimal(self.high) - low) / step) + 1)

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
        step = decimal(self.step) if self.step else Decimal(1)  # one value: any step reaches it
        on_grid = (decimal(other.low) - decimal(self.low)) % step == 0
        return on_grid and (len(other.values) == 1 or decimal(other.step or 0) % step == 0)

    def __str__(self) -> str:
        step = f" in steps of {self.step:g}" if self.step else ""
        return f"{self.low:g}..{self.high:g}{step}{' by ratio' * self.log}"


def decimal(value: float) -> Decimal:
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

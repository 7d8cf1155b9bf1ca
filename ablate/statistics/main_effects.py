"""Main effects of a design: what each level of a factor does, whatever the other factors are at."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan, prod
from typing import Any

import numpy as np

from ablate.statistics.intervals import t_interval


@dataclass(frozen=True)
class Observation:
    """A value at one level of each factor."""

    levels: Mapping[str, str]  # factor -> level; a factor that it has not is absent
    block: int  # values of one block are paired
    value: float  # NaN: not known

    def is_at(self, factor: str, level: str) -> bool:
        """Whether its value is known, and of this level."""
        return not isnan(self.value) and self.levels.get(factor) == level

    def context(self, factor: str) -> tuple[Any, ...]:
        """Everything but the factor."""
        others = {name: level for name, level in self.levels.items() if name != factor}
        return (*sorted(others.items()), self.block)


@dataclass(frozen=True)
class Effect:
    """The mean of n values or differences at a level, with its 95% t interval; NaN: none."""

    mean: float
    low: float
    high: float
    n: int


def is_full(seen: Sequence[Observation], factors: Mapping[str, Collection[str]]) -> bool:
    """Whether every combination of the factors' levels is there, once in each block."""
    contexts = {(*sorted(each.levels.items()), each.block) for each in seen}
    blocks = {each.block for each in seen}
    return len(contexts) == len(seen) == len(blocks) * prod(map(len, factors.values()))


def main_effect(
    seen: Sequence[Observation], factor: str, level: str, reference: str | None = None
) -> Effect:
    """The mean at a level; with a reference that of the differences to it, paired by all else.

    The reference itself has 0, by definition and without an interval.
    """
    at = {each.context(factor): each.value for each in seen if each.is_at(factor, level)}
    if reference is None:
        return _summary(np.array(list(at.values())))
    base = {each.context(factor): each.value for each in seen if each.is_at(factor, reference)}
    differences = _summary(np.array([at[key] - base[key] for key in at if key in base]))
    if level != reference:
        return differences
    return Effect(differences.mean, nan, nan, differences.n)


def _summary(values: np.ndarray[Any, np.dtype[np.float64]]) -> Effect:
    low, high = t_interval(values)
    mean = float(values.mean()) if len(values) else nan
    return Effect(mean, nan if low is None else low, nan if high is None else high, len(values))

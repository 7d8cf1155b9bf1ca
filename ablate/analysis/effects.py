"""The data of the `effects` figure: what each setting of a fixed design does to the error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import pandas as pd

from ablate.analysis.points import points, require_done, value_text
from ablate.analysis.results import Head, Results
from ablate.errors import UsageError
from ablate.statistics import t_interval
from ablate.text import is_number

VARIANT = "variant"  # a factor where there are several


@dataclass(frozen=True)
class EffectsData:
    """Main effects, a row per factor and level."""

    rows: pd.DataFrame
    is_difference: bool  # to the reference level, else means


def effects_data(results: Results) -> EffectsData:
    """Cells of a fixed design -> the error at each level of what was swept.

    Columns: factor (a swept setting, or `variant`), level, mean, low, high, n, is_reference. In a
    design that has every combination of levels the mean is that of the differences to the factor's
    reference level, paired by all other settings and the seed, in points of error over n pairs; the
    reference itself has 0. In any other it is the mean error in percent over the n done cells at
    the level, whatever else they differ in. `low` and `high` are the 95% t interval over these n,
    missing for one. The reference is the design's, the baseline's, or else the first level. Raises
    UsageError for a search and where nothing is swept, HolesError where nothing is done.
    """
    if results.is_search:
        raise UsageError("effects: of a search there are importances instead")
    require_done(results.cells)
    cells = _cells(results.cells)
    factors = _factors(cells)
    if not factors:
        raise UsageError("effects: this design varies nothing but the seed")
    is_full = _is_full(cells, factors)
    rows = []
    for name, levels in factors.items():
        reference = _reference(results.head, cells, name)
        for level, text in levels.items():
            own = {cell.context(name): cell.error for cell in cells if cell.is_at(name, level)}
            if is_full:
                base = {
                    cell.context(name): cell.error for cell in cells if cell.is_at(name, reference)
                }
                errors = [own[key] - base[key] for key in own if key in base]
            else:
                errors = list(own.values())
            row = {"factor": name, "level": text, "is_reference": level == reference}
            rows.append(row | _summary(np.array(errors), is_full and level == reference))
    return EffectsData(pd.DataFrame(rows), is_full)


def has_effects(table: pd.DataFrame) -> bool:
    """Whether every combination of some settings' levels was planned, and two of one are done.

    In other designs a level's mean is of other networks too, which only an explicit wish excuses.
    """
    cells = _cells(table)
    done = [cell for cell in cells if not np.isnan(cell.error)]
    return bool(_factors(done)) and _is_full(cells, _factors(cells))


@dataclass(frozen=True)
class _Cell:
    levels: Mapping[str, str]  # factor -> level, as JSON: it may be a list or a map
    texts: Mapping[str, str]
    seed: int
    error: float  # NaN: not done

    def is_at(self, factor: str, level: str) -> bool:
        """Whether the cell is done at this level."""
        return not np.isnan(self.error) and self.levels.get(factor) == level

    def context(self, factor: str) -> tuple[Any, ...]:
        """Everything but the factor."""
        others = {name: level for name, level in self.levels.items() if name != factor}
        return (*sorted(others.items()), self.seed)


def _cells(table: pd.DataFrame) -> list[_Cell]:
    found = []
    for point in points(table):
        values = {VARIANT: point.variant, **point.sweep}
        levels = {name: json.dumps(value, default=str) for name, value in values.items()}
        texts = {name: value_text(value) for name, value in values.items()}
        errors = point.cells["error"].where(point.cells["state"].eq("done"))
        for seed, error in zip(point.cells["seed"], errors, strict=True):
            found.append(
                _Cell(levels, texts, int(seed), np.nan if pd.isna(error) else float(error))
            )
    return found


def _factors(cells: list[_Cell]) -> dict[str, dict[str, str]]:
    """What has several levels -> its levels and their texts, numbers ascending, else as planned."""
    names = dict.fromkeys(name for cell in cells for name in cell.levels)
    found = {}
    for name in names:
        texts = {cell.levels[name]: cell.texts[name] for cell in cells if name in cell.levels}
        if len(texts) > 1:
            values = {level: json.loads(level) for level in texts}
            if all(is_number(value) for value in values.values()):
                texts = {level: texts[level] for level in sorted(texts, key=lambda x: values[x])}
            found[name] = texts
    return found


def _is_full(cells: list[_Cell], factors: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether every combination of levels was planned, once per seed."""
    contexts = {(*sorted(cell.levels.items()), cell.seed) for cell in cells}
    seeds = {cell.seed for cell in cells}
    return len(contexts) == len(cells) == len(seeds) * prod(map(len, factors.values()))


def _reference(head: Head, cells: list[_Cell], factor: str) -> str:
    """The level that the others are compared to."""
    wanted = dict(head.design.get("reference", {}))
    if factor == VARIANT:
        wanted.setdefault(VARIANT, head.baseline)
    planned = [cell.levels[factor] for cell in cells if factor in cell.levels]
    if factor in wanted and (level := json.dumps(wanted[factor], default=str)) in planned:
        return level
    of_baseline = [
        cell.levels[factor]
        for cell in cells
        if factor in cell.levels and cell.texts[VARIANT] == head.baseline
    ]
    return (of_baseline or planned)[0]


def _summary(errors: np.ndarray[Any, np.dtype[np.float64]], is_zero: bool) -> dict[str, Any]:
    """Mean and interval; the reference of differences is 0 by definition, without any."""
    low, high = (None, None) if is_zero else t_interval(errors)
    mean = errors.mean() if len(errors) else np.nan
    ends = {"low": np.nan if low is None else low, "high": np.nan if high is None else high}
    return {"mean": mean, **ends, "n": len(errors)}

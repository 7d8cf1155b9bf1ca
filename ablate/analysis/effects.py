"""The data of the `effects` figure: what each setting of a fixed design does to the error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from ablate.analysis.points import points, require_done
from ablate.analysis.results import Head, Results
from ablate.errors import UsageError
from ablate.statistics import Observation, is_full, main_effect
from ablate.text import is_number, value_text

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
    full = is_full(cells, factors)
    rows = []
    for name, levels in factors.items():
        reference = _reference(results.head, cells, name)
        for level, text in levels.items():
            effect = main_effect(cells, name, level, reference if full else None)
            row = {"factor": name, "level": text, "is_reference": level == reference}
            rows.append(row | asdict(effect))
    return EffectsData(pd.DataFrame(rows), full)


def has_effects(table: pd.DataFrame) -> bool:
    """Whether every combination of some settings' levels was planned, and two of one are done.

    In other designs a level's mean is of other networks too, which only an explicit wish excuses.
    """
    cells = _cells(table)
    done = [cell for cell in cells if not np.isnan(cell.value)]
    return bool(_factors(done)) and is_full(cells, _factors(cells))


@dataclass(frozen=True)
class _Cell(Observation):
    """A cell: its levels as JSON, since one may be a list or a map; seeds are the blocks."""

    texts: Mapping[str, str]  # factor -> level, for people


def _cells(table: pd.DataFrame) -> list[_Cell]:
    found = []
    for point in points(table):
        values = {VARIANT: point.variant, **point.sweep}
        levels = {name: json.dumps(value, default=str) for name, value in values.items()}
        texts = {name: value_text(value) for name, value in values.items()}
        errors = point.cells["error"].where(point.cells["state"].eq("done"))
        for seed, error in zip(point.cells["seed"], errors, strict=True):
            value = np.nan if pd.isna(error) else float(error)
            found.append(_Cell(levels, int(seed), value, texts))
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

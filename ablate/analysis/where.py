"""`--where "params <= 0.5M"`: which points may be chosen at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from ablate.analysis.frame import sweep_keys_of
from ablate.analysis.points import PointCells, point_text, points, require_done, split_of
from ablate.cells import METRICS
from ablate.errors import UsageError
from ablate.space import OPERATORS, Condition, parse_condition
from ablate.text import is_number, is_of_bytes, nearest, parse_count, show

RULE = f"must look like 'params <= 0.5M', with {' '.join(OPERATORS)}"


def parse_where(texts: Sequence[str], sweep_keys: Sequence[str]) -> tuple[Condition, ...]:
    """Conditions as written, also several joined by `and` -> conditions that must all be met.

    They are on metrics and on `sweep_keys`, the settings that differ between points. Raises
    UsageError with every fault.
    """
    found, faults = [], []
    for text in [part for written in texts for part in re.split(r"\s+and\s+", written)]:
        try:
            found.append(_parse(text, sweep_keys))
        except ValueError as error:
            faults.append(f"where: {error}")
    if faults:
        raise UsageError("\n".join(faults))
    return tuple(found)


def where(table: pd.DataFrame, texts: Sequence[str]) -> pd.DataFrame:
    """Cells -> the cells of those points that meet all conditions; of no conditions all cells.

    A metric is the mean over a point's done cells, so a point without any meets no condition on
    one. Raises UsageError for a condition that cannot be read, on the error of test images, or that
    nothing meets, with the nearest that there is; HolesError where nothing is done.
    """
    conditions = parse_where(texts, sweep_keys_of(table))
    if not conditions:
        return table
    require_done(table)
    if "test" in split_of(table):
        for condition in conditions:
            metric = METRICS.get(condition.key)
            if metric and not metric.is_cost:
                raise UsageError(f"where: {condition}: refused, as it is of the test set")
    kept = [point for point in points(table) if len(point.done)]
    for number, condition in enumerate(conditions):
        passed = [point for point in kept if _meets(point, condition)]
        if not passed:
            raise UsageError(_nothing(kept, conditions[:number], condition))
        kept = passed
    labels = pd.concat([point.cells for point in kept]).index
    return table[table.index.isin(labels)]


def _parse(text: str, sweep_keys: Sequence[str]) -> Condition:
    """One condition. Raises ValueError."""
    parts = re.fullmatch(r"\s*([^\s<>=!]+)\s*(>=|<=|==|!=|>|<)\s*([^=\s].*?)\s*", text)
    if not parts:
        raise ValueError(f"{RULE}, got {show(text)}")
    key, operator, written = parts.groups()
    if key in sweep_keys:
        try:
            return parse_condition(key, operator + written)
        except ValueError as error:
            raise ValueError(f"{key}: {error}") from None
    if key not in METRICS:
        raise ValueError(f"unknown metric or swept setting `{key}`{_nearest(key, sweep_keys)}")
    if is_of_bytes(written) and METRICS[key].unit != "bytes":
        raise ValueError(f"{key}: is no number of bytes, got {show(written)}")
    try:
        value = parse_count(written)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None
    return Condition(key, operator, (int(value) if value.is_integer() else value,))


def _nearest(key: str, sweep_keys: Sequence[str]) -> str:
    return nearest(key, [*METRICS, *sweep_keys])


def _value(point: PointCells, key: str) -> object:
    """A point's setting, or the mean of its metric; None where it has none."""
    if key not in METRICS:
        return point.sweep.get(key)
    mean = point.done[key].mean()
    return None if pd.isna(mean) else float(mean)


def _meets(point: PointCells, condition: Condition) -> bool:
    value = _value(point, condition.key)
    has = value is not None if condition.key in METRICS else condition.key in point.sweep
    return has and condition.met_by(value)


def _nothing(kept: Sequence[PointCells], met: Sequence[Condition], condition: Condition) -> str:
    """That none of the points meets a condition, and which comes nearest."""
    of = f" with {' and '.join(map(str, met))}" if met else ""
    message = f"where: {condition}: met by none of the {len(kept)} finished points{of}"
    wanted: Any = condition.values[0]
    values = [(_value(point, condition.key), point) for point in kept]
    known = [(value, point) for value, point in values if value is not None]
    if not known:
        return f"{message}; it is known of none"
    if is_number(wanted):
        numbers = [(value, point) for value, point in known if isinstance(value, int | float)]
        if numbers:
            value, point = min(numbers, key=lambda known: abs(known[0] - wanted))
            label = point_text(point.variant, point.sweep)
            return f"{message}; the nearest has {value:.10g}: {label}"
    names = dict.fromkeys(show(value) for value, _ in known)
    return f"{message}; there are {', '.join(names)}"

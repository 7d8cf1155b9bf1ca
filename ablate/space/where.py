"""`--where "params <= 0.5M"`: conditions on what cells came to and on what they vary."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ablate.cells import METRICS
from ablate.errors import UsageError
from ablate.space.conditions import OPERATORS, Condition, parse_condition
from ablate.text import is_of_bytes, nearest, parse_count, show

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

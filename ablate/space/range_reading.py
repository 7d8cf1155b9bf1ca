"""Ranges as they are written: `{int: [6, 48], step: 2}`, `{float: [0.001, 1.0], log: true}`.

Choices are read with the space, as their options may hold ranges again.
"""

from __future__ import annotations

import math
from typing import Any

from ablate.space.ranges import FloatRange, IntRange, decimal
from ablate.text import Node, Path, Reader, is_number, is_whole, near_miss, show, unknown_key

KINDS = ("int", "float", "choice")
SETTINGS = {  # of each kind
    "int": ("int", "step", "log", "when"),
    "float": ("float", "step", "log", "when"),
    "choice": ("choice", "when"),
}
MOST_VALUES = 10**9  # of a range: more is a typo


def is_range(node: Node) -> bool:
    """Whether a node is meant as a range: no setting's own map has such keys."""
    return any(key in (*KINDS, "step", "log", "when") for key, _ in node.items())


def kind_of(reader: Reader, path: Path) -> str | None:
    """int, float or choice, for the range at `path`; None with faults."""
    node = reader.tree.at(path)
    kinds = [kind for kind in KINDS if node.get(kind)]
    if len(kinds) == 1:
        for key in [key for key, _ in node.items() if key not in SETTINGS[kinds[0]]]:
            reader.fault((*path, key), unknown_key(key, SETTINGS[kinds[0]]))
        return kinds[0]
    if kinds:
        message = f"must be one of {', '.join(KINDS)}, got {' and '.join(kinds)}"
        hint = f"; a profile that changes the kind removes the other: `{kinds[0]}: null`"
        reader.fault(path, message + hint)
        return None
    given = [key for key, _ in node.items()]
    message = f"a range must have one of {', '.join(KINDS)}, got {', '.join(given)}"
    strange = [key for key in given if key not in ("step", "log", "when")]
    reader.fault(path, message + "".join(near_miss(key, KINDS) for key in strange))
    return None


def read_numbers(reader: Reader, path: Path, kind: str) -> IntRange | FloatRange | None:
    """The `int` or `float` range at `path`; None with faults."""
    broken: list[tuple[Path, str]] = []
    is_kind, noun = (is_whole, "whole numbers") if kind == "int" else (_is_finite, "numbers")
    bounds = reader.plain(*path, kind)
    usable = isinstance(bounds, list) and len(bounds) == 2 and all(map(is_kind, bounds))
    if not usable:
        broken.append(((kind,), f"must be [low, high], two {noun}, got {show(bounds)}"))
    elif bounds[0] > bounds[1]:
        broken.append(((kind,), f"must be [low, high] with low <= high, got {show(bounds)}"))
    step, log = reader.plain(*path, "step"), reader.plain(*path, "log")
    if step is not None and (not is_kind(step) or step <= 0):
        rule = "a whole number >= 1" if kind == "int" else "a number > 0"
        broken.append((("step",), f"must be {rule}, got {show(step)}"))
    if log is not None and not isinstance(log, bool):
        broken.append((("log",), f"must be true or false, got {show(log)}"))
    broken = broken or _broken(kind, bounds, step, bool(log))
    if broken:
        for below, message in broken:
            reader.fault((*path, *below), message)
        return None
    if kind == "int":
        return IntRange(bounds[0], bounds[1], step or 1, bool(log))
    low, high = map(float, bounds)
    return FloatRange(low, high, float(step) if step else None, bool(log))


def _is_finite(value: Any) -> bool:
    return is_number(value) and math.isfinite(value)


def _broken(kind: str, bounds: list[Any], step: Any, log: bool) -> list[tuple[Path, str]]:
    """Broken rules between bounds, step and log."""
    low, high = bounds
    if log and step is not None:
        return [(("step",), "is not read with log: true, which samples by ratio")]
    if log and low <= 0:
        return [((kind, 0), f"must be > 0 with log: true, got {show(low)}")]
    most = MOST_VALUES * (step or 1)
    if (kind == "int" or step) and high - low > most:
        return [((kind,), f"must have at most {MOST_VALUES} values, got {show(bounds)}")]
    if step is None:
        return []
    exact_low, exact_step = decimal(low), decimal(step)
    steps, rest = divmod(decimal(high) - exact_low, exact_step)
    if rest == 0:
        return []
    number = int if kind == "int" else float
    near = " and ".join(show(number(exact_low + n * exact_step)) for n in (steps, steps + 1))
    rule = f"must be reached from {show(low)} in steps of {show(step)}"
    return [((kind, 1), f"{rule}, got {show(high)}; nearest: {near}")]

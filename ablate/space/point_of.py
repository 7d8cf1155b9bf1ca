"""A network and its recipe -> the points of a space that they may be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ablate.space.ranges import Choice, same
from ablate.space.space import Knob, Space
from ablate.text import Scalar

MOST_VALUES = 100  # of a range that are tried where a cell does not say what its setting was


def points_of(space: Space, settings: Mapping[str, Any]) -> Iterator[dict[str, Scalar]]:
    """Points that may have given `settings`: those of an architecture, and its `recipe`.

    What they say of a knob decides; where they say nothing, as of a default or of a choice that has
    a label, every value is tried. Which of the points it is, building them tells.
    """
    return _points(space, {**settings}, 0, {})


def _points(
    space: Space, settings: Mapping[str, Any], index: int, values: dict[str, Scalar]
) -> Iterator[dict[str, Scalar]]:
    if index == len(space.knobs):
        yield values
        return
    knob = space.knobs[index]
    if not knob.exists(values):
        yield from _points(space, settings, index + 1, values)
        return
    for value in _values(knob, settings):
        yield from _points(space, settings, index + 1, {**values, knob.name: value})


def _values(knob: Knob, settings: Mapping[str, Any]) -> Sequence[Scalar]:
    """What a knob may have been."""
    stands = _at(settings, [part for part in re.split(r"[.\[\]]+", knob.name) if part])
    if isinstance(knob.range, Choice):
        named = [option for option in knob.range.options if same(option, stands)]
        return named or knob.range.options
    if isinstance(stands, int | float) and not isinstance(stands, bool):
        return [value] if (value := knob.snap(stands)) == stands else []
    values = knob.range.values
    return values if values is not None and len(values) <= MOST_VALUES else []


def _at(settings: Any, path: Sequence[str]) -> Any:
    """The setting at a path of keys and indices; None where there is none."""
    for part in path:
        if isinstance(settings, Mapping):
            settings = settings.get(part)
        elif isinstance(settings, Sequence) and part.isdigit() and int(part) < len(settings):
            settings = settings[int(part)]
        else:
            return None
    return settings

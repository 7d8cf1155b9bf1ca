"""The factors of a fixed design: what its points differ in, level by level."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ablate.analysis import Head
from ablate.contrasts.measured import Measured
from ablate.text import is_number, value_text

VARIANT = "variant"  # a factor where there are several


@dataclass(frozen=True)
class Factor:
    """Something that points differ in, and its levels that have a done cell."""

    name: str
    levels: Sequence[str]  # as JSON, since one may be a list or a map; numbers ascending
    texts: Sequence[str]  # of the levels, for people
    reference: int  # the number of the level that others are set against

    @property
    def label(self) -> str:
        """For people: `growth rate`."""
        return self.name.replace("_", " ")

    def level(self, number: int) -> str:
        """`growth rate 12`; of a variant its name."""
        return level_text(self.name, self.texts[number])


def level_text(factor: str, level: str) -> str:
    """`growth rate 12`; of a variant its name."""
    return level if factor == VARIANT else f"{factor.replace('_', ' ')} {level}"


def factors_of(measured: Measured, head: Head) -> list[Factor]:
    """Points -> what has several levels with a done cell.

    The reference is the design's, the baseline's, or else the first that was planned.
    """
    levels, texts = levels_of(measured), _texts(measured)
    done = [levels[point] for point in measured.same]
    factors = []
    for name in dict.fromkeys(name for own in levels for name in own):
        own = list(dict.fromkeys(each[name] for each in done if name in each))
        if len(own) < 2:
            continue
        if all(is_number(json.loads(level)) for level in own):
            own.sort(key=json.loads)
        first = next(level for level in _references(name, measured, levels, head) if level in own)
        named = [texts[name, level] for level in own]
        factors.append(Factor(name, own, named, own.index(first)))
    return factors


def levels_of(measured: Measured) -> list[dict[str, str]]:
    """Of each point: factor -> level, as JSON."""
    return [
        {name: json.dumps(value, default=str) for name, value in (_settings(variant, sweep))}
        for variant, sweep in measured.names
    ]


def places_of(measured: Measured, factors: Sequence[Factor]) -> NDArray[np.intp]:
    """(points, factors): the number of each point's level; -1 where it has none of them."""
    places = [
        [f.levels.index(own[f.name]) if own.get(f.name) in f.levels else -1 for f in factors]
        for own in levels_of(measured)
    ]
    return np.array(places, dtype=np.intp).reshape(len(places), len(factors))


def has_effects(table: pd.DataFrame) -> bool:
    """Whether every combination of some settings' levels was planned, and two of one are done.

    In other designs effects rest on more than was seen, which only an explicit wish excuses.
    """
    measured = Measured.of(table)
    levels = levels_of(measured)
    several = any(
        len({levels[point].get(name) for point in measured.same}) > 1
        for name in {name for own in levels for name in own}
    )
    return several and is_full(levels)


def is_full(levels: Sequence[Mapping[str, str]]) -> bool:
    """Whether points have every combination of their levels."""
    names = {name for own in levels for name in own}
    sizes = [len({own.get(name) for own in levels}) for name in names]
    return prod(sizes) == len(levels) and all(own.keys() == names for own in levels)


def _settings(variant: str, sweep: Mapping[str, object]) -> Sequence[tuple[str, object]]:
    return [(VARIANT, variant), *sweep.items()]


def _texts(measured: Measured) -> dict[tuple[str, str], str]:
    return {
        (name, json.dumps(value, default=str)): value_text(value)
        for variant, sweep in measured.names
        for name, value in _settings(variant, sweep)
    }


def _references(
    name: str, measured: Measured, levels: Sequence[Mapping[str, str]], head: Head
) -> list[str]:
    """Levels of a factor, those that others are rather set against in front."""
    wanted = dict(head.design.get("reference", {}))
    asked = [json.dumps(wanted[name], default=str)] if name in wanted else []
    named = zip(measured.names, levels, strict=True)
    baseline = [
        own[name] for (variant, _), own in named if variant == head.baseline and name in own
    ]
    return [*asked, *baseline, *(own[name] for own in levels if name in own)]

"""What the points of each fixed design are set against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ablate.contrasts.measured import Measured
from ablate.errors import UsageError
from ablate.space import Walk, chance_note, changes_of, tried_by, variant_of, walk
from ablate.text import nearest, point_text


@dataclass(frozen=True)
class Laid:
    """The points of a design in the order of its table, and what each is set against."""

    partners: Sequence[int | None]  # of each point; None: nothing
    base: Sequence[int]  # the baseline's points
    against: str  # what the partners are
    order: Sequence[int]
    steps: Sequence[int | None] = ()  # of a path, in that order: which step a point is
    shown: str = ""  # what the rows are
    curves: bool = False  # whether a variant's points are a curve over their cost
    matched: Sequence[str] = ()  # settings that a point and its partner have in common


def laid(measured: Measured, table: pd.DataFrame, design: Mapping[str, Any], baseline: str) -> Laid:
    """Points of a fixed design -> how they are compared."""
    kind = design.get("kind")
    if kind == "factorial":
        return laid_factorial(measured, design["reference"])
    if kind == "path":
        return laid_path(measured, table, design)
    return laid_variants(measured, baseline)


def laid_variants(measured: Measured, baseline: str) -> Laid:
    """Each point against that of the baseline whose sweep has the same values.

    A setting that the baseline does not sweep is no condition. Raises UsageError for an unknown
    baseline.
    """
    names = list(dict.fromkeys(name for name, _ in measured.names))
    if names and baseline not in names:
        raise UsageError(f"baseline: unknown variant `{baseline}`{nearest(baseline, names)}")
    base = [i for i, (name, _) in enumerate(measured.names) if name == baseline]
    sweeps = [sweep for _, sweep in measured.names]
    partners = [
        None if i in base else next((j for j in base if _matches(sweep, sweeps[j])), None)
        for i, sweep in enumerate(sweeps)
    ]
    matched = list(dict.fromkeys(key for i in base for key in sweeps[i]))
    return Laid(partners, base, baseline, range(len(sweeps)), curves=True, matched=matched)


def laid_factorial(measured: Measured, reference: Mapping[str, Any]) -> Laid:
    """Each point against the one at the reference level of every factor."""
    base = [i for i, (_, sweep) in enumerate(measured.names) if _matches(sweep, reference)]
    first = next(iter(base), None)
    partners = [None if i in base else first for i in range(len(measured.names))]
    against = ", ".join(point_text(*measured.names[i]) for i in base)
    return Laid(partners, base, against, range(len(measured.names)))


def laid_path(measured: Measured, table: pd.DataFrame, design: Mapping[str, Any]) -> Laid:
    """Each point against what its last change was tried on.

    The path's own points stand in front, in the order in which they were accepted: step 0 is the
    baseline. What was not accepted has no step and comes after, in plan order. `shown` also says
    whether the path has ended.
    """
    by_name = {name: i for i, (name, _) in enumerate(measured.names)}
    walked, changes = path_of(table, design), design["changes"]
    path = [by_name[name] for step in walked.steps if (name := variant_of(step)) in by_name]
    others = [i for i in range(len(measured.names)) if i not in path]

    def tried_on(name: str) -> int | None:
        tried = changes_of(name, changes)
        return by_name.get(variant_of(tried[:-1])) if tried else None

    partners = [None if i in path[:1] else tried_on(name) for name, i in by_name.items()]
    chance = chance_note(walked.rounds, walked.steps_are, len(changes), design["margin"])
    shown = f"each step is the best of its round, which flatters it; {chance}"
    # Without a round that was planned and lost, the next may not have been planned yet.
    if len(walked.accepted) == len(changes) or walked.points[-1] not in walked.steps:
        end = f"the path has ended: {walked.ending}" if walked.ending else "the path goes on"
        shown += f"; {end}"
    return Laid(
        partners,
        base=path[:1],
        against="what it was tried on",
        order=[*path, *others],
        steps=[*range(len(path)), *[None] * len(others)],
        shown=shown,
    )


def path_of(table: pd.DataFrame, design: Mapping[str, Any]) -> Walk:
    """Cells of a path -> the path, as far as it was planned, by what decided its steps.

    Of runs of earlier versions, which do not say it, that is the observed differences.
    """
    baseline = table[table["variant"] == variant_of(())]
    columns = ["variant", "seed", "state", "error"]
    plain = table[columns].astype(object).where(table[columns].notna(), None)
    cells = plain.itertuples(index=False, name=None)
    planned = set(table["variant"])
    return walk(
        design["changes"],
        design["margin"],
        tried_by(cells, baseline["seed"].tolist()),
        lambda point: variant_of(point) in planned,
        design.get("steps", "observed"),
    )


def _matches(sweep: Mapping[str, Any], base: Mapping[str, Any]) -> bool:
    return all(key in sweep and sweep[key] == value for key, value in base.items())

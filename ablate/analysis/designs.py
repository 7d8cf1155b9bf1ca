"""Comparisons of designs whose differences are not taken to one variant at equal points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ablate.analysis.compare import compare, comparison_of
from ablate.analysis.frame import sweep_keys_of
from ablate.analysis.points import PointCells, point_text, points
from ablate.study import Walk, changes_of, errors_of, variant_of, walk


def compare_design(table: pd.DataFrame) -> pd.DataFrame:
    """Cells of any fixed design, as `attrs` describe it -> `compare()` in that design's manner."""
    design = table.attrs.get("design", {})
    if design.get("kind") == "factorial":
        return compare_factorial(table, design["reference"])
    if design.get("kind") == "path":
        return compare_path(table, design["changes"], design["margin"])
    return compare(table, table.attrs["baseline"], table.attrs["sweep_keys"])


def compare_factorial(table: pd.DataFrame, reference: Mapping[str, Any]) -> pd.DataFrame:
    """Cells of a factorial design -> `compare()`, with differences to the `reference` point.

    `attrs["against"]` names that point.
    """
    keys = sweep_keys_of(table)
    found = points(table, keys)
    base = [p for p in found if all(p.sweep.get(k) == v for k, v in reference.items())]
    comparison = comparison_of(found, keys, table, base, lambda point: next(iter(base), None))
    comparison.attrs["against"] = ", ".join(point_text(p.variant, p.sweep) for p in base)
    return comparison


def compare_path(table: pd.DataFrame, changes: Sequence[str], margin: float) -> pd.DataFrame:
    """Cells of a path -> `compare()`, with differences to what each change was tried on.

    In front stands `step`: 0 for the baseline, then 1, 2, ... for what was accepted, in order;
    what was not has none and comes after, in plan order. `attrs["against"]` says what differences
    are to, `attrs["shown"]` what the steps are and whether the path has ended.
    """
    found = points(table, ())
    by_name = {point.variant: point for point in found}
    walked = path_of(table, changes, margin)
    steps = [variant_of(step) for step in walked.steps]

    def tried_on(point: PointCells) -> PointCells | None:
        own = changes_of(point.variant, changes)
        return by_name.get(variant_of(own[:-1])) if own else None

    path = [by_name[step] for step in steps if step in by_name]
    others = [point for point in found if point.variant not in steps]
    comparison = comparison_of([*path, *others], (), table, path[:1], tried_on)
    numbers = [*range(len(path)), *[None] * len(others)]
    comparison.insert(0, "step", pd.Series(numbers, dtype="Int64"))
    comparison.attrs["against"] = "what it was tried on"
    comparison.attrs["shown"] = "each step is the best of its round, which flatters it"
    # Without a round that was planned and lost, the next may not have been planned yet.
    if len(walked.accepted) == len(changes) or walked.points[-1] not in walked.steps:
        end = f"the path has ended: {walked.ending}" if walked.ending else "the path goes on"
        comparison.attrs["shown"] += f"; {end}"
    return comparison


def path_of(table: pd.DataFrame, changes: Sequence[str], margin: float) -> Walk:
    """Cells of a path -> the path, as far as it was planned."""
    baseline = table[table["variant"] == variant_of(())]
    columns = ["variant", "seed", "state", "error"]
    plain = table[columns].astype(object).where(table[columns].notna(), None)
    cells = plain.itertuples(index=False, name=None)
    planned = set(table["variant"])
    return walk(
        changes,
        margin,
        errors_of(cells, baseline["seed"].tolist()),
        lambda point: variant_of(point) in planned,
    )

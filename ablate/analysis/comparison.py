"""What `compare` says of a run: the points of its design, or the cells of a search worth a look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from ablate.analysis.choose import pareto
from ablate.analysis.compare import Comparison, compare, comparison_of, means
from ablate.analysis.frame import plain_rows, tabled
from ablate.analysis.papers import beside_published
from ablate.analysis.points import PointCells, is_done, points
from ablate.analysis.results import Results
from ablate.cells import COSTS, METRICS, data_notes, images_note
from ablate.errors import UsageError
from ablate.space import Walk, changes_of, errors_of, variant_of, walk
from ablate.text import point_text

MOST = 10  # of a search with one objective, which has no front
_OF_ERRORS = {"error": "Float64", "low": "Float64", "high": "Float64", "n": "Int64"}
_OF_CONFIRMED = {
    "variant": "string",
    "chosen_as": "string",
    "params": "Int64",
    **{f"{split}_{n}": d for split in ("validation", "test") for n, d in _OF_ERRORS.items()},
    "states": "string",
}


def comparison(results: Results, everything: bool = False, published: bool = False) -> Comparison:
    """A run -> its design's comparison, or its `shortlist()`, and what is to be said of both.

    `published` puts beside it what a paper printed, see `beside_published()`.
    """
    found = shortlist(results, everything) if results.is_search else compare_design(results)
    if published:
        found = beside_published(found, results)
    rows = plain_rows(results.cells)
    notes = [*found.notes, images_note(rows), *(f"images: {note}" for note in data_notes(rows))]
    return replace(
        found,
        subject=results.head.subject,
        images=results.head.images,
        notes=tuple(filter(None, notes)),
    )


def compare_design(results: Results) -> Comparison:
    """Cells of any fixed design -> `compare()` in the manner of that design."""
    cells, head = results.cells, results.head
    kind = head.design.get("kind")
    if kind == "factorial":
        return compare_factorial(cells, head.design["reference"])
    if kind == "path":
        return compare_path(cells, head.design["changes"], head.design["margin"])
    return Comparison(compare(cells, head.baseline))


def compare_factorial(table: pd.DataFrame, reference: Mapping[str, Any]) -> Comparison:
    """Cells of a factorial design -> `compare()`, with differences to the `reference` point."""
    found = points(table)
    base = [p for p in found if all(p.sweep.get(k) == v for k, v in reference.items())]
    rows = comparison_of(found, table, base, lambda point: next(iter(base), None))
    return Comparison(rows, against=", ".join(point_text(p.variant, p.sweep) for p in base))


def compare_path(table: pd.DataFrame, changes: Sequence[str], margin: float) -> Comparison:
    """Cells of a path -> `compare()`, with differences to what each change was tried on.

    In front stands `step`: 0 for the baseline, then 1, 2, ... for what was accepted, in order;
    what was not has none and comes after, in plan order. `shown` also says whether the path has
    ended.
    """
    found = points(table)
    by_name = {point.variant: point for point in found}
    walked = path_of(table, changes, margin)
    steps = [variant_of(step) for step in walked.steps]

    def tried_on(point: PointCells) -> PointCells | None:
        own = changes_of(point.variant, changes)
        return by_name.get(variant_of(own[:-1])) if own else None

    path = [by_name[step] for step in steps if step in by_name]
    others = [point for point in found if point.variant not in steps]
    rows = comparison_of([*path, *others], table, path[:1], tried_on)
    rows.insert(0, "step", pd.Series([*range(len(path)), *[None] * len(others)], dtype="Int64"))
    shown = "each step is the best of its round, which flatters it"
    # Without a round that was planned and lost, the next may not have been planned yet.
    if len(walked.accepted) == len(changes) or walked.points[-1] not in walked.steps:
        end = f"the path has ended: {walked.ending}" if walked.ending else "the path goes on"
        shown += f"; {end}"
    return Comparison(rows, against="what it was tried on", shown=shown)


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


def shortlist(results: Results, everything: bool = False) -> Comparison:
    """Cells of a search -> the Pareto front over its objectives, or the best by its only one.

    The columns of `compare()`, without any difference, then the cell's `trial` and `key`; sorted by
    the first objective. `everything` keeps all cells but the infeasible and adds `state`, `front`
    and, where one was stopped early, `stopped_epoch` and `stopped_error`, in whose place it stands.
    Raises UsageError for a fixed design.
    """
    results.require_search("shortlist")
    objectives, table = results.head.objectives, results.cells
    first, *others = objectives
    ranked = _ranked(table, first, objectives[first] == "minimize")
    done = ranked[is_done(ranked)]
    best = done[pareto(done, list(objectives))] if others else done.head(MOST)
    found = points(ranked if everything else best)
    result = comparison_of(found, table)
    names = ["trial", "key", *(["loss"] if "loss" in objectives else [])]
    if everything:
        names += ["state", "stopped_epoch", "stopped_error"]
        result["states"] = ""  # each row's own state says it
    for name in names:
        values = [point.cells[name].iloc[0] for point in found]
        result[name] = pd.Series(values, dtype=table[name].dtype)
    if everything:
        for cost in COSTS:  # counted before training, so known of what did not end too
            values = [point.cells[cost].iloc[0] for point in found]
            counted = pd.Series(values, dtype=result[cost].dtype)
            result[cost] = result[cost].fillna(counted)
        result["front"] = result["trial"].isin(best["trial"])
    labels = [METRICS[name].label for name in objectives]
    what = f"the Pareto front of {' and '.join(labels)}" if others else f"the best by {labels[0]}"
    parts = [f"{what}: {len(best)} of {len(done)} done cells, one seed each"]
    if stopped := int(ranked["state"].eq("pruned").sum()):
        parts.append(f"{stopped} {'was' if stopped == 1 else 'were'} stopped early")
    if everything:
        parts[0] = f"*: {parts[0]}"
        if infeasible := len(table) - len(ranked):
            parts.append(f"not listed: {infeasible} infeasible")
    elif len(best) < len(ranked):
        parts.append("--all lists them")
    return Comparison(result, shown="; ".join(parts), objectives=tuple(objectives))


def _ranked(table: pd.DataFrame, first: str, ascending: bool) -> pd.DataFrame:
    """All but the infeasible by an objective, one stopped early by the error it had there."""
    kept = table[table["state"].ne("infeasible")]
    values = kept[first].fillna(kept["stopped_error"]) if first == "error" else kept[first]
    return kept.loc[values.sort_values(ascending=ascending, kind="stable").index]


def confirmed(results: Results) -> pd.DataFrame:
    """Cells of a confirmation -> a row per chosen point, in the order they were chosen.

    Errors in percent with 95% t intervals and the number of seeds: `validation_*` of the held-out
    images in the run that it was chosen in, `test_*` of the test set with fresh seeds. `states` are
    of the cells that are not done. Raises UsageError for any other run.
    """
    if not results.head.chosen:
        raise UsageError("this run confirms nothing; `ablate confirm RUN` makes one that does")
    of_variant = {row["variant"]: row for row in means(results.cells).to_dict("records")}
    rows: list[dict[Any, Any]] = []
    for chosen in results.head.chosen:
        tested = of_variant[chosen["variant"]]
        validated = {**chosen, "n": len(chosen["keys"])}
        errors = {f"validation_{name}": validated[name] for name in _OF_ERRORS}
        errors |= {f"test_{name}": tested[name] for name in _OF_ERRORS}
        ways = ", ".join(chosen["chosen_as"])
        rows.append({**tested, **errors, "chosen_as": ways})
    return tabled(rows, _OF_CONFIRMED)

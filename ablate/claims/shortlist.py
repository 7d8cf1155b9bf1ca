"""The cells of a search that are worth a look."""

from __future__ import annotations

import pandas as pd

from ablate.analysis import Results, is_done, luck_of_one_seed, means, pareto, point_rows
from ablate.cells import COSTS, METRICS
from ablate.claims.value import Comparison, with_differences

MOST = 10  # of a search with one objective, which has no front


def shortlist(results: Results, everything: bool = False) -> Comparison:
    """Cells of a search -> the Pareto front over its objectives, or the best by its only one.

    The columns of `Comparison.rows`, without any difference, then the cell's `trial` and `key`;
    sorted by the first objective. `everything` keeps all cells but the infeasible and adds
    `state`, `front` and, where one was stopped early, `stopped_epoch` and `stopped_error`, in whose
    place it stands. Raises UsageError for a fixed design.
    """
    results.require_search("shortlist")
    objectives, table = results.head.objectives, results.cells
    first, *others = objectives
    ranked = _ranked(table, first, objectives[first] == "minimize")
    done = ranked[is_done(ranked)]
    best = done[pareto(done, list(objectives))] if others else done.head(MOST)
    listed = ranked if everything else best
    cells = listed.iloc[[rows[0] for *_, rows in point_rows(listed)]]
    result = with_differences(means(listed))
    names = ["trial", "key", *(["loss"] if "loss" in objectives else [])]
    if everything:
        names += ["state", "stopped_epoch", "stopped_error"]
        result["states"] = ""  # each row's own state says it
    for name in names:
        result[name] = cells[name].reset_index(drop=True)
    if everything:
        for cost in COSTS:  # counted before training, so known of what did not end too
            counted = cells[cost].reset_index(drop=True)
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
    return Comparison(
        rows=result,
        answer=_answer(done, results) if len(done) else "",
        shown="; ".join(parts),
        objectives=tuple(objectives),
    )


def _answer(done: pd.DataFrame, results: Results) -> str:
    """The cell that is best by the first objective, and what that is worth."""
    metric, best = METRICS[next(iter(results.head.objectives))], done.iloc[0]
    value = f"{best[metric.name]:.4g} {metric.unit}".strip()
    answer = f"The best {metric.label} of {len(done)} done cells is {value} (trial {best['trial']})"
    if metric.is_cost:
        return f"{answer}."
    luck = luck_of_one_seed(len(done))
    return f"{answer}: of one seed, {luck}; `ablate confirm` trains it again."


def _ranked(table: pd.DataFrame, first: str, ascending: bool) -> pd.DataFrame:
    """All but the infeasible by an objective, one stopped early by the error it had there."""
    kept = table[table["state"].ne("infeasible")]
    values = kept[first].fillna(kept["stopped_error"]) if first == "error" else kept[first]
    return kept.loc[values.sort_values(ascending=ascending, kind="stable").index]

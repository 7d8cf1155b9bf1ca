"""The cells of a search worth a look: what `compare` shows of it, where no variants stand."""

from __future__ import annotations

import pandas as pd

from ablate.analysis.choose import pareto
from ablate.analysis.compare import comparison_of
from ablate.analysis.frame import sweep_keys_of
from ablate.analysis.objectives import objectives_of, require_search
from ablate.analysis.points import is_done, points
from ablate.cells import COSTS, METRICS

MOST = 10  # of a search with one objective, which has no front


def shortlist(table: pd.DataFrame, everything: bool = False) -> pd.DataFrame:
    """Cells of a search -> the Pareto front over its objectives, or the best by its only one.

    The columns of `compare()`, without any difference, then the cell's `trial` and `key`; sorted by
    the first objective. `everything` keeps all cells but the infeasible and adds `state`, `front`
    and, where one was stopped early, `stopped_epoch` and `stopped_error`, in whose place it stands.
    `attrs["shown"]` says in words which cells these are. Raises UsageError for a fixed design.
    """
    require_search(table, "shortlist")
    objectives = objectives_of(table)
    first, *others = objectives
    ranked = _ranked(table, first, objectives[first] == "minimize")
    done = ranked[is_done(ranked)]
    best = done[pareto(done, list(objectives))] if others else done.head(MOST)
    found = points(ranked if everything else best)
    result = comparison_of(found, sweep_keys_of(table), table)
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
    result.attrs = {"shown": "; ".join(parts), "objectives": list(objectives)}
    return result


def _ranked(table: pd.DataFrame, first: str, ascending: bool) -> pd.DataFrame:
    """All but the infeasible by an objective, one stopped early by the error it had there."""
    kept = table[table["state"].ne("infeasible")]
    values = kept[first].fillna(kept["stopped_error"]) if first == "error" else kept[first]
    return kept.loc[values.sort_values(ascending=ascending, kind="stable").index]

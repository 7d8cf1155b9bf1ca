"""The cells of a search worth a look: what `compare` shows of it, where no variants stand."""

from __future__ import annotations

import pandas as pd

from ablate.analysis.choose import pareto
from ablate.analysis.compare import comparison_of
from ablate.analysis.frame import sweep_keys_of
from ablate.analysis.objectives import objectives_of, require_search
from ablate.analysis.points import is_done, points
from ablate.spec import METRICS

MOST = 10  # of a search with one objective, which has no front


def shortlist(table: pd.DataFrame) -> pd.DataFrame:
    """Cells of a search -> the Pareto front over its objectives, or the best by its only one.

    The columns of `compare()`, without any difference, then the cell's `trial` and `key`; sorted by
    the first objective. `attrs["shown"]` says in words which cells these are. Raises UsageError for
    a fixed design.
    """
    require_search(table, "shortlist")
    objectives = objectives_of(table)
    first, *others = objectives
    done = table[is_done(table)]
    ranked = done.sort_values(first, ascending=objectives[first] == "minimize", kind="stable")
    kept = ranked[pareto(ranked, list(objectives))] if others else ranked.head(MOST)
    found = points(kept)
    result = comparison_of(found, sweep_keys_of(table), table)
    for name in ("trial", "key"):
        values = [point.cells[name].iloc[0] for point in found]
        result[name] = pd.Series(values, dtype=table[name].dtype)
    labels = [METRICS[name].label for name in objectives]
    what = f"the Pareto front of {' and '.join(labels)}" if others else f"the best by {labels[0]}"
    result.attrs = {"shown": f"{what}: {len(kept)} of {len(done)} done cells, one seed each"}
    return result

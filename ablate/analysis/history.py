"""The data of the `history` figure: what a search had found after so many cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ablate.analysis.points import is_done, require_done
from ablate.analysis.results import Results
from ablate.cells import COSTS, parse_reference
from ablate.errors import HolesError
from ablate.statistics import gains

# A cell in one of these states was not trained to an end, or not at all.
_NOT_ENDED = ("waiting", "running", "failed")
_BEYOND = 0.1  # of the worst value, between it and the reference


@dataclass(frozen=True)
class HistoryData:
    """A search, suggestion by suggestion."""

    objective: str  # the metric of value, stopped and best
    cells: pd.DataFrame
    reference: Mapping[str, float]  # objective -> value; empty where there is but one


def history_data(results: Results, reference: str = "") -> HistoryData:
    """Cells of a search -> a row per suggestion that ended, in order.

    Columns: trial; trained, the cells trained so far; state; value of the objective, if done;
    stopped, the error where a cell ended early; best value so far; and with several objectives
    hypervolume so far. That is between the points and a reference, taken over log10 of costs, as
    they are read on a log axis. The reference is a tenth beyond the worst value of the done cells,
    or what `reference` says (`error=20,params=1e6`). Raises UsageError for a fixed design or a
    reference that cannot be meant, HolesError where nothing is done.
    """
    results.require_search("history")
    objectives, table = results.head.objectives, results.cells
    given = parse_reference(reference, objectives)
    require_done(table)
    objective = next((name for name in objectives if name not in COSTS), next(iter(objectives)))
    ended = table[~table["state"].isin(_NOT_ENDED)].sort_values("trial", kind="stable")
    done = is_done(ended)
    values = ended[objective].where(done).astype("float64")
    running = values.cummin() if objectives[objective] == "minimize" else values.cummax()
    stopped = ended["stopped_error"] if objective == "error" else pd.Series(pd.NA, ended.index)
    cells = pd.DataFrame(
        {
            "trial": ended["trial"],
            "trained": ended["state"].ne("infeasible").cumsum().astype("int64"),
            "state": ended["state"],
            "value": values,
            "stopped": stopped.mask(done).astype("Float64").astype("float64"),
            "best": running.ffill(),
        }
    ).reset_index(drop=True)
    if len(objectives) == 1:
        return HistoryData(objective, cells, {})
    found = ended[list(objectives)].astype("Float64").astype("float64")[done.to_numpy()].dropna()
    if found.empty:
        raise HolesError(f"history: no done cell has {' and '.join(objectives)} recorded")
    beyond = {name: _beyond(found[name], objectives[name]) for name in objectives} | given
    gains = pd.Series(_gains(found, objectives, beyond), index=found.index)
    cells["hypervolume"] = gains.reindex(ended.index, fill_value=0.0).cumsum().to_numpy()
    return HistoryData(objective, cells, beyond)


def _beyond(values: pd.Series[float], direction: str) -> float:
    """A tenth beyond the worst value."""
    worst = float(values.max() if direction == "minimize" else values.min())
    return worst + _BEYOND * abs(worst) * (1 if direction == "minimize" else -1)


def _gains(
    found: pd.DataFrame, objectives: Mapping[str, str], beyond: Mapping[str, float]
) -> list[float]:
    """What each cell added to the hypervolume of those before it."""
    columns = {
        name: (np.log10 if name in COSTS else np.asarray)([*found[name], beyond[name]])
        * (1.0 if direction == "minimize" else -1.0)
        for name, direction in objectives.items()
    }
    *points, reference = np.column_stack(list(columns.values()))
    return gains(np.array(points), reference)

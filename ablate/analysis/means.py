"""Means over seeds with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ablate.analysis.frame import sweep_keys_of, tabled
from ablate.analysis.points import distinct, holes_text, is_done, point_rows
from ablate.cells import COSTS, MORE_ERRORS, OF_MEANS
from ablate.statistics import t_interval


def means(table: pd.DataFrame) -> pd.DataFrame:
    """Cells -> a row per variant and point of its sweep, in plan order.

    `n` done cells and `holes` others (`states`: which); mean, sample deviation `sd` and 95% t
    interval `low`..`high` of the error in percent (no interval for n=1, nor of equal errors); mean
    costs, and means of the other errors that there are.
    """
    more = [name for name in MORE_ERRORS if name in table]
    numbers = {
        name: table[name].to_numpy(np.float64, na_value=np.nan) for name in ("error", *COSTS, *more)
    }
    done = is_done(table).to_numpy()
    splits, states = (table[name].to_numpy(object) for name in ("split", "state"))
    rows = []
    for variant, sweep, cells in point_rows(table):
        ended = cells[done[cells]]
        row: dict[str, Any] = {"variant": variant, **sweep}
        row |= {"split": distinct(splits[ended])}
        row |= {"n": len(ended), "holes": len(cells) - len(ended)}
        row["states"] = holes_text(states[cells]) if row["holes"] else ""
        row |= _error({name: values[ended] for name, values in numbers.items()})
        rows.append(row)
    keys = sweep_keys_of(table)
    dtypes = {"variant": "string", **dict.fromkeys(keys, "object"), **OF_MEANS}
    found = tabled(rows, dtypes | dict.fromkeys(more, "Float64"))
    return found.astype({key: table[key].dtype for key in keys})


def _error(numbers: Mapping[str, NDArray[np.float64]]) -> dict[str, Any]:
    """What a point's done cells have -> their means, deviation and interval."""
    errors = numbers["error"][~np.isnan(numbers["error"])]
    low, high = t_interval(errors)
    row: dict[str, Any] = {"sd": errors.std(ddof=1) if len(errors) > 1 else None}
    row |= {"low": low, "high": high}
    for name, values in numbers.items():
        known = values[~np.isnan(values)]
        if len(known):
            whole = OF_MEANS.get(name) == "Int64"
            row[name] = round(known.mean()) if whole else known.mean()
    return row

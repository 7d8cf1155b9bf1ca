"""What a variant costs at the error that another reaches: the ratio of two efficiency curves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ablate.analysis import (
    Results,
    is_done,
    require_cost,
    require_done,
    split_of,
    sweep_keys_of,
    tabled,
    trained,
)
from ablate.cells import check_cost
from ablate.errors import UsageError
from ablate.statistics import efficiency_curve, log_ratios, t_interval
from ablate.text import nearest

if TYPE_CHECKING:
    from scipy.interpolate import PchipInterpolator

_PLACES = ("ratio", "ratio_first", "ratio_middle", "ratio_last")
_DTYPES = {
    "variant": "string",
    "n": "Int64",
    "error_first": "Float64",
    "error_last": "Float64",
    **{f"{name}{end}": "Float64" for name in _PLACES for end in ("", "_low", "_high")},
    "reason": "string",
}


@dataclass(frozen=True)
class EqualErrors:
    """What variants cost at equal error, a row each."""

    rows: pd.DataFrame
    baseline: str
    cost: str
    subject: str  # what papers call the data
    split: str  # which images the errors are of


def equal_error(folder: str | Path, *, cost: str = "params") -> pd.DataFrame:
    """A run folder -> a row per variant: its cost over the baseline's at equal error.

    Columns and errors are those of `costs_at_equal_error`.
    """
    return costs_at_equal_error(trained(folder), cost).rows


def costs_at_equal_error(results: Results, cost: str = "params") -> EqualErrors:
    """Cells -> a row per other variant: its cost over the baseline's at equal error.

    3 means three times as much. Each of the `n` seeds that are done at all points of both gives two
    curves of log cost over error (`efficiency_curve`), which are compared between `error_first`
    and `error_last`, in percent, the highest and the lowest error that both reach with every seed:
    nothing is extrapolated. `ratio` is the geometric mean over that range, as the Bjontegaard rate
    of video coding is (VCEG-M33, 2001); `ratio_first`, `_middle` and `_last` are at its highest,
    middle and lowest error. Each is the geometric mean over seeds, `_low` and `_high` are the 95% t
    interval of the log ratio, missing for one seed. No bootstrap: of three seeds it has ten
    different samples and intervals that are too narrow. Where there is no ratio `reason` says why.

    Raises UsageError for a search, an unknown cost or baseline, HolesError where nothing is done or
    no cell has the cost recorded.
    """
    check_cost(cost)
    table, baseline = results.cells, results.head.baseline
    if results.is_search:
        raise UsageError("equal error: is of fixed designs, whose variants sweep a setting")
    require_done(table)
    names = [str(name) for name in table["variant"].unique()]
    if baseline not in names:
        raise UsageError(f"baseline: unknown variant `{baseline}`{nearest(baseline, names)}")
    done = table[is_done(table) & table["error"].notna()]
    require_cost(done, cost)
    done = done[done[cost].notna()]
    base = _runs(done, baseline, cost)
    rows = [_row(name, base, _runs(done, name, cost)) for name in names if name != baseline]
    found, subject = tabled(rows, _DTYPES), results.head.subject
    return EqualErrors(found, baseline, cost, subject, split_of(table))


@dataclass(frozen=True)
class _Runs:
    """A variant's curve with each seed, or why there is none."""

    curves: Mapping[int, PchipInterpolator] = field(default_factory=dict)
    reason: str = ""


def _runs(done: pd.DataFrame, variant: str, cost: str) -> _Runs:
    own = done[done["variant"] == variant]
    # A value of a sweep may be a list or a map, which pandas cannot count.
    swept = own[list(sweep_keys_of(done))].astype(object).map(str)
    varied = [str(key) for key in swept if swept[key].nunique() > 1]
    if len(varied) > 1:
        return _Runs(reason=f"{variant} sweeps {' and '.join(varied)}, which is no one curve")
    if not varied:
        many = "one point" if len(own) else "no point"
        return _Runs(reason=f"{variant} has {many} with this cost, which is no curve")
    number = swept[varied[0]].nunique()
    cells_of = {int(seed): own[own["seed"] == seed] for seed in own["seed"].unique()}
    by_seed = {seed: cells for seed, cells in cells_of.items() if len(cells) == number}
    if not by_seed:
        return _Runs(reason=f"{variant} has no seed that is done at all of its {number} points")
    curves = {}
    for seed, cells in by_seed.items():
        curve = efficiency_curve(cells[cost], cells["error"])
        if curve is None:
            return _Runs(reason=f"{variant} has errors that do not fall with cost, seed {seed}")
        curves[seed] = curve
    return _Runs(curves)


def _row(variant: str, base: _Runs, own: _Runs) -> dict[str, Any]:
    row: dict[str, Any] = {"variant": variant}
    seeds = [seed for seed in own.curves if seed in base.curves]
    row["n"] = len(seeds)
    if reason := own.reason or base.reason:
        return row | {"reason": reason}
    if not seeds:
        return row | {"reason": "no seed is done at all points of both"}
    pairs = [(own.curves[seed], base.curves[seed]) for seed in seeds]
    ends = np.array([[curve.x[[0, -1]] for curve in pair] for pair in pairs])  # seed, curve, end
    last, first = ends[..., 0].max(), ends[..., 1].min()
    if last >= first:
        reach = [f"{ends[:, i, 0].min():.2f} to {ends[:, i, 1].max():.2f}" for i in (0, 1)]
        reason = f"no error is common to all seeds of both: {reach[0]} and {reach[1]} %"
        return row | {"reason": reason}
    row |= {"error_first": first, "error_last": last, "reason": ""}
    for name, logs in zip(_PLACES, log_ratios(pairs, first, last), strict=True):
        low, high = t_interval(logs)
        for end, log in (("", logs.mean()), ("_low", low), ("_high", high)):
            row[f"{name}{end}"] = None if log is None else float(np.exp(log))
    return row

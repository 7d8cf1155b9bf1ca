"""Means over seeds with intervals, and paired differences to the baseline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ablate.analysis.frame import sweep_keys_of, tabled
from ablate.analysis.points import PointCells, holes_text, points, split_of
from ablate.cells import COSTS, MORE_ERRORS, OF_DIFFERENCES, OF_MEANS
from ablate.errors import UsageError
from ablate.statistics import paired_p, t_interval
from ablate.text import nearest


@dataclass(frozen=True)
class Comparison:
    """A row per point, and what a table of them says around it."""

    rows: pd.DataFrame  # the columns of `compare()`, and more
    subject: str = ""  # what papers call the data
    shown: str = ""  # which rows these are
    against: str = ""  # what differences are to, where that is no baseline
    objectives: tuple[str, ...] = ()  # of a search
    images: int = 0  # that an error is of; 0 where it is not known
    notes: tuple[str, ...] = ()


def means(table: pd.DataFrame) -> pd.DataFrame:
    """Cells -> a row per variant and point of its sweep, in plan order.

    `n` done cells and `holes` others (`states`: which); mean, sample deviation `sd` and 95% t
    interval `low`..`high` of the error in percent (no interval for n=1); mean costs, and means of
    the other errors that there are.
    """
    return _table([_mean_row(point) for point in points(table)], table, OF_MEANS)


def compare(table: pd.DataFrame, baseline: str) -> pd.DataFrame:
    """Cells -> `means()` and, per row, the paired difference to the baseline.

    Taken over the `n_pairs` seeds that are done on both sides, at the point where the baseline's
    own sweep has the same values; a setting that the baseline does not sweep is no condition.
    `difference` is row minus baseline in points of error, with its 95% t interval and the p of
    `scipy.stats.ttest_rel`, both missing for one pair; equal differences have no p. All are missing
    in the baseline's rows and where nothing is common. Raises UsageError for an unknown baseline.
    """
    found = points(table)
    names = list(dict.fromkeys(point.variant for point in found))
    if names and baseline not in names:
        raise UsageError(f"baseline: unknown variant `{baseline}`{nearest(baseline, names)}")
    base = [point for point in found if point.variant == baseline]
    return comparison_of(found, table, base)


def comparison_of(
    found: Sequence[PointCells],
    table: pd.DataFrame,
    base: Sequence[PointCells] = (),
    partner_of: Callable[[PointCells], PointCells | None] | None = None,
) -> pd.DataFrame:
    """Points of `table` -> the columns of `compare()`; `base` are the baseline's points.

    `partner_of` a point is what its difference is taken to; by default the point of the baseline
    with the same values in its sweep.
    """
    rows = []
    for point in found:
        is_baseline = any(point is one for one in base)
        row = {**_mean_row(point), "is_baseline": is_baseline}
        matching = (other for other in base if _matches(point, other))
        partner = partner_of(point) if partner_of else next(matching, None)
        if partner is not None and not is_baseline:
            row |= _difference(point, partner)
        rows.append(row)
    return _table(rows, table, OF_MEANS | OF_DIFFERENCES)


def _mean_row(point: PointCells) -> dict[str, Any]:
    done = point.done
    errors = done["error"].dropna().to_numpy(dtype=np.float64)
    low, high = t_interval(errors)
    row: dict[str, Any] = {
        "variant": point.variant,
        **point.sweep,
        "split": split_of(point.cells),
        "n": len(done),
        "holes": point.holes,
        "states": holes_text(point.cells),
        "error": errors.mean() if len(errors) else None,
        "sd": errors.std(ddof=1) if len(errors) > 1 else None,
        "low": low,
        "high": high,
    }
    for name in MORE_ERRORS:
        if name in done:
            row[name] = done[name].mean()
    for cost in COSTS:
        mean = done[cost].mean()
        if not pd.isna(mean):
            row[cost] = mean if OF_MEANS[cost] == "Float64" else round(mean)
    return row


def _matches(point: PointCells, base: PointCells) -> bool:
    return all(
        key in point.sweep and point.sweep[key] == value for key, value in base.sweep.items()
    )


def _difference(point: PointCells, base: PointCells) -> dict[str, Any]:
    pairs = pd.concat(
        [cells.done.set_index("seed")["error"] for cells in (point, base)],
        axis="columns",
        join="inner",
    ).to_numpy(dtype=np.float64)
    differences = pairs[:, 0] - pairs[:, 1]
    if not len(differences):
        return {"n_pairs": 0}
    low, high = t_interval(differences)
    return {
        "n_pairs": len(differences),
        "difference": differences.mean(),
        "difference_low": low,
        "difference_high": high,
        "p": paired_p(pairs[:, 0], pairs[:, 1]),
    }


def _table(
    rows: list[dict[str, Any]], cells: pd.DataFrame, dtypes: Mapping[str, str]
) -> pd.DataFrame:
    """Rows -> a table; the sweep stands behind the variant's name, typed as that of the cells."""
    keys = sweep_keys_of(cells)
    more = {name: "Float64" for name in MORE_ERRORS if name in cells}
    swept = dict.fromkeys(keys, "object")
    found = tabled(rows, {"variant": "string", **swept, **dtypes, **more})
    return found.astype({key: cells[key].dtype for key in keys})

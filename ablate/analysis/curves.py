"""Training curves: the curve.csv files of a run folder, and the data of the `curves` figure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ablate.analysis.choose import pareto
from ablate.analysis.frame import sweep_keys_of
from ablate.analysis.points import (
    PointCells,
    compares_points,
    is_done,
    largest_first,
    point_text,
    points,
    require_done,
    sweep_text,
)
from ablate.analysis.results import Results
from ablate.cells import CURVE, check_files
from ablate.errors import DamagedCell, HolesError

MOST = 8  # lines that can be told apart
_BEST = 5  # of a search with one objective, which has no front

_NUMBERS = ("train_loss", "train_error", "loss", "error", "lr", "seconds")
_DTYPES = {"epoch": "int64", **dict.fromkeys(_NUMBERS, "float64")}


def curves(folder: Path, table: pd.DataFrame) -> pd.DataFrame:
    """Run folder and its cells -> a row per done cell and epoch.

    Columns: variant, <sweep...>, seed, key, and those of curve.csv (epoch, train_loss, train_error,
    loss, error, lr, seconds). loss and error are NaN in epochs where the evaluation split was not
    looked at. A done cell without a curve.csv has no rows. Raises DamagedCell.
    """
    keys = sweep_keys_of(table)
    found = [part for point in points(table, keys) for part in _read(folder, point)]
    columns = ["variant", *keys, "seed", "key", *_DTYPES]
    if not found:
        empty = {name: pd.Series(dtype=_DTYPES.get(name, object)) for name in columns}
        return pd.DataFrame(empty)
    curve = pd.concat(found, ignore_index=True)
    return curve.astype({key: table[key].dtype for key in keys})[columns]


def curves_data(folder: Path, results: Results) -> pd.DataFrame:
    """Run folder and its cells -> `curves()` of what is worth a line, with its `label`.

    Of several variants each one at its largest point: the one with the most parameters among those
    with a curve, and of equals the last in the plan. Of one variant, as in a factorial, the points
    of the lowest mean error, MOST of them. Of a search the cells of its Pareto front, or the best
    by its only objective; then, without a label, all others, those that were stopped up to there.
    Raises HolesError where there is no curve, DamagedCell.
    """
    table = results.cells
    require_done(table)
    if results.is_search:
        parts = _of_search(folder, results)
    elif compares_points(table):
        parts = _of_best_points(folder, table)
    else:
        parts = _of_variants(folder, table)
    if not parts:
        raise HolesError(f"no done cell has a curve: {folder.name}/cells/*/curve.csv is missing")
    return pd.concat(parts, ignore_index=True)


def _of_variants(folder: Path, table: pd.DataFrame) -> list[pd.DataFrame]:
    found = points(table)
    parts = []
    for variant in dict.fromkeys(point.variant for point in found):
        own = [point for point in found if point.variant == variant]
        for point in largest_first(own):
            if cells := _read(folder, point):
                label = point_text(point.variant, point.sweep)
                parts.append(pd.concat(cells, ignore_index=True).assign(label=label))
                break
    return parts


def _of_best_points(folder: Path, table: pd.DataFrame) -> list[pd.DataFrame]:
    """In plan order, as the legend then is."""
    read = [(point, _read(folder, point)) for point in points(table) if len(point.done)]
    read = [(point, cells) for point, cells in read if cells]
    errors = [float(point.done["error"].mean()) for point, _ in read]
    kept = sorted(np.argsort(errors, kind="stable")[:MOST].tolist())
    return [
        pd.concat(read[i][1], ignore_index=True).assign(label=sweep_text(read[i][0].sweep))
        for i in kept
    ]


def _of_search(folder: Path, results: Results) -> list[pd.DataFrame]:
    shown, table = highlights(results), results.cells
    number = {str(row.key): f"trial {row.trial}" for row in shown.itertuples()}
    others = table[~table.index.isin(shown.index)]
    read = [part for point in points(shown) for part in _read(folder, point)]
    if not read:
        return []
    labelled = [part.assign(label=part["key"].map(number)) for part in read]
    grey = [part for point in points(others) for part in _read(folder, point)]
    grey += _read_stopped(folder, others)
    return [*labelled, *(part.assign(label="") for part in grey)]


def highlights(results: Results) -> pd.DataFrame:
    """Cells of a search -> at most MOST of its Pareto front, or the best by its only objective.

    Sorted by the first objective; of a longer front every n-th cell, both ends among them.
    """
    objectives, table = results.head.objectives, results.cells
    first, *others = objectives
    done = table[is_done(table)]
    ranked = done.sort_values(first, ascending=objectives[first] == "minimize", kind="stable")
    if not others:
        return ranked.head(_BEST)
    front = ranked[pareto(ranked, list(objectives))]
    return front.iloc[np.linspace(0, len(front) - 1, min(MOST, len(front))).round().astype(int)]


def _read_stopped(folder: Path, table: pd.DataFrame) -> list[pd.DataFrame]:
    """The curves of cells that ended before their last epoch, up to there."""
    ended = table[table["stopped_epoch"].notna() & ~is_done(table)]
    found = []
    for row in ended.to_dict("records"):
        curve = _read_cell(folder, row["key"])
        if curve is not None:
            curve = curve[curve["epoch"] <= row["stopped_epoch"]]
            found.append(curve.assign(**{name: row[name] for name in ("variant", "seed", "key")}))
    return found


def _read(folder: Path, point: PointCells) -> list[pd.DataFrame]:
    """The curves of a point's done cells, one table per cell; cells without a curve left out."""
    found = []
    for seed, key in zip(point.done["seed"], point.done["key"], strict=True):
        curve = _read_cell(folder, str(key))
        if curve is None:
            continue
        curve.insert(0, "variant", point.variant)
        for name, value in point.sweep.items():
            curve[name] = pd.Series([value] * len(curve), dtype=object)
        found.append(curve.assign(seed=seed, key=key))
    return found


def _read_cell(folder: Path, key: str) -> pd.DataFrame | None:
    path = folder / "cells" / key / CURVE
    if not path.is_file():
        return None
    check_files(path.parent, key, CURVE)
    try:
        return pd.read_csv(path, usecols=list(_DTYPES), dtype=_DTYPES)
    except ValueError as error:  # of a cell without a result, which vouches for it
        raise DamagedCell(f"{path}: is damaged: {error}") from None

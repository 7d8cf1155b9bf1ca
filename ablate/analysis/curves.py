"""Training curves: the curve.csv files of a run folder, and the data of the `curves` figure."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ablate.analysis.frame import sweep_keys_of
from ablate.analysis.points import PointCells, largest_first, point_text, points, require_done
from ablate.errors import HolesError

_NUMBERS = ("train_loss", "train_error", "loss", "error", "lr", "seconds")
_DTYPES = {"epoch": "int64", **dict.fromkeys(_NUMBERS, "float64")}


def curves(folder: Path, table: pd.DataFrame) -> pd.DataFrame:
    """Run folder and its cells -> a row per done cell and epoch.

    Columns: variant, <sweep...>, seed, key, and those of curve.csv (epoch, train_loss, train_error,
    loss, error, lr, seconds). loss and error are NaN in epochs where the evaluation split was not
    looked at. A done cell without a curve.csv has no rows.
    """
    keys = sweep_keys_of(table)
    found = [part for point in points(table, keys) for part in _read(folder, point)]
    columns = ["variant", *keys, "seed", "key", *_DTYPES]
    if not found:
        empty = {name: pd.Series(dtype=_DTYPES.get(name, object)) for name in columns}
        return pd.DataFrame(empty)
    curve = pd.concat(found, ignore_index=True)
    return curve.astype({key: table[key].dtype for key in keys})[columns]


def curves_data(folder: Path, table: pd.DataFrame) -> pd.DataFrame:
    """Run folder and its cells -> `curves()` of each variant at its largest point, with a `label`.

    The largest is the point with the most parameters among those with a curve, and of equals the
    last in the plan. Raises HolesError where there is no curve.
    """
    require_done(table)
    found = points(table)
    parts = []
    for variant in dict.fromkeys(point.variant for point in found):
        own = [point for point in found if point.variant == variant]
        for point in largest_first(own):
            if cells := _read(folder, point):
                label = point_text(point.variant, point.sweep)
                parts.append(pd.concat(cells, ignore_index=True).assign(label=label))
                break
    if not parts:
        raise HolesError(f"no done cell has a curve: {folder.name}/cells/*/curve.csv is missing")
    return pd.concat(parts, ignore_index=True)


def _read(folder: Path, point: PointCells) -> list[pd.DataFrame]:
    """The curves of a point's done cells, one table per cell; cells without a curve left out."""
    found = []
    for seed, key in zip(point.done["seed"], point.done["key"], strict=True):
        path = folder / "cells" / str(key) / "curve.csv"
        if not path.is_file():
            continue
        curve = pd.read_csv(path, usecols=list(_DTYPES), dtype=_DTYPES)
        curve.insert(0, "variant", point.variant)
        for name, value in point.sweep.items():
            curve[name] = pd.Series([value] * len(curve), dtype=object)
        found.append(curve.assign(seed=seed, key=key))
    return found

"""Training curves: the curve.csv files of a run folder, and the data of the `curves` figure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ablate.analysis.choose import pareto
from ablate.analysis.points import compares_points, is_done, largest_first, points, require_done
from ablate.analysis.results import Results
from ablate.cells import CURVE, check_files
from ablate.errors import DamagedCell, HolesError
from ablate.statistics import SAME, bonferroni
from ablate.text import point_text, sweep_text

MOST = 8  # lines that can be told apart
_BEST = 5  # of a search with one objective, which has no front

_NUMBERS = ("train_loss", "train_error", "loss", "error", "lr", "seconds")
_DTYPES = {"epoch": "int64", **dict.fromkeys(_NUMBERS, "float64")}


def curves_data(folder: Path, results: Results) -> pd.DataFrame:
    """Run folder and its cells -> a row per epoch of each cell that is worth a line.

    Columns: variant, seed, key, those of curve.csv (epoch, train_loss, train_error, loss, error,
    lr, seconds), and the line's `label`. loss and error are NaN in epochs where the evaluation
    split was not looked at.

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


def epoch_intervals(data: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Curves -> the 95% t interval of the mean over seeds, a row per label and epoch: low and high.

    Of each epoch alone, of the metric's logarithm, so that it stays above 0. Lines share their
    deviation at an epoch, relative to the mean, from which two seeds of each tell something. None
    for a line of one seed, and where all values of an epoch are equal.
    """
    known = data[data[metric] > 0].assign(log=lambda found: np.log(found[metric]))
    each = known.groupby(["label", "epoch"], sort=False)["log"].agg(["mean", "var", "size"])
    each = each[each["size"] > 1].reset_index()
    each["freedom"], each["squares"] = each["size"] - 1, each["var"] * (each["size"] - 1)
    pooled = each.groupby("epoch")[["freedom", "squares"]].transform("sum")
    t = {freedom: bonferroni(float(freedom), 1) for freedom in pooled["freedom"].unique()}
    error = np.sqrt(pooled["squares"] / pooled["freedom"] / each["size"])
    half = error * pooled["freedom"].map(t)
    ends = {"low": np.exp(each["mean"] - half), "high": np.exp(each["mean"] + half)}
    return each[["label", "epoch"]].assign(**ends)[error > SAME]


def _of_variants(folder: Path, table: pd.DataFrame) -> list[pd.DataFrame]:
    found = points(table)
    parts = []
    for variant in dict.fromkeys(point.variant for point in found):
        own = [point for point in found if point.variant == variant]
        for point in largest_first(own):
            if cells := _read(folder, point.done):
                label = point_text(point.variant, point.sweep)
                parts.append(pd.concat(cells, ignore_index=True).assign(label=label))
                break
    return parts


def _of_best_points(folder: Path, table: pd.DataFrame) -> list[pd.DataFrame]:
    """In plan order, as the legend then is."""
    read = [(point, _read(folder, point.done)) for point in points(table) if point.keys]
    read = [(point, cells) for point, cells in read if cells]
    errors = [point.mean("error") for point, _ in read]
    kept = sorted(np.argsort(errors, kind="stable")[:MOST].tolist())
    return [
        pd.concat(read[i][1], ignore_index=True).assign(label=sweep_text(read[i][0].sweep))
        for i in kept
    ]


def _of_search(folder: Path, results: Results) -> list[pd.DataFrame]:
    shown, table = highlights(results), results.cells
    number = {str(row.key): f"trial {row.trial}" for row in shown.itertuples()}
    others = table[~table.index.isin(shown.index)]
    labelled = [part.assign(label=part["key"].map(number)) for part in _read(folder, shown)]
    if not labelled:
        return []
    stopped = others[others["stopped_epoch"].notna() & ~is_done(others)]
    until = dict(zip(stopped["key"], stopped["stopped_epoch"], strict=True))
    cut = [part[part["epoch"] <= part["key"].map(until)] for part in _read(folder, stopped)]
    grey = [*_read(folder, others[is_done(others)]), *cut]
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


def _read(folder: Path, cells: pd.DataFrame) -> list[pd.DataFrame]:
    """The curves of cells, a table each; cells without a curve left out."""
    named = zip(*(cells[name] for name in ("variant", "seed", "key")), strict=True)
    read = [(_read_cell(folder, str(key)), variant, seed, key) for variant, seed, key in named]
    return [
        curve.assign(variant=variant, seed=seed, key=key)
        for curve, variant, seed, key in read
        if curve is not None
    ]


def _read_cell(folder: Path, key: str) -> pd.DataFrame | None:
    path = folder / "cells" / key / CURVE
    if not path.is_file():
        return None
    check_files(path.parent, key, CURVE)
    try:
        return pd.read_csv(path, usecols=list(_DTYPES), dtype=_DTYPES)
    except ValueError as error:  # of a cell without a result, which vouches for it
        raise DamagedCell(f"{path}: is damaged: {error}") from None

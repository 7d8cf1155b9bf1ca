"""What networks answered, image by image: by class, and which class is taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ablate.analysis.choose import choose
from ablate.analysis.outcomes import Read
from ablate.analysis.points import (
    PointCells,
    check_variant,
    largest_first,
    one_to_show,
    points,
    require_done,
)
from ablate.analysis.results import Results, trained
from ablate.cells import Predictions
from ablate.errors import HolesError
from ablate.text import point_text, several


@dataclass(frozen=True)
class ConfusionData:
    """What the figure shows, and of which cells."""

    label: str  # of the point: `DenseNet-BC, depth 100`
    results: Results  # of the cells that were averaged
    names: tuple[str, ...]  # of the classes, by number
    images: NDArray[np.int64]  # evaluated, by class
    shares: NDArray[np.float64]  # (i, j): percent of the images of class i that were taken for j


def confusion_data(results: Results, read: Read, variant: str = "") -> ConfusionData:
    """Cells of one point -> their confusion matrix, the mean over seeds.

    The largest done point of `variant`, by default of the baseline; of a search that of the lowest
    error. Raises UsageError for an unknown variant, HolesError where no cell has its predictions.
    """
    point, parts = _read(results, read, variant)
    counts = np.array([part.confusion() for part in parts])
    images = counts[0].sum(axis=1)
    shares = 100 * counts.mean(axis=0) / np.maximum(images, 1)[:, None]
    names = tuple(map(parts[0].name, range(parts[0].classes)))
    label, cells = point_text(point.variant, point.sweep), results.of(point.done)
    return ConfusionData(label, cells, names, images, shares)


def _read(results: Results, read: Read, variant: str) -> tuple[PointCells, list[Predictions]]:
    """The point to show, less the cells without predictions, and what the others answered."""
    table = results.cells
    require_done(table)
    check_variant(table, variant)
    own = [p for p in points(table) if p.keys and variant in ("", p.variant)]
    if not own:
        raise HolesError(f"no cell of `{variant}` is done")
    point = largest_first(own)[0] if variant else one_to_show(own, results)
    found = {key: read(key) for key in point.keys}
    kept = point.rows[[found.get(key) is not None for key in point.columns.keys[point.rows]]]
    if not len(kept):
        raise HolesError(
            f"{point_text(point.variant, point.sweep)}: no cell has kept its predictions, and they "
            "cannot be computed from its weights here"
        )
    parts = [part for part in found.values() if part is not None]
    return replace(point, rows=kept), parts


def predictions(
    folder: str | Path,
    which: str,
    *,
    where: str | Sequence[str] = (),
    data: str | Path | None = None,
) -> pd.DataFrame:
    """What a point of a run answered -> a row per done cell and evaluated image.

    Columns: key; seed; image, its place in the evaluated split, from 0; label and predicted,
    numbers of classes; ten_crop, by the mean over ten crops, of images that stream from files.
    `attrs` has the `names` of the classes where they are known. `which` and `where` are as in
    `export`. Cells of versions that kept none are evaluated once more, where the images are at hand
    (in `data`, else in the default folder). Raises UsageError, HolesError where nothing is known of
    the point.
    """
    from ablate.records import Answers

    results = trained(folder)
    choice, _ = choose(results, which, several(where))
    cells = results.cells
    read, seeds = Answers(folder, data), dict(zip(cells["key"], cells["seed"], strict=True))
    parts: list[pd.DataFrame] = []
    names: tuple[str, ...] = ()
    for key in choice.keys:
        if (found := read(key)) is None:
            continue
        names = found.names
        columns = {"label": found.labels, "predicted": found.predicted}
        if found.ten_crop is not None:
            columns["ten_crop"] = found.ten_crop
        part = pd.DataFrame(columns).astype("int64").rename_axis("image").reset_index()
        parts.append(part.assign(key=key, seed=seeds[key]))
    if not parts:
        raise HolesError(f"{choice.label}: {read.reason}")
    table = pd.concat(parts, ignore_index=True)
    table = table[["key", "seed", *table.columns.drop(["key", "seed"])]]
    table.attrs = {"names": names}
    return table

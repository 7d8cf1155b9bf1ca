"""What the networks of a run answered, image by image."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ablate.analysis.choose import choose
from ablate.analysis.results import several, trained
from ablate.errors import HolesError


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

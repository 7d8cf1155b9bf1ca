"""What networks answered image by image: kept by their cells, else computed from their weights."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ablate.errors import HolesError, MissingDataError
from ablate.study import load_study

if TYPE_CHECKING:
    import pandas as pd

    from ablate.cells import Predictions
    from ablate.data import Images

log = logging.getLogger("ablate")


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
    import pandas as pd

    from ablate import analysis

    table = analysis.trained(folder)
    choice, _ = analysis.choose(table, which, analysis.several(where))
    read, seeds = reader(folder, data), dict(zip(table["key"], table["seed"], strict=True))
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


def class_errors(folder: str | Path, *, data: str | Path | None = None) -> pd.DataFrame:
    """A run folder -> a row per class with the error of every variant in it.

    Columns and errors are those of `analysis.class_errors`; `data` is as in `predictions`.
    """
    from ablate import analysis

    return analysis.class_errors(analysis.trained(folder), reader(folder, data))


def reader(folder: str | Path, data: str | Path | None = None) -> _Reader:
    """What finds the predictions of a run's done cells by key; None where there are none."""
    return _Reader(Path(folder), data)


class _Reader:
    def __init__(self, folder: Path, data: str | Path | None) -> None:
        self.path, self.data = folder, data
        self.reason = ""  # why the last cell that had none has none

    def __call__(self, key: str) -> Predictions | None:
        from ablate.cells import kept_predictions, read_finished
        from ablate.records import open_folder
        from ablate.training import predict

        cell = open_folder(self.path).cell(key)
        if found := kept_predictions(cell.path, key):
            return found
        result = read_finished(cell.path, key)
        if result is None:
            self.reason = f"{cell.path}: the cell's files are lost"
            return None
        try:
            return predict(cell, self.images, result)
        except MissingDataError as error:
            self.reason = (
                f"{key[:8]} was trained by a version that kept no predictions, and {error}"
            )
            log.warning("%s", self.reason)
            return None

    @cached_property
    def images(self) -> Images:
        from ablate.data import load_images
        from ablate.machine import data_root
        from ablate.records import open_folder

        study = load_study(open_folder(self.path).study)
        return load_images(study.file.data, data_root(self.data))

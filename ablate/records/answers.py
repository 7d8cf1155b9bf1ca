"""What a run's cells answered image by image: kept by them, else computed from weights."""

from __future__ import annotations

import logging
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ablate.cells import Predictions, kept_predictions, read_finished
from ablate.errors import MissingDataError
from ablate.machine import data_root
from ablate.records.folder import open_folder
from ablate.study import load_study

if TYPE_CHECKING:
    from ablate.data import Images

log = logging.getLogger("ablate")


class Answers:
    """What finds the predictions of a run's done cells by key; None where there are none.

    Cells of versions that kept none are evaluated once more, where their images are at hand: in
    `data`, else in the default folder.
    """

    def __init__(self, folder: str | Path, data: str | Path | None = None) -> None:
        self.path, self.data = Path(folder), data
        self.reason = ""  # why the last cell that had none has none

    def __call__(self, key: str) -> Predictions | None:
        cell = open_folder(self.path).cell(key)
        if found := kept_predictions(cell.path, key):
            return found
        result = read_finished(cell.path, key)
        if result is None:
            self.reason = f"{cell.path}: the cell's files are lost"
            return None
        from ablate.training import predict  # loads torch, for which kept answers need not wait

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

        study = load_study(open_folder(self.path).study)
        return load_images(study.file.data, data_root(self.data))

"""Which of the evaluated images each cell of a run gets wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ablate.analysis.points import is_done, require_done
from ablate.cells import Predictions
from ablate.errors import HolesError

_OTHER_IMAGES = "cells were not evaluated on the same images"
Read = Callable[[str], Predictions | None]  # of a done cell, by its key


@dataclass(frozen=True)
class Outcomes:
    """Of the same images in the same order, what they are and which cells get them wrong."""

    rows: Mapping[str, int]  # of each cell, by its key
    wrong: NDArray[np.bool_]  # (cells, images)
    labels: NDArray[np.int64]  # (images,): the class of each
    names: tuple[str, ...]  # of the classes, by number

    def of(self, keys: Sequence[str]) -> NDArray[np.float64]:
        """(keys, images): 100 where a cell gets an image wrong, else 0; the mean is its error."""
        return 100 * self.wrong[[self.rows[key] for key in keys]].astype(np.float64)


def read_outcomes(folder: str | Path, table: pd.DataFrame, data: str | Path | None) -> Outcomes:
    """A run folder and its table of cells -> the outcomes of those that are done.

    Cells of versions that kept no predictions are evaluated once more, where the images are at hand
    (in `data`, else in the default folder). Raises HolesError as `outcomes_of` does.
    """
    from ablate.records import Answers

    return outcomes_of(table, Answers(folder, data))


def outcomes_of(table: pd.DataFrame, read: Read) -> Outcomes:
    """A table of cells, and what reads their predictions -> the outcomes of those that are done.

    Raises HolesError where no cell is done, where one has no predictions, and where they are not
    all of the same images.
    """
    require_done(table)
    done = table[is_done(table)]
    _require_same_images(done)
    answers = {key: read(key) for key in dict.fromkeys(done["key"])}
    kept = {key: each for key, each in answers.items() if each is not None}
    if lost := len(answers) - len(kept):
        reason = getattr(read, "reason", "") or "earlier versions kept none"
        raise HolesError(f"{lost} of {len(answers)} done cells have no predictions: {reason}")
    first = next(iter(kept.values()))
    if any(not np.array_equal(each.labels, first.labels) for each in kept.values()):
        raise HolesError(f"{_OTHER_IMAGES}: their labels differ")
    return Outcomes(
        rows={key: row for row, key in enumerate(kept)},
        wrong=np.array([each.predicted != each.labels for each in kept.values()]),
        labels=first.labels.astype(np.int64),
        names=tuple(map(first.name, range(first.classes))),
    )


def _require_same_images(done: pd.DataFrame) -> None:
    """Raise HolesError where what the cells say of their images differs."""
    columns = {"split": "some held out, some the test set", "data_sha256": "of several copies"}
    if not done["split"].eq("test").any():  # which is the same one whatever is held out
        columns["split_sha256"] = "of several hold-outs"
    for column, what in columns.items():
        if len(done[column].dropna().unique()) > 1:
            raise HolesError(f"{_OTHER_IMAGES}: {what}")

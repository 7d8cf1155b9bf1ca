"""A cell's folder: which files it has, and whether they go together."""

from __future__ import annotations

import csv
import logging
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ablate.cells.files import CELL, CURVE, KEPT, RESULT, WEIGHTS, checkpoint_before
from ablate.cells.predictions import PREDICTIONS
from ablate.errors import DamagedCell

log = logging.getLogger("ablate")


ASIDE = "refused"  # a folder in a cell's, for files that do not go together


@dataclass(frozen=True)
class CellFolder:
    """The files of `cells/<key>/`. Only a finished cell has `result.json`, written last."""

    path: Path

    @property
    def cell(self) -> Path:
        return self.path / CELL

    @property
    def curve(self) -> Path:
        return self.path / CURVE

    def epochs(self) -> list[dict[str, float | None]]:
        """The rows of the curve that training goes on from, or has ended with.

        None where it would begin anew, nor of a damaged file, which training writes again.
        """
        begun = self.result, self.checkpoint, checkpoint_before(self.checkpoint)
        if not any(file.is_file() for file in begun):
            return []
        try:
            with self.curve.open(encoding="utf-8", newline="") as file:
                return [_epoch(line) for line in csv.DictReader(file)]
        except (OSError, ValueError, TypeError, LookupError, csv.Error):
            return []

    @property
    def weights(self) -> Path:
        return self.path / WEIGHTS

    @property
    def predictions(self) -> Path:
        return self.path / PREDICTIONS

    @property
    def checkpoint(self) -> Path:
        return self.path / "checkpoint.pt"

    def drop_checkpoints(self) -> None:
        """Training will not go on from them any more."""
        for file in (self.checkpoint, checkpoint_before(self.checkpoint)):
            file.unlink(missing_ok=True)

    @property
    def result(self) -> Path:
        return self.path / RESULT

    @property
    def log(self) -> Path:
        return self.path / "log.txt"

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the files of a finished cell that are not there or empty; none is read."""
        files = {name: self.path / name for name in (RESULT, *KEPT)}
        return tuple(n for n, file in files.items() if not (file.is_file() and file.stat().st_size))

    def loss(self, key: str) -> str:
        """Why these are not the files that the cell `key` was finished with; empty where they are.

        Every file is read.
        """
        from ablate.cells.finished import read_finished

        try:
            return "" if read_finished(self.path, key) else f"{self.result}: missing"
        except DamagedCell as error:
            return str(error)

    def finished(self, key: str) -> dict[str, Any] | None:
        """The result of the cell `key` if it is finished and whole; None of any other.

        Files that do not go together are set aside, which is logged: the cell is made again.
        """
        from ablate.cells.finished import read_finished

        try:
            return read_finished(self.path, key)
        except DamagedCell as error:
            log.warning("%s; it does not count, its files are in `%s`", error, ASIDE)
        aside = self.path / ASIDE
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        # The result first: without it the rest is that of a cell in training.
        for file in (self.result, self.cell, self.curve, self.weights, self.predictions):
            if file.exists():
                file.replace(aside / file.name)
        return None


def _epoch(line: Mapping[str, str]) -> dict[str, float | None]:
    numbers = {name: float(text) if text else None for name, text in line.items()}
    return numbers | {"epoch": int(line["epoch"])}

"""A small search that tests change, and runs that answer its cells without training."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import ablate
from ablate.cells import Cell, CellFolder
from ablate.records import Attempt, Record, RunFolder, Summary
from ablate.study import Study, load_study
from ablate.training import Epoch
from ablate.workers import worker

SPACE: dict[str, Any] = {
    "family": "densenet",
    "depth": 7,
    "growth_rate": {"int": [2, 8], "step": 2},
    "stem_channels": 4,
    "activation_order": {"choice": ["pre", "post"]},
    "dropout": {"float": [0.0, 0.2], "step": 0.1, "when": {"growth_rate": ">= 6"}},
}  # 16 points, of which growth rates 2 and 4 have no dropout
SEARCH: dict[str, Any] = {
    "name": "little",
    "data": {"dataset": "digits", "limit": 120, "hold_out": 60},
    "recipe": {"epochs": 2, "schedule": "one_cycle", "lr": 0.05, "batch_size": 32},
    "space": SPACE,
    "sampler": {"name": "random"},
    "budget": {"trials": 6},
}


def search_of(*, space: Mapping[str, Any] | None = None, **changes: Any) -> Study:
    """The small search with other keys; `space` changes some of its space's."""
    merged = {k: v for k, v in {**SPACE, **(space or {})}.items() if v is not None}
    return load_study({**SEARCH, "space": merged, **changes})


def space_of(name: str, ranges: Mapping[str, Any], **changes: Any) -> Study:
    """A search by one sampler over a space of no more than `ranges` beside fixed settings."""
    fixed = {"family": "densenet", "depth": 7, "stem_channels": 4, "growth_rate": 4}
    sampler = {"name": name, **changes.pop("sampler", {})}
    return load_study({**SEARCH, "space": {**fixed, **ranges}, "sampler": sampler, **changes})


def attempts(folder: Path) -> list[Attempt]:
    """What the record of a run folder has, oldest first."""
    return Record.open(RunFolder(folder)).attempts_in_order()


def made_up_error(key: str) -> float:
    """What a cell's error is where nothing is trained: any number, but always the same."""
    return 10 + int(hashlib.sha256(key.encode()).hexdigest()[:6], 16) % 8000 / 100


class Stop(BaseException):
    """Ends a quick run where a signal would."""


class QuickRuns:
    """`ablate.run` in this process, with errors that are made up."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.trained: list[str] = []  # keys, in order
        self.stop_after: int | None = None  # cells
        self.error: Callable[[Cell, int], float] = lambda cell, epoch: made_up_error(cell.key)
        monkeypatch.setattr(worker, "run_cell", self._run_cell)
        # Which has no files either.
        monkeypatch.setattr(CellFolder, "loss", lambda folder, key: "")
        monkeypatch.setattr(CellFolder, "missing", ())
        monkeypatch.setattr(worker.time, "sleep", lambda seconds: None)

    def __call__(self, study: Study, runs: Path, **options: Any) -> Summary:
        return ablate.run(ablate.plan(study), runs=runs, devices=["cpu"], **{"jobs": 0, **options})

    def _run_cell(self, cell: Cell, *args: Any, **options: Any) -> dict[str, Any]:
        if self.stop_after is not None and len(self.trained) >= self.stop_after:
            raise Stop
        for number in range(1, cell.recipe.epochs + 1):
            error = self.error(cell, number)
            options["on_epoch"](Epoch(number, 1.0, 50.0, error / 50, error, 0.05, 1.5))
        self.trained.append(cell.key)
        return {"error": error, "loss": error / 50, "train_seconds": 1.5 * cell.recipe.epochs}

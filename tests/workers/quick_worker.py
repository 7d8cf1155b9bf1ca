"""A worker in this process, whose cells take no time."""

from __future__ import annotations

from pathlib import Path

import pytest

import ablate
from ablate.records import Record, RunFolder, prepare_folder
from ablate.workers import Rules, RunOptions, worker
from tests.training.cells import IMAGES


@pytest.fixture(name="folder")
def folder_of_one_cell(tiny_study: Path, tmp_path: Path) -> RunFolder:
    """A run folder of one cell."""
    plan = ablate.plan(ablate.load_study(tiny_study, sets=["seeds=[0]", "variants.bc=null"]))
    made = prepare_folder(plan, tmp_path / "runs" / "tiny")
    Record.create(made, "tiny")
    return made


@pytest.fixture(name="work")
def quick_work(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> worker.Worker:
    """A worker whose cells are finished at once."""
    monkeypatch.setattr(worker, "run_cell", lambda *args, **options: {"error": 5.0})
    monkeypatch.setattr(worker.time, "sleep", lambda seconds: None)
    assignment = worker.Assignment(0, folder.path, RunOptions(Path()), Rules(), IMAGES.sha256)
    return worker.Worker(assignment, lambda event: None)

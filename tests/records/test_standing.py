"""How a run stands: the time that it has left."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import ablate
from ablate.records import Record, RunFolder, prepare_folder, seconds_left, snapshot

pytestmark = pytest.mark.heavy  # the networks of a study are counted for them


@pytest.mark.filterwarnings("ignore:Heartbeat of storage")
def test_seconds_left(tiny_study: Path, tmp_path: Path) -> None:
    plan = ablate.plan(ablate.load_study(tiny_study))
    cells = tuple(replace(cell, predicted_seconds=10.0) for cell in plan.cells)
    folder = prepare_folder(replace(plan, cells=cells), tmp_path / "run")
    assert seconds_left(snapshot(folder.path)) == 40

    record = Record.create(folder, "tiny")
    record.enqueue(cells[:1])
    trial = record.study.ask()
    trial.report(50.0, 1)  # of two epochs
    assert seconds_left(snapshot(folder.path)) == 35
    trial.set_user_attr("result", {"error": 50.0, "train_seconds": 5.0})
    record.study.tell(trial, 50.0)
    assert seconds_left(snapshot(folder.path)) == 15  # half of what was predicted


@pytest.mark.filterwarnings("ignore:Heartbeat of storage")
def test_seconds_left_without_predictions(tiny_study: Path, tmp_path: Path) -> None:
    plan = ablate.plan(ablate.load_study(tiny_study))
    folder: RunFolder = prepare_folder(plan, tmp_path / "run")
    assert seconds_left(snapshot(folder.path)) is None
    record = Record.create(folder, "tiny")
    record.enqueue(plan.cells[:1])
    trial = record.study.ask()
    trial.set_user_attr("result", {"error": 50.0, "train_seconds": 5.0})
    record.study.tell(trial, 50.0)
    macs = [cell.macs for cell in plan.cells]
    assert seconds_left(snapshot(folder.path)) == pytest.approx(5.0 * sum(macs[1:]) / macs[0])

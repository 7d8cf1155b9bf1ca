"""How a run stands: the time that it has left, and how far a search is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import ablate
from ablate.records import (
    Record,
    RunFolder,
    SearchSummary,
    prepare_folder,
    search_line,
    seconds_left,
    snapshot,
)

SUMMARY = SearchSummary(
    ended=7,
    trials=20,
    device_hours=None,
    hours_used=0.5,
    infeasible=0,
    repeated=0,
    exhausted="",
    is_over=False,
    pruned_hours=0.0,
    saved_hours=0.0,
)


@pytest.mark.heavy  # the networks of a study are counted for it
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


@pytest.mark.heavy
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


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "7 of 20 trials; 30 min 00 s of training"),
        ({"ended": 5}, "5 of 20 trials and 2 more begun; 30 min 00 s of training"),
        ({"trials": None, "device_hours": 2.0}, "7 trials; 30 min 00 s of 2 h 00 min of training"),
        ({"device_hours": 2.0}, "7 of 20 trials; 30 min 00 s of 2 h 00 min of training"),
        (
            {"infeasible": 3, "repeated": 1},
            "7 of 20 trials; 30 min 00 s of training; "
            "suggestions that cost none: 3 infeasible, 1 repeated",
        ),
        (
            {"pruned_hours": 0.1, "saved_hours": 0.5},
            "7 of 20 trials; 30 min 00 s of training; "
            "pruning saved about 30 min 00 s (50%) after 6 min 00 s",
        ),
        (
            {"exhausted": "every point of the space was suggested"},
            "7 trials; 30 min 00 s of training; "
            "no more to suggest: every point of the space was suggested",
        ),
    ],
)
def test_how_far_a_search_is_in_a_line(changes: dict[str, object], expected: str) -> None:
    assert search_line(replace(SUMMARY, **changes), 7) == expected  # type: ignore[arg-type]

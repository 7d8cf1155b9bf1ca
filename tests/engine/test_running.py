"""What a run refuses, and how it stands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import ablate
from ablate.engine.running import _check_options, _check_packing
from ablate.errors import UsageError
from ablate.records import Record, RunFolder, prepare_folder, seconds_left, snapshot
from ablate.training import Execution
from tests.engine.little_search import search_of


@pytest.mark.parametrize(
    ("execution", "jobs", "retry", "message"),
    [
        (Execution(), -1, (), "--jobs: must be >= 0 and <= 1024, got -1"),
        (Execution(time_limit=-1.0), None, (), "--cell-timeout: must be >= 0, got -1"),
        (Execution(threads=0), None, (), "threads: must be >= 1, got 0"),
        (Execution(), None, ("oom", "lost"), "--retry: one of oom, diverged, timeout, got lost"),
    ],
)
def test_options_that_no_run_can_have(
    execution: Execution, jobs: int | None, retry: tuple[str, ...], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        _check_options(execution, jobs, retry)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("per_device", "devices", "message"),
    [
        (0, ["cuda:0"], "--per-device: must be >= 1 or auto, got 0"),
        (2, ["cpu"], "--per-device: is for GPUs; on the CPU --jobs says how many cells train"),
        ("auto", ["cuda:0", "cpu"], "--per-device: is for GPUs; on the CPU --jobs says"),
        (2, ["cuda:0"], "--per-device: the search compares train_seconds, which a shared device"),
        ("auto", ["cuda:0"], "--per-device: the search compares train_seconds"),
    ],
)
def test_cells_that_cannot_share_a_device(
    per_device: Any, devices: list[str], message: str
) -> None:
    timed = search_of(objectives={"error": "minimize", "train_seconds": "minimize"}).search
    with pytest.raises(UsageError) as caught:
        _check_packing(per_device, devices, timed)
    assert str(caught.value).startswith(message)


def test_cells_that_can_share_a_device() -> None:
    timed = search_of(objectives={"error": "minimize", "train_seconds": "minimize"}).search
    _check_packing(None, ["cpu"], timed)
    _check_packing(1, ["cuda:0"], timed)
    _check_packing("auto", ["cuda:0", "cuda:1"], search_of().search)
    _check_packing(4, ["cuda:0"], None)


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


def test_results_that_are_none_are_made_again(
    tiny_study: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """In the run's own folder, and in one beside it."""
    plan = ablate.plan(ablate.load_study(tiny_study, sets=["seeds=[0]"]))
    prepare_folder(plan, tmp_path / "runs" / "tiny")
    ours, theirs = (tmp_path / "runs" / name / "cells" for name in ("tiny", "beside"))
    contents = ('{"error": 1.0}', "{}"), ('{"error": 0.01, "key": "someoneelse"}', "")
    for cells, texts in zip((ours, theirs), contents, strict=True):
        for key, text in zip(plan.keys, texts, strict=True):
            (cells / key).mkdir(parents=True)
            (cells / key / "result.json").write_text(text, encoding="utf-8")
    found = ablate.run(plan, runs=tmp_path / "runs", jobs=0)
    assert (found.trained, found.taken_over, found.is_complete) == (2, 0, True)
    assert ablate.results(found.folder)["error"].min() > 1
    assert caplog.text.count("it does not count") == 2
    assert caplog.text.count("not taken over from beside") == 2

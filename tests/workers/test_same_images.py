"""Images that change under a run: nothing is trained on the new ones, nothing of them counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ablate
from ablate.analysis import trained
from ablate.claims import comparison
from ablate.cli import main
from ablate.errors import MissingDataError, RunFolderError
from ablate.records import Record, prepare_folder
from ablate.workers import Assignment, executor
from tests.engine.little_search import SEARCH
from tests.finished_cells import write_finished
from tests.plans import plan_in

STUDY: dict[str, Any] = {
    "name": "own",
    "data": {"dataset": "arrays", "name": "own"},
    "recipe": {"epochs": 1, "batch_size": 16, "lr": 0.05},
    "baseline": "A",
    "variants": {"A": {"family": "densenet", "depth": 7, "growth_rate": 4, "stem_channels": 4}},
    "seeds": [0, 1],
}


def write_images(folder: Path, seed: int) -> None:
    draw = np.random.default_rng(seed)
    arrays = {
        name: draw.integers(0, 256, (count, 8, 8), dtype=np.uint8)
        for name, count in (("x_train", 60), ("x_test", 20))
    }
    labels = {"y_train": np.arange(60) % 2, "y_test": np.arange(20) % 2}
    np.savez(folder / "own.npz", **arrays, **labels)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_images(tmp_path, 0)
    return tmp_path


@pytest.fixture
def changed_before_workers(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The images are replaced after the run began, and before its worker looks at them."""

    train = executor.work_here

    def work_here(*arguments: Any) -> None:
        write_images(data, 1)
        train(*arguments)

    monkeypatch.setattr(executor, "work_here", work_here)


@pytest.mark.parametrize(
    "study", [STUDY, {**SEARCH, "data": STUDY["data"]}], ids=["design", "search"]
)
def test_a_worker_trains_nothing_on_other_images(
    data: Path, changed_before_workers: None, study: dict[str, Any]
) -> None:
    runs = data / "runs"
    with pytest.raises(MissingDataError, match="own: its images have changed since the run was pl"):
        ablate.run(ablate.load_study(study), runs=runs, data=data, devices=["cpu"], jobs=0)
    assert not list(runs.glob("*/cells/*/result.json"))
    assert "done" not in ablate.results(runs / study["name"])["state"].tolist()


def test_a_run_goes_on_once_they_are_back(
    data: Path, changed_before_workers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = ablate.load_study(STUDY)
    with pytest.raises(MissingDataError):
        ablate.run(study, runs=data / "runs", data=data, jobs=0)
    write_images(data, 0)
    monkeypatch.undo()
    assert ablate.run(study, runs=data / "runs", data=data, jobs=0).is_complete


def test_a_plan_is_not_run_on_other_images(data: Path) -> None:
    plan = ablate.plan(ablate.load_study(STUDY), data=data)
    write_images(data, 1)
    with pytest.raises(MissingDataError, match="its images have changed"):
        ablate.run(plan, runs=data / "runs", data=data, jobs=0)
    assert not (data / "runs").exists()


def test_a_cell_that_is_another_to_the_worker_is_not_trained(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = executor.work_here

    def work_here(assignment: Assignment, *arguments: Any) -> None:
        file = assignment.folder / "plan.json"
        plan = plan_in(assignment.folder)
        plan["cells"][0]["cell"]["seed"] = 7
        file.write_text(json.dumps(plan), "utf-8")
        train(assignment, *arguments)

    monkeypatch.setattr(executor, "work_here", work_here)
    with pytest.raises(RunFolderError, match="the plan was made by another version of ablate, or"):
        ablate.run(ablate.load_study(STUDY), runs=data / "runs", data=data, jobs=0)
    assert not list((data / "runs").glob("*/cells/*/result.json"))


@pytest.mark.filterwarnings("ignore:Heartbeat of storage")
def test_a_folder_that_holds_cells_of_other_images_says_so_and_makes_them_again(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As versions left it that took whatever images they found."""
    plan = ablate.plan(ablate.load_study(STUDY), data=data)
    folder = prepare_folder(plan, data / "runs" / "own")
    record = Record.create(folder, "own")
    for cell, key in zip(plan.cells, (plan.cells[0].key, "f" * 16), strict=True):
        record.enqueue([cell])
        trial = record.study.ask()
        trial.set_user_attr("result", {"key": key, "error": 50.0, "train_seconds": 1.0})
        record.study.tell(trial, 50.0)
        write_finished(folder.cell(cell.key).path, cell.key)
    table = ablate.results(folder.path)
    assert table["state"].tolist() == ["done", "waiting"]
    assert table["reason"][1] == (
        "its result is of another cell, ffffffffffffffff: the images had changed when it trained"
    )
    assert ablate.compare(folder.path).rows["n"].tolist() == [1]
    said = "1 cells do not count: their images had changed when they trained"
    for verb in ("status", "compare"):
        with pytest.raises(SystemExit):
            main([verb, str(folder.path)])
        assert said in " ".join("".join(capsys.readouterr()).split())
    found = ablate.run(plan, runs=data / "runs", data=data, jobs=0)
    assert (found.trained, found.is_complete) == (1, True)
    assert not any(said in note for note in comparison(trained(folder.path)).notes)


def test_another_copy_of_the_images_is_not_confirmed_on(data: Path) -> None:
    ablate.run(ablate.load_study(STUDY), runs=data / "runs", data=data, jobs=0)
    write_images(data, 1)
    with pytest.raises(RunFolderError, match="what was chosen on those cannot be confirmed on the"):
        ablate.confirm(data / "runs" / "own", data=data, jobs=0)

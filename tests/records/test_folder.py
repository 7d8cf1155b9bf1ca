"""The run folder: what may become one, and which studies may go on in it."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest
from filelock import FileLock

import ablate
from ablate.errors import RunFolderError
from ablate.records import Plan, prepare_folder
from tests.engine.little_search import search_of
from tests.photos import write_photos
from tests.plans import plan_in


@pytest.fixture
def plan(tiny_study: Path) -> Plan:
    return ablate.plan(ablate.load_study(tiny_study))


def test_a_start_that_was_interrupted_goes_on(plan: Plan, tmp_path: Path) -> None:
    folder = prepare_folder(plan, tmp_path / "run")
    before = folder.plan.read_text(encoding="utf-8")
    folder.plan.rename(folder.path / "plan.json.123.tmp")
    prepare_folder(plan, folder.path)
    assert folder.plan.read_text(encoding="utf-8") == before


def test_a_study_file_of_somebody_else_is_left_alone(plan: Plan, tmp_path: Path) -> None:
    other = tmp_path / "run" / "study.yaml"
    other.parent.mkdir()
    other.write_text("precious", encoding="utf-8")
    with pytest.raises(RunFolderError, match="is not empty and not a run folder"):
        prepare_folder(plan, other.parent)
    assert [path.name for path in other.parent.iterdir()] == ["study.yaml"]
    assert other.read_text(encoding="utf-8") == "precious"


def test_a_file_in_the_way(plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "run").write_text("precious", encoding="utf-8")
    with pytest.raises(RunFolderError, match="run: is a file; choose --as NAME"):
        prepare_folder(plan, tmp_path / "run")


def test_the_same_study_on_other_data_is_refused_with_the_reason(
    plan: Plan, tmp_path: Path
) -> None:
    folder = prepare_folder(plan, tmp_path / "run")
    found = plan_in(folder.path)
    found["cells"][0]["key"] = "0123456789abcdef"
    folder.plan.write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(
        RunFolderError, match=r"1 of its 4 cells(.|\n)*reads the same: its dataset, or code"
    ):
        prepare_folder(plan, folder.path)


def test_a_search_on_other_images_is_refused(tmp_path: Path) -> None:
    study = search_of(data={"dataset": "image_folder", "name": "fruit", "image_size": 32})
    root = write_photos(tmp_path)
    plan = ablate.plan(study, data=root)
    folder = prepare_folder(plan, tmp_path / "run")
    prepare_folder(ablate.plan(study, data=root), folder.path)
    (root / "fruit" / "train" / "plum" / "0.png").unlink()
    with pytest.raises(
        RunFolderError, match=r"the images of its dataset are others\nThe study reads"
    ):
        prepare_folder(ablate.plan(study, data=root), folder.path)


def test_two_runs_that_start_together_take_turns(plan: Plan, tmp_path: Path) -> None:
    path = tmp_path / "run"
    path.mkdir()
    other = threading.Thread(target=prepare_folder, args=(plan, path))
    with FileLock(path / "study.lock"):
        other.start()
        other.join(0.3)
        assert other.is_alive()
        assert not (path / "plan.json").exists()
    other.join(10)
    assert (path / "plan.json").exists()

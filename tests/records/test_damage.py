"""Files of a run folder emptied, cut, of another type, a folder or of later: named, with a mend."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import ablate
from ablate.errors import LaterFormat, RunFolderError, UsageError
from ablate.records import (
    Record,
    RunFolder,
    open_folder,
    planned_cells,
    read_rows,
    rows,
    snapshot,
)

Damage = Callable[[Path], None]
pytestmark = pytest.mark.heavy  # a study is trained for them


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, finished_tiny: Path) -> Path:
    """A study file and, beside it, its finished run: `runs/tiny`."""
    home = Path(shutil.copytree(finished_tiny, tmp_path_factory.mktemp("whole") / "home"))
    (home / "runs" / "tiny" / "measurements.csv").write_text("variant,implementation\n", "utf-8")
    return home


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "copy"))


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def other_type(path: Path) -> None:
    path.write_bytes(b"[1, \xff]\n" if path.suffix != ".json" else b"[]")


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def empty_map(path: Path) -> None:
    path.write_text("{}", encoding="utf-8")


def read(home: Path, name: str) -> object:
    folder = RunFolder(home / "runs" / "tiny")
    readers: dict[str, Callable[[], object]] = {
        "plan.json": lambda: planned_cells(folder),
        "study.db": lambda: snapshot(folder.path),
        "measurements.csv": lambda: read_rows(folder.measurements),
    }
    return readers[name]()


@pytest.mark.parametrize("damage", [emptied, cut, other_type, a_folder])
@pytest.mark.parametrize("name", ["plan.json", "study.db", "measurements.csv"])
def test_a_damaged_file_is_named_with_its_mend(copy: Path, name: str, damage: Damage) -> None:
    read(copy, name)
    damage(copy / "runs" / "tiny" / name)
    with pytest.raises(RunFolderError) as caught:
        read(copy, name)
    assert caught.value.exit_code == 2
    told, path = str(caught.value), copy / "runs" / "tiny" / name
    assert told.startswith(f"{path}: is ")
    assert told.endswith(("makes it anew", "from its finished cells"))


def test_a_record_that_is_gone_is_not_taken_for_one_that_has_not_begun(copy: Path) -> None:
    folder = copy / "runs" / "tiny"
    (folder / "study.db").unlink()
    with pytest.raises(RunFolderError, match=r"study\.db: is gone; `ablate db rebuild` of the"):
        snapshot(folder)
    assert not (folder / "study.db").exists()


def test_a_run_that_lost_its_plan_is_one_that_trains(copy: Path) -> None:
    """Though networks of it were measured, too."""
    folder = copy / "runs" / "tiny"
    (folder / "plan.json").unlink()
    with pytest.raises(RunFolderError, match=r"has lost its plan\.json; `ablate db rebuild "):
        open_folder(folder)
    with pytest.raises(RunFolderError, match=r"has lost its plan\.json"):
        ablate.results(folder)


def test_a_plan_with_a_bit_turned_is_damaged(copy: Path) -> None:
    path = copy / "runs" / "tiny" / "plan.json"
    path.write_text(path.read_text("utf-8").replace('"params": 1', '"params": 3', 1), "utf-8")
    with pytest.raises(RunFolderError, match="is damaged: it was changed after it was"):
        read(copy, "plan.json")


def test_a_bit_that_turned_in_a_record_changes_no_number(copy: Path) -> None:
    """Wherever it is: it is told, or nothing is written there."""
    folder, draws = copy / "runs" / "tiny", random.Random(0)
    database = RunFolder(folder).database
    whole, expected = database.read_bytes(), rows(snapshot(folder))
    told: list[str] = []
    for _ in range(60):
        place, bit = draws.randrange(len(whole)), draws.randrange(8)
        database.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])
        try:
            assert rows(snapshot(folder)) == expected
            Record.create(RunFolder(folder), "tiny").attempts()
        except RunFolderError as error:
            told.append(str(error))
    assert told and all(f"{database}: is damaged: " in each for each in told)


def test_what_a_document_lacks_is_named(copy: Path) -> None:
    empty_map(copy / "runs" / "tiny" / "plan.json")
    with pytest.raises(RunFolderError, match=r"is damaged: .*cells missing; "):
        read(copy, "plan.json")


@pytest.mark.parametrize("damage", [emptied, cut, other_type, a_folder])
def test_a_damaged_study_is_a_fault_of_a_file(copy: Path, damage: Damage) -> None:
    path = copy / "runs" / "tiny" / "study.yaml"
    damage(path)
    with pytest.raises(UsageError) as caught:
        ablate.load_study(path)
    assert caught.value.exit_code == 2 and str(caught.value).startswith(str(path))


@pytest.mark.parametrize("name", ["plan.json", "study.db"])
def test_without_it_the_same_study_makes_it_anew(copy: Path, name: str) -> None:
    folder = copy / "runs" / "tiny"
    columns = ["train_seconds", "attempts", "shared_by"]
    before = ablate.results(folder).drop(columns=columns)
    stamps = {p: p.stat().st_mtime_ns for p in folder.glob("cells/*/[!l]*")}
    (folder / name).unlink()
    found = ablate.run(copy / "tiny.yaml", runs=copy / "runs", devices=["cpu"], jobs=0)
    assert found.is_complete
    assert {p: p.stat().st_mtime_ns for p in folder.glob("cells/*/[!l]*")} == stamps
    pd.testing.assert_frame_equal(ablate.results(folder).drop(columns=columns), before)


def test_a_run_folder_of_a_later_version_is_refused_and_left(copy: Path) -> None:
    path = copy / "runs" / "tiny" / "plan.json"
    later = json.loads(path.read_text("utf-8")) | {"format": 3}
    path.write_text(json.dumps(later), "utf-8")
    told = r"plan\.json: made by a later version of ablate \(format 3; this one reads up to 1\)"
    with pytest.raises(LaterFormat, match=told):
        read(copy, "plan.json")
    with pytest.raises(LaterFormat, match="upgrade ablate-nn"):
        ablate.run(copy / "tiny.yaml", runs=copy / "runs", devices=["cpu"], jobs=0)
    assert json.loads(path.read_text("utf-8")) == later


def test_a_result_of_a_later_version_is_refused_and_not_set_aside(copy: Path) -> None:
    path = next((copy / "runs" / "tiny").glob("cells/*/result.json"))
    later = json.loads(path.read_text("utf-8")) | {"format": 3}
    path.write_text(json.dumps(later), "utf-8")
    with pytest.raises(LaterFormat, match=r"result\.json: made by a later version"):
        ablate.run(copy / "tiny.yaml", runs=copy / "runs", devices=["cpu"], jobs=0)
    assert json.loads(path.read_text("utf-8")) == later

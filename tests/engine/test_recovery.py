"""A plan and a record made again from the study and the cells."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

import ablate
from ablate.cli import main
from ablate.errors import RunFolderError
from ablate.machine import write_text
from tests.conftest import TINY_STUDY

SEARCH = """\
name: little
data: {dataset: digits, limit: 160, hold_out: 100}
recipe: {epochs: 1, batch_size: 16, lr: 0.05}
space:
  family: densenet
  depth: {choice: [7, 10]}
  growth_rate: {int: [2, 8], step: 2}
  activation_order: {choice: [pre, post]}
  dropout: {float: [0.0, 0.2], step: 0.1, when: {growth_rate: ">= 6"}}
sampler: {name: random, seed: 1}
objectives: {error: minimize, params: minimize}
budget: {trials: 4}
"""
OF_THE_RECORD = ["trial", "attempts", "train_seconds", "shared_by"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two study files and, beside them, their finished runs."""
    home = tmp_path_factory.mktemp("finished")
    for name, text in (("tiny", TINY_STUDY), ("little", SEARCH)):
        (home / f"{name}.yaml").write_text(text, encoding="utf-8")
        ablate.run(home / f"{name}.yaml", runs=home / "runs", devices=["cpu"], jobs=0)
    return home


@pytest.fixture
def home(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "home"))


def table(folder: Path) -> pd.DataFrame:
    """What a run comes to, whatever the order and the numbers of its attempts."""
    found = ablate.results(folder).drop(columns=OF_THE_RECORD)
    return found.sort_values("key").reset_index(drop=True)


def again(home: Path, name: str) -> int:
    """How many cells the next run trains."""
    summary = ablate.run(home / f"{name}.yaml", runs=home / "runs", devices=["cpu"], jobs=0)
    assert summary.is_complete
    return summary.trained


@pytest.mark.parametrize("gone", [("study.db",), ("plan.json",), ("study.db", "plan.json")])
@pytest.mark.parametrize("name", ["tiny", "little"])
def test_a_lost_record_is_rebuilt_from_the_cells(
    home: Path, name: str, gone: tuple[str, ...]
) -> None:
    folder = home / "runs" / name
    before = table(folder)
    for file in gone:
        (folder / file).unlink()
    rebuilt = ablate.rebuild(folder)
    assert (rebuilt.done, rebuilt.undone, rebuilt.left_out) == (4, 0, {})
    pd.testing.assert_frame_equal(table(folder), before)
    assert again(home, name) == 0


@pytest.mark.parametrize("name", ["tiny", "little"])
def test_a_damaged_record_is_put_aside(home: Path, name: str) -> None:
    folder = home / "runs" / name
    before = table(folder)
    damaged = {folder / "study.db": b"no database", folder / "plan.json": b"{"}
    for path, content in damaged.items():
        path.write_bytes(content)
    with pytest.raises(RunFolderError, match="`ablate db rebuild` of the folder makes it anew"):
        ablate.results(folder)
    rebuilt = ablate.rebuild(folder)
    kept = [Path(name) for name in rebuilt.kept]
    assert {path.name for path in kept} == {"study.db.1", "plan.json.1"}
    assert {path.read_bytes() for path in kept} == {*damaged.values()}
    pd.testing.assert_frame_equal(table(folder), before)


@pytest.mark.parametrize("name", ["tiny", "little"])
def test_cells_that_do_not_prove_to_be_finished_are_trained_again(home: Path, name: str) -> None:
    folder = home / "runs" / name
    whole, lost, damaged, foreign = sorted((folder / "cells").iterdir())
    (lost / "result.json").unlink()
    write_text(damaged / "curve.csv", "epoch\n")
    shutil.rmtree(foreign)
    shutil.copytree(whole, foreign)
    (folder / "study.db").unlink()
    rebuilt = ablate.rebuild(folder)
    assert rebuilt.done == 1
    assert {damaged.name, foreign.name} <= {*rebuilt.left_out}
    done = ablate.results(folder).query("state == 'done'")
    assert done["key"].tolist() == [whole.name]
    assert again(home, name) == 3


def test_a_search_goes_on_after_what_was_found(home: Path) -> None:
    folder = home / "runs" / "little"
    (folder / "study.db").unlink()
    ablate.rebuild(folder)
    study = ablate.load_study(home / "little.yaml", sets=["budget.trials=6"])
    summary = ablate.run(study, runs=home / "runs", devices=["cpu"], jobs=0)
    assert (summary.trained, len(ablate.results(folder).query("state == 'done'"))) == (2, 6)


def test_a_folder_without_a_study_cannot_be_rebuilt(home: Path) -> None:
    folder = home / "runs" / "tiny"
    (folder / "study.yaml").unlink()
    with pytest.raises(RunFolderError, match=r"has no study\.yaml"):
        ablate.rebuild(folder)


def test_a_run_that_lost_its_plan_says_so_to_another_study(home: Path) -> None:
    (home / "runs" / "tiny" / "plan.json").unlink()
    study = ablate.load_study(home / "tiny.yaml", sets=["seeds=[0, 1, 2]"])
    with pytest.raises(RunFolderError, match=r"has lost its plan\.json; `ablate db rebuild"):
        ablate.run(study, runs=home / "runs", devices=["cpu"], jobs=0)


def test_the_command_says_what_it_found(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = home / "runs" / "little"
    lost = min((folder / "cells").iterdir())
    (lost / "result.json").write_bytes(b"")
    (folder / "study.db").write_bytes(b"no database")
    with pytest.raises(SystemExit) as left:
        main(["db", "rebuild", str(folder)])
    out, err = capsys.readouterr()
    assert left.value.code in (None, 0)
    assert out.splitlines() == [
        f"what was there before: {folder / 'study.db.1'}",
        f"{folder}: 3 cells done, 1 for the next run of its study",
    ]
    assert f"cells/{lost.name}: " in " ".join(err.split())

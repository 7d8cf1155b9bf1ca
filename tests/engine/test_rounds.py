"""Paths on digits: stopped, killed, extended, and their plans."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import ablate
from ablate.analysis import trained
from ablate.cells import Cell
from ablate.claims import comparison
from ablate.errors import RunFolderError, Stopped
from ablate.machine import data_root
from ablate.records import Plan, RunFolder, planned_cells, read_plan
from ablate.study import Study, load_study
from ablate.workers import plan_onwards
from tests.conftest import PATIENCE
from tests.engine.little_search import QuickRuns
from tests.engine.test_kill import start
from tests.plans import plan_in

STUDY = """\
name: path
data: {dataset: digits, limit: 200, hold_out: 100}
recipe: {epochs: 4, schedule: one_cycle, lr: 0.05, batch_size: 32}
design:
  kind: path
  baseline: {family: densenet, depth: 7, growth_rate: 2, stem_channels: 4}
  changes:
    hot: {recipe: {lr: 1.0e+30}}
    wide: {growth_rate: 8}
seeds: [0]
"""
CLOCK = ["train_seconds", "shared_by", "attempts"]
FIRST = ["baseline", "hot", "wide"]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study file and, beside it, its finished run: `runs/path`."""
    home = tmp_path_factory.mktemp("path")
    (home / "path.yaml").write_text(STUDY, encoding="utf-8")
    assert ablate.run(home / "path.yaml", runs=home / "runs", jobs=0).trained == 2
    return home


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Path:
    shutil.copytree(finished, tmp_path / "copy")
    return tmp_path / "copy"


def variants(folder: Path) -> list[str]:
    return list(dict.fromkeys(ablate.results(folder)["variant"]))


def change(home: Path, old: str, new: str) -> Path:
    text = (home / "path.yaml").read_text(encoding="utf-8")
    assert old in text
    (home / "path.yaml").write_text(text.replace(old, new), encoding="utf-8")
    return home / "path.yaml"


def check_equal(folder: Path, finished: Path) -> None:
    found = ablate.results(folder).drop(columns=CLOCK)
    expected = ablate.results(finished / "runs" / "path").drop(columns=CLOCK)
    pd.testing.assert_frame_equal(found, expected)


def test_a_round_tries_what_is_left_on_top_of_the_best(finished: Path) -> None:
    folder = finished / "runs" / "path"
    table = ablate.results(folder)
    assert table["variant"].tolist() == [*FIRST, "wide + hot"]
    assert table["state"].tolist() == ["done", "diverged", "done", "diverged"]
    assert table["error"][2] < table["error"][0]
    comparison = ablate.compare(folder).rows
    assert comparison["variant"].tolist() == ["baseline", "wide", "hot", "wide + hot"]
    assert comparison["step"].tolist() == [0, 1, pd.NA, pd.NA]


def test_a_path_at_its_end_trains_nothing(copy: Path) -> None:
    events: list[object] = []
    again = ablate.run(copy / "path.yaml", runs=copy / "runs", on_event=events.append)
    assert (again.trained, again.states) == (0, {"done": 2, "diverged": 2})
    assert again.exit_code == 3 and not events  # an outcome is a hole, as in every fixed design
    check_equal(copy / "runs" / "path", copy)


def test_a_plan_lists_the_first_round(finished: Path) -> None:
    first = ablate.plan(finished / "path.yaml")
    assert [cell.variant for cell in first.cells] == FIRST
    assert (first.is_open, first.most_cells) == (True, 4)


def test_stopped_between_two_rounds_it_goes_on(finished: Path, tmp_path: Path) -> None:
    folder, ends = tmp_path / "path", iter(FIRST)

    def stop(event: dict[str, Any]) -> None:
        if event["kind"] == "end" and next(ends) == FIRST[-1]:
            raise Stopped("stopped here")

    with pytest.raises(Stopped):
        ablate.run(finished / "path.yaml", runs=tmp_path, on_event=stop, jobs=0)
    assert variants(folder) == FIRST and "running" not in set(ablate.results(folder)["state"])
    found = ablate.run(finished / "path.yaml", runs=tmp_path, jobs=0)
    assert (found.trained, found.total) == (0, 4)  # the last diverges
    check_equal(folder, finished)


def test_each_round_is_listed_once_by_whichever_worker(finished: Path, tmp_path: Path) -> None:
    assert ablate.run(finished / "path.yaml", runs=tmp_path, jobs=2).total == 4
    check_equal(tmp_path / "path", finished)
    two, one = (planned_cells(RunFolder(home / "path")) for home in (tmp_path, finished / "runs"))
    assert [(cell.key, cell.variant, cell.seed) for cell in two] == [
        (cell.key, cell.variant, cell.seed) for cell in one
    ]


def test_stopped_at_every_cell_it_comes_to_the_same_end(finished: Path, tmp_path: Path) -> None:
    for cells in (2, 3, 4):  # the last is of the second round
        with pytest.raises(Stopped):
            ablate.run(
                finished / "path.yaml", runs=tmp_path, on_event=stopping_at(cells, tmp_path), jobs=0
            )
    ablate.run(finished / "path.yaml", runs=tmp_path, jobs=0)
    check_equal(tmp_path / "path", finished)


def stopping_at(cells: int, runs: Path) -> Callable[[dict[str, Any]], None]:
    """Stops a run once so many cells have begun in this or earlier ones."""

    def stop(event: dict[str, Any]) -> None:
        begun = {path.name for path in runs.glob("path/cells/*")} | {event["key"]}
        if event["kind"] == "start" and len(begun) >= cells:
            raise Stopped("stopped here")

    return stop


def test_killed_within_rounds_it_comes_to_the_same_end(finished: Path, tmp_path: Path) -> None:
    process = start(finished / "path.yaml", tmp_path, "--jobs", "1")
    deadline = time.monotonic() + PATIENCE
    while len(list(tmp_path.glob("path/cells/*"))) < 4:  # within the second round
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    ablate.run(finished / "path.yaml", runs=tmp_path, jobs=0)
    check_equal(tmp_path / "path", finished)


def test_a_margin_nobody_wins_by_ends_it_and_keeps_what_was_trained(copy: Path) -> None:
    before = set(variants(copy / "runs" / "path"))
    study = change(copy, "kind: path", "kind: path\n  margin: 100")
    assert ablate.run(study, runs=copy / "runs", jobs=0).trained == 0
    assert set(variants(copy / "runs" / "path")) == before
    found = comparison(trained(copy / "runs" / "path"))
    assert found.rows["step"].dropna().tolist() == [0]
    assert found.shown.endswith("lowers the error by more than 100 points")


def test_another_seed_is_trained_before_it_decides(copy: Path) -> None:
    study = ablate.load_study(change(copy, "seeds: [0]", "seeds: [0, 2]"))
    folder = copy / "runs" / "path"
    before = ablate.results(folder)
    found = onwards(ablate.plan(study), folder)
    with_new = [cell.variant for cell in found.cells if cell.seed == 2]
    assert with_new == FIRST
    assert {(c.variant, c.seed) for c in found.cells} >= set(
        before[["variant", "seed"]].itertuples(index=False, name=None)
    )


def test_a_round_of_nothing_but_known_cells_decides_at_once(
    quick: QuickRuns, tmp_path: Path
) -> None:
    """It ended the run, and the next one went on."""

    quick.error = lambda cell, epoch: 50.0 - growth(cell)
    found = quick(widening(0), tmp_path)
    assert (found.trained, variants(found.folder)) == (
        3,
        ["baseline", "wide", "wider", "wider + wide"],
    )
    assert "has ended" in comparison(trained(found.folder)).shown


def test_a_run_of_an_earlier_version_goes_on_as_it_began(quick: QuickRuns, tmp_path: Path) -> None:
    """It does not say what decides its steps: the lowest error did."""
    errors = {2: (50.0, 51.0), 4: (45.0, 54.0), 8: (53.0, 55.0)}  # by width, of two seeds
    quick.error = lambda cell, epoch: errors[growth(cell)][cell.seed]
    first = quick(widening(0, 1), tmp_path)
    assert variants(first.folder) == ["baseline", "wide", "wider"]
    plan = RunFolder(first.folder).plan
    head = plan_in(first.folder)
    assert head["design"].pop("steps") == "tested"
    plan.write_text(json.dumps(head), encoding="utf-8")
    for _ in range(2):
        again = quick(widening(0, 1), tmp_path)
        assert variants(again.folder) == ["baseline", "wide", "wider", "wide + wider"]
        assert read_plan(RunFolder(again.folder))["design"]["steps"] == "observed"
        assert comparison(trained(again.folder)).rows["step"].dropna().tolist() == [0, 1]


def growth(cell: Cell) -> int:
    return int(cell.document()["architecture"]["growth_rate"])


def widening(*seeds: int) -> Study:
    """A path of wider networks."""
    changes = {"wide": {"growth_rate": 4}, "wider": {"growth_rate": 8}}
    base = {"family": "densenet", "depth": 7, "growth_rate": 2, "stem_channels": 4}
    return load_study(
        {
            "name": "path",
            "data": {"dataset": "digits", "limit": 200, "hold_out": 100},
            "recipe": {"epochs": 1, "schedule": "one_cycle", "lr": 0.05},
            "design": {"kind": "path", "baseline": base, "changes": changes},
            "seeds": list(seeds),
        }
    )


def test_another_question_is_refused(copy: Path) -> None:
    study = change(copy, "epochs: 4", "epochs: 5")
    with pytest.raises(RunFolderError, match="holds another question"):
        ablate.run(study, runs=copy / "runs", jobs=1)


def test_only_a_path_has_rounds(tiny_study: Path, finished: Path) -> None:
    plan = ablate.plan(tiny_study)
    assert not plan.is_open and plan.most_cells == len(plan.cells)
    assert onwards(plan, finished / "runs" / "path") is plan


def onwards(plan: Plan, path: Path) -> Plan:
    return plan_onwards(plan, RunFolder(path), data_root=data_root(None), cache=None)

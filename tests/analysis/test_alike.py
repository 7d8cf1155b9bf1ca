"""Which runs beside a planned study tell how much its errors will vary."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import ablate
from ablate.analysis import planned, runs_alike
from ablate.records import Plan
from tests.plans import plan_in

pytestmark = pytest.mark.heavy
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def runs(finished_tiny: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished_tiny / "runs", tmp_path / "runs"))


@pytest.fixture(scope="module")
def plan(finished_tiny: Path) -> Plan:
    return ablate.plan(finished_tiny / "tiny.yaml")


def names(plan: Plan, runs: Path) -> list[str]:
    return [path.name for path, _ in runs_alike(plan, runs)]


def another(runs: Path, name: str, change: Change) -> None:
    folder = Path(shutil.copytree(runs / "tiny", runs / name))
    document = plan_in(folder)
    change(document)
    (folder / "plan.json").write_text(json.dumps(document), encoding="utf-8")


def of_each(**settings: object) -> Change:
    return lambda document: [cell.update(settings) for cell in document["cells"]]


def of_data(**settings: object) -> Change:
    return lambda document: [cell["cell"]["data"].update(settings) for cell in document["cells"]]


def test_the_same_images_and_epochs_are_alike(plan: Plan, runs: Path) -> None:
    another(runs, "written otherwise", of_data(augment=False))  # as it is by default
    another(runs, "other images", of_data(limit=90))
    another(runs, "augmented", of_data(augment=True))
    another(runs, "of no dataset", of_data(dataset=3))
    another(runs, "more epochs", of_each(epochs=3))
    another(runs, "search", lambda document: document.update(objectives={"error": "minimize"}))
    another(runs, "other files", lambda document: document.update(dataset="abc"))
    assert names(plan, runs) == ["tiny", "written otherwise"]
    ((_, results), *_) = runs_alike(plan, runs)
    assert results.cells["state"].tolist() == ["done"] * 4
    assert names(plan, runs / "nowhere") == []


def test_only_cells_that_are_alike_and_done_count(plan: Plan, runs: Path) -> None:
    another(runs, "half", lambda document: document["cells"][0].update(epochs=40))
    another(runs, "fewer", lambda document: document["cells"][0].update(key="of none"))
    cells = {path.name: len(results.cells) for path, results in runs_alike(plan, runs)}
    assert cells == {"fewer": 3, "half": 3, "tiny": 4}


def test_what_cannot_be_read_is_passed_over(plan: Plan, runs: Path) -> None:
    another(runs, "older", lambda document: document["cells"][0].pop("epochs"))
    another(runs, "damaged", lambda document: document.pop("cells"))
    another(runs, "without a record", lambda document: None)
    (runs / "without a record" / "study.db").unlink()
    assert names(plan, runs) == ["tiny"]


def test_a_plan_is_as_its_run_before_any_cell_has_begun(plan: Plan, finished_tiny: Path) -> None:
    before, after = planned(plan), ablate.results(finished_tiny / "runs" / "tiny")
    same = ["study", "key", "variant", "depth", "seed", "split", "epochs", "params", "macs"]
    assert before.cells[same].equals(after[same])
    assert before.cells["state"].eq("waiting").all() and before.cells["error"].isna().all()
    assert before.head.baseline == "plain"

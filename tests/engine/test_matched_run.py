"""A study with a match, planned, run and compared."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import ablate
from ablate.analysis import frame
from ablate.claims import comparison
from ablate.errors import RunFolderError, SpecError
from ablate.networks import Architecture
from ablate.records import matched_in, prepare_folder
from ablate.study import Study
from tests.analysis.conftest import record
from tests.made_results import made

STUDY: dict[str, Any] = {
    "name": "matched",
    "data": {"dataset": "digits", "limit": 60, "hold_out": 60},
    "recipe": {"epochs": 1, "batch_size": 32},
    "baseline": "plain",
    "match": {"params": [1500, 3000], "by": "growth_rate", "tolerance": "30%"},
    "variants": {
        "plain": {"family": "densenet", "depth": 7, "stem_channels": 4},
        "bottled": {
            "family": "densenet",
            "bottleneck_width": 2,
            "stem_channels": 4,
            "match": {"by": "depth"},
            "growth_rate": 4,
        },
    },
    "seeds": [0, 1],
}


def study(**changes: Any) -> Study:
    return ablate.load_study({**STUDY, **changes})


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of the study."""
    home = tmp_path_factory.mktemp("runs")
    assert ablate.run(study(), runs=home, jobs=0).exit_code == 0
    return home / "matched"


def test_a_plan_says_what_was_reached() -> None:
    document = ablate.plan(study()).document()
    assert document["sweep_keys"] == ["target_params"]
    assert document["matched_keys"] == ["growth_rate", "depth"]
    for cell in json.loads(json.dumps(document))["cells"]:
        matched, target = cell["matched"], cell["sweep"]["target_params"]
        assert matched["value"] == cell["params"]
        assert matched["deviation"] == pytest.approx(cell["params"] / target - 1)
        (key,) = matched["knobs"]
        assert cell["cell"]["architecture"][key] == matched["knobs"][key]


def test_results_have_the_targets_and_the_solved_settings(finished: Path) -> None:
    table = ablate.results(finished)
    assert table["target_params"].tolist() == [1500, 1500, 3000, 3000] * 2
    assert table["target_params"].dtype == "Int64"
    assert table["matched_value"].tolist() == table["params"].tolist()
    plain = table["variant"] == "plain"
    assert table[plain]["matched_depth"].isna().all()
    assert table[~plain]["matched_growth_rate"].isna().all()
    assert (table[~plain]["matched_depth"] % 6 == 4).all()


def test_differences_are_taken_at_equal_targets(finished: Path) -> None:
    table, rows = ablate.results(finished), ablate.compare(finished).rows
    assert rows["variant"].tolist() == ["plain", "plain", "bottled", "bottled"]
    others = rows[~rows["is_baseline"]]
    errors = table.set_index(["variant", "target_params", "seed"])["error"]
    for _, row in others.iterrows():
        target = row["target_params"]
        pairs = [errors["bottled", target, seed] - errors["plain", target, seed] for seed in (0, 1)]
        assert row["difference"] == pytest.approx(sum(pairs) / 2)


def test_differences_to_a_baseline_as_written() -> None:
    depths = {
        "family": "densenet",
        "stem_channels": 4,
        "growth_rate": 6,
        "sweep": {"depth": [7, 10]},
    }
    variants = {"plain": depths, "bottled": STUDY["variants"]["bottled"]}
    matched = study(match={"params": "baseline", "tolerance": "40%"}, variants=variants, seeds=[0])
    planned = ablate.plan(matched)
    errors = [50.0, 40.0, 53.0, 44.0]
    cells = [
        record(cell.variant, cell.seed, error, **cell.sweep)
        for cell, error in zip(planned.cells, errors, strict=True)
    ]
    keys = planned.study.sweep_keys
    rows = comparison(made(frame(cells, keys), baseline="plain")).rows
    assert rows["target_params"].tolist() == [cell.params for cell in planned.cells[:2]] * 2
    assert rows[~rows["is_baseline"]]["difference"].tolist() == pytest.approx([3.0, 4.0])
    assert planned.cells[1].matched["knobs"] == {"depth": 10}


def test_more_targets_extend_a_run_and_another_tolerance_keeps_its_cells(finished: Path) -> None:
    more = {**STUDY["match"], "params": [1500, 3000, 6000], "tolerance": "35%"}
    again = ablate.run(study(match=more), runs=finished.parent, jobs=0)
    assert (again.trained, again.total) == (4, 12)


def test_a_step_is_really_measured() -> None:
    """A target that no machine reaches: the nearest is told."""
    match = {"step_seconds": 1e-9, "by": "growth_rate", "tolerance": "99%"}
    with pytest.raises(SpecError, match=r"within 99% of 1e-09 step_seconds; nearest"):
        ablate.plan(study(match=match, seeds=[0]), device="cpu")


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What a machine takes for each parameter in its steps, which may change; and each step."""
    rate = [1e-6]

    def fake(architecture: Architecture, *_: object, **__: object) -> float:
        rate.append(0.0)
        return ablate.cost(architecture, batch_size=1).params * rate[0]

    monkeypatch.setattr(import_module("ablate.engine.plan"), "step_seconds", fake)
    return rate


def test_a_run_goes_on_with_the_step_times_it_began_with(
    seconds: list[float], tmp_path: Path
) -> None:
    match = {"step_seconds": 0.003, "by": "growth_rate", "tolerance": "40%"}
    made, folder = study(match=match, seeds=[0]), tmp_path / "matched"
    first = ablate.plan(made, device="cpu", folder=folder)
    assert len(seconds) > 1
    prepare_folder(first, folder)
    assert set(matched_in(folder)) == {cell.matched["asked"] for cell in first.cells}
    seconds[:] = [2e-6]
    assert ablate.run(made, runs=tmp_path, jobs=0, devices=["cpu"]).trained == 2
    assert len(seconds) == 1  # nothing was measured
    assert ablate.results(folder)["key"].tolist() == list(first.keys)
    # A new target is measured; those before stay.
    wider = study(match={**match, "step_seconds": [0.003, 0.012]}, seeds=[0])
    more = ablate.plan(wider, device="cpu", folder=folder)
    assert len(seconds) > 1
    prepare_folder(more, folder)
    assert {*first.keys} < {*more.keys}
    # Another tolerance is another question, to which the answer may be another.
    other = study(match={**match, "tolerance": "45%"}, seeds=[0])
    with pytest.raises(RunFolderError, match="holds another question"):
        prepare_folder(ablate.plan(other, device="cpu", folder=folder), folder)


def test_without_a_folder_nothing_was_matched_before(tmp_path: Path) -> None:
    assert matched_in(tmp_path / "none") == {}

"""`ablate plan`: tables that depend on what a study has."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import ablate
from ablate.cli import plan_table
from ablate.cli.plan import path_note, plan_total
from ablate.records import Plan
from tests.cli.conftest import call
from tests.conftest import TINY_STUDY

pytestmark = pytest.mark.heavy

DENSE: dict[str, Any] = {"family": "densenet", "stem_channels": 4}


def test_plan(tiny_study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "plan", tiny_study)
    assert code == 0
    assert "4 cells, about" in out
    assert not (tiny_study.parent / "runs").exists()
    code, out, _ = call(capsys, "plan", tiny_study, "--json")
    assert [cell["seed"] for cell in json.loads(out)["cells"]] == [0, 1, 0, 1]


def test_what_the_study_would_find_and_what_a_run_beside_says_of_it(
    finished_tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = shutil.copytree(finished_tiny, tmp_path / "home")
    study, runs, seeds = home / "tiny.yaml", home / "runs", "seeds=[0, 1, 2]"
    code, out, _ = call(capsys, "plan", study, "--runs", runs)
    assert code == 0
    assert "Nothing can be compared: no parameters or settings are those of plain." in out
    ablate.run(ablate.load_study(study, sets=[seeds]), runs=runs, devices=["cpu"], jobs=0)
    arguments = ["plan", study, "--set", "variants.plain.sweep.depth=[10]", "--set", seeds]
    _, out, _ = call(capsys, *arguments, "--set", "margin=50", "--runs", runs)
    told = " ".join(out.split())
    assert (
        "With 3 seeds a difference of 4.7 standard deviations of a cell's error between a variant "
        "and plain at equal depth would be found with 80% power (1 comparison). In "
    ) in told
    assert "that deviation was" in told and "(2 degrees of freedom), so" in told
    assert "points. A tie would be told to be equal within" in told
    _, out, _ = call(capsys, *arguments, "--runs", runs, "--json")
    found = json.loads(out)["detectable"]
    assert (found["comparisons"], found["seeds"]) == (1, 3)
    assert round(found["spread"]["freedom"], 6) == 2
    assert found["spread"]["run"] == str(runs / "tiny")
    _, out, _ = call(capsys, *arguments, "--runs", runs / "nowhere", "--json")
    assert json.loads(out)["detectable"]["spread"] is None


def test_plan_with_profile_and_settings(
    tiny_study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("plan", tiny_study, "--json", "--profile", "long", "--set", "seeds=[5]")
    _, out, _ = call(capsys, *arguments)
    cells = json.loads(out)["cells"]
    assert [(cell["seed"], cell["epochs"]) for cell in cells] == [(5, 40), (5, 40)]


def test_where_nothing_can_be_kept_plan_works_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "tiny.yaml").write_text(TINY_STUDY, encoding="utf-8")
    monkeypatch.setenv("ABLATE_CACHE", str(tmp_path / "file" / "cache"))
    code, out, _ = call(capsys, "plan", tmp_path / "tiny.yaml")
    assert code == 0 and "4 cells, about " in out


def test_a_plan_of_a_match_shows_what_was_solved_and_how_far_off_it_is() -> None:
    planned = ablate.plan(
        ablate.load_study(
            {
                "name": "s",
                "data": {"dataset": "digits"},
                "recipe": {"epochs": 1},
                "baseline": "A",
                "match": {"params": 1500, "by": "growth_rate", "tolerance": "30%"},
                "variants": {
                    "A": {**DENSE, "depth": 7},
                    "B": {**DENSE, "growth_rate": 4, "match": {"by": "depth"}},
                },
                "seeds": [0, 1],
            }
        )
    )
    table = plan_table(planned)
    columns = {str(column.header): [*map(str, column.cells)] for column in table.columns}
    first, second = planned.cells[0].matched, planned.cells[2].matched
    assert columns["target params"] == ["1500", "1500"]
    assert columns["growth rate"] == [str(first["knobs"]["growth_rate"]), ""]
    assert columns["depth"] == ["", str(second["knobs"]["depth"])]
    assert columns["off by"] == [f"{answer['deviation']:+.1%}" for answer in (first, second)]
    assert [*columns][:5] == ["variant", "target params", "growth rate", "depth", "off by"]


def of_design(**design: Any) -> Plan:
    base = {"family": "densenet", "depth": 10, "growth_rate": 2}
    study = {"name": "s", "data": {"dataset": "digits"}, "recipe": {"epochs": 1}, "seeds": [0, 1]}
    return ablate.plan(ablate.load_study({**study, "design": {"baseline": base, **design}}))


def test_the_plan_of_a_path_is_its_first_round_and_says_the_most() -> None:
    changes = {"wide": {"growth_rate": 4}, "deep": {"depth": 16}}
    of_path = plan_total(of_design(kind="path", changes=changes), 1, "cpu")
    assert of_path.startswith("6 cells in the first round, at most 8 in all")
    study = of_design(kind="path", changes=changes).study
    assert path_note(study) == (
        "path: a round in which nothing helps ends in a step with a chance of 5%, over 2 rounds at "
        "most 10%"
    )
    of_one = study.file.model_copy(update={"seeds": (0,)})
    assert "by the observed difference" in path_note(replace(study, file=of_one))
    assert path_note(of_design(kind="one_at_a_time", changes=changes).study) == ""
    others = plan_total(of_design(kind="one_at_a_time", changes=changes), 1, "cpu")
    assert others.startswith("6 cells") and "round" not in others


def test_a_level_of_nothing_has_a_name() -> None:
    factors = {"bottleneck_width": [None, 2], "compression": [1.0, 0.5]}
    table = plan_table(of_design(kind="factorial", factors=factors))
    columns = {str(column.header): [*map(str, column.cells)] for column in table.columns}
    assert columns["bottleneck width"] == ["none", "none", "2", "2"]

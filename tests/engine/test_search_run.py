"""A search from beginning to end, by the command, on digits."""

from __future__ import annotations

import json
import shutil
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import ablate
from ablate.cells import DATASETS, read_cell
from ablate.cli import main
from ablate.data import load_images
from ablate.records import Record, RunFolder
from ablate.sampling import POINTS, look_at_space
from ablate.study import load_study
from ablate.text import as_yaml, read_yaml
from ablate.training import fit
from tests.cli.conftest import call
from tests.engine.little_search import search_of
from tests.plans import plan_in

SPACE = """\
family: densenet
block_layers: [{int: [1, 2]}, 1, 1]
growth_rate: {int: [2, 6], step: 2}
stem_channels: 4
connectivity: {choice: [dense, {window: 1}]}
dropout: {float: [0.0, 0.3], step: 0.1, when: {growth_rate: ">= 4"}}
recipe:
  lr: {float: [0.01, 0.2], log: true}
  batch_size: {choice: [16, 32]}
"""
STUDY = """\
name: little
question: Is [bold]this[/bold] [red] markup?
data: {dataset: digits, limit: 120, hold_out: 60}
recipe: {epochs: 1, schedule: one_cycle}
space: spaces/space.yaml
sampler: {name: tpe, seed: 2, batch: 2}
objectives: {error: minimize, params: minimize}
limits: {params: 2k}
budget: {trials: 5}
"""
FACTS = DATASETS["digits"]
assert FACTS is not None


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study, its space, its finished run in `runs/`, and what that printed in `output`."""
    home = tmp_path_factory.mktemp("search [home]")
    (home / "spaces").mkdir()
    (home / "spaces" / "space.yaml").write_text(SPACE, encoding="utf-8")
    (home / "little.yaml").write_text(STUDY, encoding="utf-8")
    with (
        chdir(home),
        redirect_stdout(StringIO()) as out,
        redirect_stderr(StringIO()) as err,
        pytest.raises(SystemExit) as caught,
    ):
        main(["run", "little.yaml", "--devices", "cpu", "--jobs", "0"])
    assert (caught.value.code or 0, err.getvalue()) == (0, "")
    (home / "output").write_text(out.getvalue(), encoding="utf-8")
    return home


@pytest.fixture
def folder(home: Path) -> Path:
    return home / "runs" / "little"


@pytest.fixture
def table(folder: Path) -> pd.DataFrame:
    return ablate.results(folder)


# Rows


def test_rows_are_in_the_order_of_the_suggestions(table: pd.DataFrame) -> None:
    assert table["trial"].is_monotonic_increasing and table["trial"].is_unique
    assert (table["state"] == "done").sum() == 5
    assert set(table["state"]) <= {"done", "infeasible"}
    assert set(table["variant"]) == {"little"} and set(table["seed"]) == {0}


def test_columns_and_their_types(table: pd.DataFrame) -> None:
    knobs = ["block_layers[0]", "growth_rate", "connectivity", "dropout", "connectivity.window"]
    names = [str(name) for name in table.columns]
    assert names[:4] == ["study", "profile", "key", "variant"]
    expected = {*knobs[:4], "recipe.lr", "recipe.batch_size"}
    assert set(names[4 : names.index("seed")]) == expected == set(table.attrs["sweep_keys"])
    types = {name: str(table[name].dtype) for name in [*expected, "trial", "params"]}
    assert types == {
        "block_layers[0]": "Int64",
        "growth_rate": "Int64",
        "connectivity": "string",
        "dropout": "Float64",
        "recipe.lr": "Float64",
        "recipe.batch_size": "Int64",
        "trial": "Int64",
        "params": "Int64",
    }
    head = {"objectives": {"error": "minimize", "params": "minimize"}, "limits": {"params": 2000}}
    assert {key: table.attrs[key] for key in head} == head
    assert table.attrs["budget"] == {"trials": 5, "device_hours": None}


def test_a_knob_that_does_not_exist_is_missing_in_its_row(table: pd.DataFrame) -> None:
    assert (table["dropout"].isna() == (table["growth_rate"] < 4)).all()
    assert table.drop(columns="dropout")[[*table.attrs["sweep_keys"]][:3]].notna().all(axis=None)


def test_knobs_of_the_recipe_are_in_the_cell_and_its_key(
    table: pd.DataFrame, folder: Path, home: Path
) -> None:
    study = load_study(home / "little.yaml")
    done = table[table["state"] == "done"]
    for trial, row in zip(done["trial"], done.to_dict("records"), strict=True):
        text = (folder / "cells" / row["key"] / "cell.yaml").read_text(encoding="utf-8")
        cell = read_cell(read_yaml(text, "cell.yaml"), FACTS)
        assert (cell.recipe.lr, cell.recipe.batch_size) == (
            row["recipe.lr"],
            row["recipe.batch_size"],
        )
        assert cell.recipe.schedule == "one_cycle"
        assert cell.key == row["key"]
        (values,) = {
            tuple(attempt.knobs.items())
            for attempt in Record.open(RunFolder(folder)).attempts_in_order()
            if attempt.suggestion == trial
        }
        assert study.suggested(dict(values), FACTS).key == row["key"]
    # One network, two recipes: two cells.
    base = dict(values)
    keys = {study.suggested(base | {"recipe.lr": lr}, FACTS).key for lr in (0.05, 0.06)}
    assert len(keys) == 2


def test_the_search_is_in_the_folder_with_its_space(folder: Path, home: Path) -> None:
    assert load_study(folder / "study.yaml").search == load_study(home / "little.yaml").search


def test_it_is_readable_for_optunas_own_tools(folder: Path) -> None:
    import optuna

    study = optuna.load_study(study_name=None, storage=f"sqlite:///{folder / 'study.db'}")
    assert study.metric_names == ["error", "params"]
    front = {t.user_attrs["key"] for t in study.best_trials}
    assert front == set(ablate.compare(folder).rows["key"])


# Going on


def test_run_twice_is_a_no_op_that_says_so(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(home, tmp_path / "moved")
    study, runs = tmp_path / "moved" / "little.yaml", tmp_path / "moved" / "runs"
    before = {p: p.stat().st_mtime_ns for p in (runs / "little" / "cells").rglob("*")}
    code, out, err = call(capsys, "run", study, "--runs", runs, "--devices", "cpu")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == f"{runs}/little: a search for error and params by tpe, 5 of 5 trials"
    assert lines[-1] == "complete: nothing to train"
    assert any(line.startswith("5 of 5 trials; ") for line in lines)
    assert {p: p.stat().st_mtime_ns for p in before} == before
    code, out, _ = call(capsys, "run", study, "--runs", runs, "--devices", "cpu", "--json")
    found = json.loads(out)
    assert (code, found["complete"], found["trained"]) == (0, True, 0)
    assert found["states"] == {"done": 5}
    assert found["search"]["trials"] == 5 and found["search"]["is_over"] is True


def test_what_run_prints(home: Path) -> None:
    lines = (home / "output").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "runs/little: a search for error and params by tpe, 0 of 5 trials"
    ends = [line for line in lines if line.startswith("[") and "error" in line]
    assert len(ends) == 5 and all("#" in line for line in ends)
    assert any("block_layers[0]=" in line for line in ends)  # brackets are no markup
    assert "export a network: ablate export runs/little best" in lines


# Looking


def test_status(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "status", folder)
    assert (code, err) == (0, "")
    assert "5 of 5 trials; " in out and "of training" in out
    assert "left" not in out
    code, out, _ = call(capsys, "status", folder, "--json")
    found = json.loads(out)
    table = ablate.results(folder)
    # Of a point that was suggested twice there is one row.
    assert found["search"]["infeasible"] >= (table["state"] == "infeasible").sum()
    assert found["search"]["hours_used"] * 3600 == pytest.approx(table["train_seconds"].sum())
    assert (found["complete"], found["seconds_left"]) == (True, 0)


def test_plan(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(capsys, "plan", home / "little.yaml", "--devices", "cpu")
    assert (code, err) == (0, "")
    assert "block layers[0]" in out and "1 .. 2" in out
    assert "0.01 .. 0.2, log" in out and "16 | 32" in out
    assert "growth_rate >= 4" in out
    assert f"a continuous space; of {POINTS} drawn at random, " in out
    assert "infeasible by params" in out
    assert "5 trials: about " in out


def test_plan_as_json(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "plan", home / "little.yaml", "--devices", "cpu", "--json")
    found = json.loads(out)
    assert (code, found["study"], found["size"], found["is_whole"]) == (0, "little", None, False)
    assert len(found["points"]) == POINTS
    feasible = [point for point in found["points"] if not point["reason"]]
    assert len(feasible) == found["feasible"]
    assert all(point["cell"]["params"] <= 2000 for point in feasible)
    assert all(
        (point["violation"] > 0) == bool(point["reason"])
        and ("dropout" in point["values"]) == (point["values"]["growth_rate"] >= 4)
        for point in found["points"]
    )


@pytest.mark.parametrize("sampler", ["grid", "random"])
def test_a_small_space_is_previewed_whole(sampler: str, tmp_path: Path) -> None:
    budget: dict[str, Any] = {} if sampler == "grid" else {"trials": 3}
    study = search_of(sampler={"name": sampler}, budget=budget, limits={"params": "2k"})
    found = look_at_space(study, data_root=tmp_path)
    assert (found.size, found.is_whole, len(found.points), len(found.feasible)) == (16, True, 16, 4)
    assert found.range_of("params") == (618.0, 1002.0, 1398.0)
    assert found.range_of("predicted_seconds") is None


def test_a_large_grid_is_previewed_by_points_drawn_at_random(tmp_path: Path) -> None:
    study = search_of(
        space={"dropout": {"float": [0.0, 0.5], "step": 0.001}, "growth_rate": 2},
        sampler={"name": "grid"},
        budget={},
    )
    found = look_at_space(study, data_root=tmp_path)
    assert (found.size, found.is_whole, len(found.points)) == (1002, False, POINTS)


def test_nothing_feasible_can_be_planned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = search_of(limits={"params": 10})
    path = tmp_path / "s.yaml"
    path.write_text(as_yaml(study.tree.plain()), encoding="utf-8")
    code, out, _ = call(capsys, "plan", path, "--devices", "cpu")
    assert code == 0
    assert "16 points; of all, 0 are feasible, 16 infeasible by params" in out


def test_a_fixed_design_has_no_preview(tiny_study: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="tiny is no search"):
        look_at_space(load_study(tiny_study), data_root=tmp_path)


# Against brute force


def test_the_front_of_a_grid_is_that_of_every_point_trained_by_hand(tmp_path: Path) -> None:
    study = search_of(
        space={"growth_rate": {"int": [2, 6], "step": 2}, "dropout": None},
        sampler={"name": "grid"},
        objectives={"error": "minimize", "params": "minimize"},
        limits={"params": "2.35k"},  # all but the largest, with pre-activation
        budget={},
    )
    summary = ablate.run(study, runs=tmp_path, jobs=0, devices=["cpu"])
    assert summary.search is not None and study.search is not None
    assert (summary.trained, summary.search.infeasible, summary.exit_code) == (5, 1, 0)

    images = load_images(study.file.data, tmp_path)
    trained: dict[str, tuple[float, int]] = {}
    for values in study.search.space.grid():
        cell = study.suggested(values, FACTS)
        params = ablate.cost(cell.architecture).params
        if params <= 2350:
            trained[cell.key] = (fit(cell, images).error, params)
    table = ablate.results(summary.folder)
    done = table[table["state"] == "done"]
    found = zip(done["error"], done["params"], strict=True)
    assert dict(zip(done["key"], found, strict=True)) == trained
    front = {
        key
        for key, (error, params) in trained.items()
        if not any(
            e <= error and p <= params and (e, p) != (error, params) for e, p in trained.values()
        )
    }
    assert set(ablate.compare(summary.folder).rows["key"]) == front


# Folders of earlier versions


NEW = ("cell", "trial", "matched")  # of a planned cell


@pytest.fixture
def old(finished_tiny: Path, tiny_study: Path) -> Path:
    """A finished run, as it was before searches: its plan has less, and so has its record."""
    shutil.copytree(finished_tiny / "runs", tiny_study.parent / "runs")
    folder = RunFolder(tiny_study.parent / "runs" / "tiny")
    known = ("study", "profile", "question", "baseline", "subject", "sweep_keys", "cells")
    head = {key: plan_in(folder.path)[key] for key in known}
    for cell in head["cells"]:
        for key in [key for key in cell if key in NEW]:
            del cell[key]
    folder.plan.write_text(json.dumps(head, indent=1), encoding="utf-8")
    _forget_reached(folder.database)
    return folder.path


def _forget_reached(database: Path) -> None:
    import sqlite3

    with sqlite3.connect(database) as connection:
        connection.execute("DELETE FROM trial_user_attributes WHERE key = 'reached'")
    connection.close()


def test_an_old_folder_opens_and_goes_on(
    old: Path, tiny_study: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = ablate.results(old)
    assert set(before["state"]) == {"done"} and before["trial"].isna().all()
    code, out, err = call(capsys, "status", old)
    assert (code, err) == (0, "") and "done" in out
    assert len(ablate.compare(old).rows) == 2
    again = ablate.run(tiny_study, runs=old.parent, jobs=0, devices=["cpu"])
    assert (again.trained, again.exit_code) == (0, 0)
    text = tiny_study.read_text(encoding="utf-8").replace("seeds: [0, 1]", "seeds: [0, 1, 2]")
    tiny_study.write_text(text, encoding="utf-8")
    more = ablate.run(tiny_study, runs=old.parent, jobs=0, devices=["cpu"])
    assert (more.trained, more.total, more.exit_code) == (2, 6, 0)
    kept = ablate.results(old)
    pd.testing.assert_frame_equal(kept[kept["seed"] < 2].reset_index(drop=True), before)

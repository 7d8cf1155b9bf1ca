"""`run` on digits, with real workers where they could make a difference."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pandas as pd
import pytest

import ablate
from ablate.cells import CellFolder
from ablate.errors import MissingDataError, OutOfMemory, RunFolderError, UsageError
from ablate.records import open_folder, snapshot, summary
from ablate.training import Execution
from ablate.workers import worker

# What may differ between two runs of one cell.
CLOCK = ["train_seconds", "shared_by", "attempts"]


def train(study: Path, runs: Path, **options: Any) -> Any:
    """The study with its profile's run folder in `runs`."""
    profile = options.pop("profile", "")
    sets = options.pop("sets", ())
    return ablate.run(ablate.load_study(study, profile=profile, sets=sets), runs=runs, **options)


def numbers(folder: Path) -> pd.DataFrame:
    return ablate.results(folder).drop(columns=CLOCK)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, finished_tiny: Path) -> Path:
    """A study file and, beside it, its finished run: `runs/tiny`."""
    return Path(shutil.copytree(finished_tiny, tmp_path_factory.mktemp("run") / "home"))


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Path:
    """The finished run, moved elsewhere: nothing in it depends on where it is."""
    shutil.copytree(finished, tmp_path / "copy")
    return tmp_path / "copy"


def test_every_cell_is_done_once(finished: Path) -> None:
    table = ablate.results(finished / "runs" / "tiny")
    assert table["state"].tolist() == ["done"] * 4
    assert table["attempts"].tolist() == [1] * 4
    assert table["key"].nunique() == 4
    assert table["error"].between(0, 100).all()
    assert table["depth"].tolist() == [7, 7, 10, 10]


def test_files_of_a_cell(finished: Path) -> None:
    folder = finished / "runs" / "tiny"
    for key in ablate.results(folder)["key"]:
        files = sorted(path.name for path in (folder / "cells" / key).iterdir())
        kept = ["model.safetensors", "predictions.safetensors", "result.json"]
        assert files == ["cell.yaml", "curve.csv", "log.txt", *kept]


def test_nothing_in_the_folder_names_where_it_is(finished: Path) -> None:
    texts = [p for p in (finished / "runs").rglob("*") if p.suffix in (".yaml", ".json", ".csv")]
    assert texts
    assert not [p for p in texts if str(finished) in p.read_text(encoding="utf-8")]


def test_a_finished_study_trains_nothing(copy: Path) -> None:
    before = numbers(copy / "runs" / "tiny")
    stamps = {p: p.stat().st_mtime_ns for p in (copy / "runs" / "tiny" / "cells").rglob("*")}
    events: list[dict[str, Any]] = []
    again = train(copy / "tiny.yaml", copy / "runs", on_event=events.append)
    assert (again.trained, again.total, again.exit_code) == (0, 4, 0)
    assert events == []
    pd.testing.assert_frame_equal(numbers(copy / "runs" / "tiny"), before)
    assert {p: p.stat().st_mtime_ns for p in stamps} == stamps


def test_two_workers_give_the_same_numbers_as_none(finished: Path, finished_by_two: Path) -> None:
    none, two = (numbers(home / "runs" / "tiny") for home in (finished, finished_by_two))
    pd.testing.assert_frame_equal(two, none)


@pytest.mark.slow
def test_so_do_three(finished: Path, tmp_path: Path) -> None:
    assert train(finished / "tiny.yaml", tmp_path, jobs=3).exit_code == 0
    pd.testing.assert_frame_equal(numbers(tmp_path / "tiny"), numbers(finished / "runs" / "tiny"))


def test_each_of_two_runs_counts_what_it_trained(copy: Path) -> None:
    folder = open_folder(copy / "runs" / "tiny")
    first, second, *_ = ablate.results(folder.path)["key"]
    found = summary(snapshot(folder.path), trained_since=0, mine={first: None, second: "another"})
    assert (found.trained, found.taken_over, found.elsewhere) == (1, 1, 2)
    found = summary(snapshot(folder.path), trained_since=4, mine={})
    assert (found.trained, found.taken_over, found.elsewhere) == (0, 0, 0)


def test_more_seeds_and_variants_extend_the_run(copy: Path) -> None:
    text = (copy / "tiny.yaml").read_text(encoding="utf-8")
    longer = text.replace("seeds: [0, 1]", "seeds: [0, 1, 2]").replace("[7]", "[7, 10]")
    (copy / "tiny.yaml").write_text(longer, encoding="utf-8")
    summary = train(copy / "tiny.yaml", copy / "runs", jobs=0)
    assert (summary.total, summary.trained) == (9, 5)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("seeds: [0, 1]", "seeds: [0]"),
        ("epochs: 2", "epochs: 3"),
        ("[7]", "[10]"),
        ("hold_out: 60", "hold_out: 61"),
    ],
)
def test_another_question_is_refused_with_a_diff(copy: Path, old: str, new: str) -> None:
    text = (copy / "tiny.yaml").read_text(encoding="utf-8")
    assert old in text
    (copy / "tiny.yaml").write_text(text.replace(old, new), encoding="utf-8")
    before = (copy / "runs" / "tiny" / "study.yaml").read_bytes()
    with pytest.raises(RunFolderError, match="holds another question") as caught:
        train(copy / "tiny.yaml", copy / "runs")
    assert "--as NAME" in str(caught.value)
    assert "\n-" in str(caught.value)
    assert "\n+" in str(caught.value)
    assert (copy / "runs" / "tiny" / "study.yaml").read_bytes() == before


def test_a_sibling_run_lends_its_cells(copy: Path) -> None:
    events: list[dict[str, Any]] = []
    study = copy / "tiny.yaml"
    found = train(study, copy / "runs", name="twin", jobs=0, on_event=events.append)
    # Their epochs are told, but no training went on.
    assert {event["kind"] for event in events} == {"start", "epoch", "end"}
    assert (found.trained, found.taken_over) == (0, 4)
    twin = ablate.results(copy / "runs" / "twin")
    pd.testing.assert_frame_equal(twin.drop(columns=CLOCK), numbers(copy / "runs" / "tiny"))
    weights = "cells/{}/model.safetensors"
    for key in twin["key"]:
        ours, theirs = (copy / "runs" / n / weights.format(key) for n in ("twin", "tiny"))
        assert ours.read_bytes() == theirs.read_bytes()


def test_a_result_whose_tell_was_lost_is_told_without_training(copy: Path) -> None:
    folder = copy / "runs" / "tiny"
    before = numbers(folder)
    (folder / "study.db").unlink()
    events: list[dict[str, Any]] = []
    summary = train(copy / "tiny.yaml", copy / "runs", jobs=0, on_event=events.append)
    assert (summary.trained, summary.exit_code) == (4, 0)
    assert not [event for event in events if event["kind"] == "progress"]
    pd.testing.assert_frame_equal(numbers(folder), before)


def test_an_outcome_is_a_hole_with_its_reason(tiny_study: Path, tmp_path: Path) -> None:
    text = tiny_study.read_text(encoding="utf-8").replace("lr: 0.05", "lr: 1.0e+30")
    tiny_study.write_text(text, encoding="utf-8")
    summary = train(tiny_study, tmp_path / "runs", jobs=0)
    assert summary.exit_code == 3
    assert summary.states == {"diverged": 4}
    assert "the loss was not finite" in summary.reasons["plain depth=7 seed=0"]
    again = train(tiny_study, tmp_path / "runs", jobs=0)
    assert again.states == {"diverged": 4}
    table = ablate.results(tmp_path / "runs" / "tiny")
    assert table["state"].tolist() == ["diverged"] * 4
    assert table["error"].isna().all()
    assert table["attempts"].tolist() == [1] * 4  # not tried again unless asked


def test_a_time_limit_is_an_outcome_and_can_be_retried(tiny_study: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    out = train(tiny_study, runs, jobs=0, execution=Execution(time_limit=0.0))
    assert out.states == {"timeout": 4}
    assert train(tiny_study, runs, jobs=0, retry=["timeout"]).exit_code == 0


def test_missing_data_ends_it_before_anything_is_written(tiny_study: Path, tmp_path: Path) -> None:
    text = tiny_study.read_text(encoding="utf-8")
    text = text.replace("dataset: digits", "dataset: cifar10").replace("limit: 120, ", "")
    tiny_study.write_text(text, encoding="utf-8")
    with pytest.raises(MissingDataError, match="--download"):
        train(tiny_study, tmp_path / "runs", data=tmp_path / "nowhere")
    assert not (tmp_path / "runs").exists()
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"jobs": -1}, "--jobs: must be >= 0 and <= 1024, got -1"),
        ({"retry": ["failed"]}, "--retry: one of oom, diverged, timeout, got failed"),
        ({"name": "../up"}, "--as: must be a folder name"),
    ],
)
def test_bad_options(
    tiny_study: Path, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        train(tiny_study, tmp_path / "runs", **options)
    assert message in str(caught.value)
    assert not (tmp_path / "runs").exists()


def test_a_folder_with_other_things_is_left_alone(tiny_study: Path, tmp_path: Path) -> None:
    other = tmp_path / "runs" / "tiny"
    other.mkdir(parents=True)
    (other / "thesis.txt").write_text("precious", encoding="utf-8")
    with pytest.raises(RunFolderError, match="is not empty and not a run folder"):
        train(tiny_study, tmp_path / "runs")
    assert [p.name for p in other.iterdir()] == ["thesis.txt"]


def test_results_of_no_run_folder(tmp_path: Path) -> None:
    with pytest.raises(RunFolderError, match="no such folder"):
        ablate.results(tmp_path / "nothing")
    with pytest.raises(RunFolderError, match="is not a run folder"):
        ablate.results(tmp_path)


def test_the_record_is_readable_by_optuna(finished: Path) -> None:
    import optuna

    storage = f"sqlite:///{finished / 'runs' / 'tiny' / 'study.db'}"
    assert optuna.get_all_study_names(storage) == ["tiny"]
    study = optuna.load_study(study_name="tiny", storage=storage)
    assert {t.state.name for t in study.trials} == {"COMPLETE"}
    assert {t.user_attrs["variant"] for t in study.trials} == {"plain", "bc"}
    assert {t.user_attrs["sweep.depth"] for t in study.trials} == {7, 10}
    assert all(t.last_step == 2 for t in study.trials)


def test_plan_json_keeps_the_costs(finished: Path) -> None:
    plan = json.loads((finished / "runs" / "tiny" / "plan.json").read_text(encoding="utf-8"))
    assert (plan["study"], plan["baseline"], plan["subject"]) == ("tiny", "plain", "digits")
    assert all(cell["flops"] == 2 * cell["macs"] > 0 for cell in plan["cells"])


def test_summary_reads_what_run_returned(finished: Path) -> None:
    found = summary(snapshot(finished / "runs" / "tiny"))
    assert (dict(found.states), found.trained) == ({"done": 4}, 0)


def without_weights(cell: CellFolder) -> None:
    cell.weights.unlink()


def empty_result(cell: CellFolder) -> None:
    cell.result.write_bytes(b"")


def cut_curve(cell: CellFolder) -> None:
    cell.curve.write_bytes(cell.curve.read_bytes()[:-20])


def folder_for_a_file(cell: CellFolder) -> None:
    cell.cell.unlink()
    cell.cell.mkdir()


def no_folder(cell: CellFolder) -> None:
    shutil.rmtree(cell.path)


LOSSES = [without_weights, empty_result, cut_curve, folder_for_a_file, no_folder]


@pytest.mark.parametrize("lose", LOSSES)
def test_a_done_cell_that_lost_files_is_trained_again_and_told(
    copy: Path, lose: Callable[[CellFolder], None]
) -> None:
    folder = open_folder(copy / "runs" / "tiny")
    before, (lost, *others) = numbers(folder.path), ablate.results(folder.path)["key"]
    weights = folder.cell(lost).weights.read_bytes()
    stamps = {p: p.stat().st_mtime_ns for k in others for p in folder.cell(k).path.iterdir()}
    lose(folder.cell(lost))
    pd.testing.assert_frame_equal(numbers(folder.path), before)
    events: list[dict[str, Any]] = []
    found = train(copy / "tiny.yaml", copy / "runs", jobs=0, on_event=events.append)
    assert (found.trained, found.taken_over, found.elsewhere, found.lost) == (1, 0, 0, ())
    assert (found.exit_code, dict(found.states)) == (0, {"done": 4})
    assert [e["key"] for e in events if e["kind"] in ("lost", "start", "end")] == [lost] * 3
    assert folder.cell(lost).weights.read_bytes() == weights
    assert {p: p.stat().st_mtime_ns for p in stamps} == stamps
    pd.testing.assert_frame_equal(numbers(folder.path), before)
    assert train(copy / "tiny.yaml", copy / "runs", jobs=0).trained == 0


def test_a_done_cell_that_lost_files_is_taken_over_where_a_neighbour_has_it(copy: Path) -> None:
    shutil.copytree(copy / "runs" / "tiny", copy / "runs" / "other")
    folder = open_folder(copy / "runs" / "tiny")
    lost, *_ = ablate.results(folder.path)["key"]
    no_folder(folder.cell(lost))
    found = train(copy / "tiny.yaml", copy / "runs", jobs=0)
    assert (found.trained, found.taken_over, found.exit_code) == (0, 1, 0)
    assert folder.cell(lost).loss(lost) == ""


def test_a_lost_cell_that_fails_again_keeps_its_numbers_and_is_a_hole(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = open_folder(copy / "runs" / "tiny")
    before, (lost, *_) = numbers(folder.path), ablate.results(folder.path)["key"]
    cut_curve(folder.cell(lost))
    with monkeypatch.context() as patch:
        patch.setattr(worker, "run_cell", Mock(side_effect=OutOfMemory("it is full")))
        found = train(copy / "tiny.yaml", copy / "runs", jobs=0)
    assert (found.trained, len(found.lost), found.exit_code) == (0, 1, 3)
    pd.testing.assert_frame_equal(numbers(folder.path), before)
    assert train(copy / "tiny.yaml", copy / "runs", jobs=0).trained == 1

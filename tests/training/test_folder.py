"""A cell's folder: the result last, nothing left over, never trained twice."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

import ablate
from ablate import training
from ablate.cells import DATASETS, Cell, CellFolder, Predictions, read_cell, read_predictions
from ablate.data import split
from ablate.errors import Diverged
from ablate.models import build
from ablate.text import read_yaml
from ablate.training import Epoch, Execution, fit, folder, run_cell
from ablate.training.folder import as_csv
from ablate.training.seeds import child_seed
from tests.training.cells import IMAGES, cell, numbers, pixels, scripted


def run(made: Cell, place: CellFolder, **settings: Any) -> dict[str, Any]:
    return run_cell(made, IMAGES, Execution(), place, **settings)


@pytest.fixture
def place(tmp_path: Path) -> CellFolder:
    return CellFolder(tmp_path / "cells" / "abc")


def names(place: CellFolder) -> set[str]:
    return {path.name for path in place.path.iterdir()}


def rows(place: CellFolder) -> list[dict[str, str]]:
    with place.curve.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


WEIGHTS, PREDICTIONS = "model.safetensors", "predictions.safetensors"
FINISHED = {"cell.yaml", "curve.csv", WEIGHTS, PREDICTIONS, "result.json"}


def test_a_finished_folder(place: CellFolder) -> None:
    made = cell()
    result = run(made, place)
    assert names(place) == FINISHED
    assert json.loads(place.result.read_text()) == result == place.finished(made.key)
    expected = fit(made, IMAGES)
    shown = ("key", "split", "epochs", "reported_epoch", "error", "loss")
    assert {k: result[k] for k in shown} == {
        "key": made.key,
        "split": "validation",
        "epochs": 2,
        "reported_epoch": 2,
        "error": expected.error,
        "loss": expected.loss,
    }
    assert result["data_sha256"] == IMAGES.sha256
    assert result["split_sha256"] == expected.split_sha256
    assert result["execution"] == Execution().document()
    assert (result["torch"], result["ablate"]) == (torch.__version__, ablate.__version__)
    assert result["train_seconds"] > 0
    assert result["device"].startswith("cpu ")


def test_the_result_is_written_last(place: CellFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    replace = Path.replace

    def recorded(path: Path, target: Path) -> Path:
        order.append(Path(target).name)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", recorded)
    run(cell(), place, before_save=lambda: order.append("?"))
    epoch = ["?", "checkpoint.pt", "curve.csv"]
    assert order == ["cell.yaml", *epoch, *epoch, "?", WEIGHTS, PREDICTIONS, "result.json"]


def test_the_checkpoint_is_there_until_the_result_is(
    place: CellFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    write = folder.write_text

    def recorded(path: Path, text: str) -> None:
        if path == place.result:
            seen.append(place.checkpoint.exists())
        write(path, text)

    monkeypatch.setattr(folder, "write_text", recorded)
    run(cell(), place)
    assert seen == [True]


def test_a_second_call_trains_nothing(place: CellFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(cell(), place)
    place.checkpoint.write_bytes(b"left by a death between the last two lines")
    content = {path: path.read_bytes() for path in place.path.iterdir()}
    monkeypatch.setattr(folder, "fit", None)
    assert run(cell(), place) == result
    assert names(place) == FINISHED
    assert all(path.read_bytes() == content[path] for path in place.path.iterdir())


def test_a_result_that_was_lost_is_written_without_training(
    place: CellFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = folder.write_text

    def full_disk(path: Path, text: str) -> None:
        if path == place.result:
            raise OSError("no space left on device")
        write(path, text)

    with monkeypatch.context() as patch:
        patch.setattr(folder, "write_text", full_disk)
        with pytest.raises(OSError, match="no space"):
            run(cell(), place)
    assert place.finished(cell().key) is None
    monkeypatch.setattr(training.stepping.TrainingStep, "update", None)
    assert run(cell(), place)["error"] == float(rows(place)[-1]["error"])
    assert names(place) == FINISHED


def test_what_a_killed_process_left_is_cleared(place: CellFolder) -> None:
    place.path.mkdir(parents=True)
    for name in ("checkpoint.pt.99.tmp", "result.json.1.tmp"):
        (place.path / name).write_bytes(b"half")
    (place.path / "log.txt").write_text("kept")
    run(cell(), place)
    assert names(place) == {*FINISHED, "log.txt"}


def test_the_curve_has_a_row_an_epoch(place: CellFolder) -> None:
    testing = cell({"epochs": 3}, {"evaluate": "test", "hold_out": None})
    seen: list[Epoch] = []
    run(testing, place, on_epoch=seen.append)
    found = rows(place)
    columns = ["epoch", "train_loss", "train_error", "loss", "error", "lr", "seconds"]
    assert [list(row) for row in found] == [columns] * 3
    assert [row["epoch"] for row in found] == ["1", "2", "3"]
    assert [row["error"] == "" for row in found] == [True, True, False]
    assert [float(row["train_loss"]) for row in found] == [epoch.train_loss for epoch in seen]


def test_the_curve_of_an_interrupted_run_is_the_whole(place: CellFolder) -> None:
    def stop(epoch: Epoch) -> None:
        if epoch.epoch == 2:
            raise KeyboardInterrupt

    made = cell({"epochs": 3})
    with pytest.raises(KeyboardInterrupt):
        run(made, place, on_epoch=stop)
    both = {"checkpoint.pt", "checkpoint.before.pt"}
    assert names(place) == {"cell.yaml", "curve.csv", *both}
    seen: list[Epoch] = []
    run(made, place, on_epoch=seen.append)
    assert numbers(seen) == numbers(fit(made, IMAGES).curve)
    assert place.curve.read_text(encoding="utf-8") == as_csv(seen)


def test_weights_load_and_give_the_reported_error(place: CellFolder) -> None:
    made = cell({"epochs": 4}, {"evaluate": "test", "hold_out": None})
    result = run(made, place)
    module = build(made.architecture, seed=child_seed(9, "other"))
    module.load_state_dict(load_file(place.weights))
    with safe_open(place.weights, "pt") as stored:
        assert stored.metadata() == {"key": made.key}
    with torch.no_grad():
        wrong = module.eval()(pixels(IMAGES.x_test)).argmax(1) != IMAGES.y_test
    assert result["error"] == pytest.approx(100 * float(wrong.float().mean()))


def predictions_of(place: CellFolder, made: Cell) -> Predictions:
    found = read_predictions(place.path, made.key)
    assert found is not None
    return found


@pytest.mark.parametrize("data", [{}, {"evaluate": "test", "hold_out": None}])
def test_predictions_are_those_of_the_weights_and_of_the_error(
    place: CellFolder, data: dict[str, Any]
) -> None:
    made = cell({"epochs": 3}, data)
    result = run(made, place)
    found = predictions_of(place, made)
    assert found.error == result["error"]  # exactly
    held_out = split(IMAGES.y_train, made.data, IMAGES.facts).held_out
    x, y = (IMAGES.x_test, IMAGES.y_test) if data else (IMAGES.x_train[held_out], IMAGES.y_train)
    module = build(made.architecture).eval()
    module.load_state_dict(load_file(place.weights))
    with torch.no_grad():
        assert found.predicted.tolist() == module(pixels(x)).argmax(1).tolist()
    assert found.labels.tolist() == (y if data else y[held_out]).tolist()
    assert (found.classes, found.names) == (10, tuple("0123456789"))


def test_a_picked_epochs_predictions_are_of_the_test_set(
    place: CellFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(monkeypatch, [50.0, 30.0, 40.0])
    made = cell({"preset": "densenet-2017-svhn", "epochs": 3}, {"evaluate": "test"})
    result = run(made, place)
    found = predictions_of(place, made)
    assert result["error"] == found.error
    assert found.labels.tolist() == IMAGES.y_test.tolist()
    assert place.finished(made.key) is not None


def test_a_checkpoint_that_kept_no_predictions_is_evaluated_again(
    place: CellFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of a version before, that stopped between the last epoch and the result."""
    made = cell()
    with monkeypatch.context() as patch:
        state = training.loop._Run.state
        patch.setattr(training.loop._Run, "state", lambda run: {**state(run), "predicted": None})
        patch.setattr(folder, "write_bytes", None)
        with pytest.raises(TypeError):
            run(made, place)
    result = run(made, place)
    assert predictions_of(place, made).error == result["error"]


def test_a_picked_epoch_is_what_the_folder_holds(
    place: CellFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = scripted(monkeypatch, [50.0, 30.0, 40.0])
    made = cell({"preset": "densenet-2017-svhn", "epochs": 3}, {"evaluate": "test"})
    result = run(made, place)
    assert (result["validation_error"], result["split"]) == (30.0, "test")
    assert (result["reported_epoch"], result["epochs"]) == (2, 3)
    stored = load_file(place.weights)
    assert stored.keys() == seen[1].keys()
    assert all(torch.equal(stored[name], seen[1][name]) for name in stored)
    assert [row["error"] for row in rows(place)] == ["50.0", "30.0", "40.0"]


def test_cell_yaml_is_the_cell(place: CellFolder) -> None:
    made = cell({"schedule": "cosine"}, {"augment": True}, seed=3)
    run(made, place)
    facts = DATASETS["digits"]
    assert facts is not None
    again = read_cell(read_yaml(place.cell.read_text(encoding="utf-8"), "cell.yaml"), facts)
    assert again == made
    assert again.key == made.key


@pytest.mark.parametrize(("allowed", "left"), [(0, set()), (1, {"curve.csv", "checkpoint.pt"})])
def test_before_save_can_stop_the_writing(place: CellFolder, allowed: int, left: set[str]) -> None:
    asked: list[int] = []

    def refuse() -> None:
        asked.append(1)
        if len(asked) > allowed:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        run(cell({"epochs": 1}), place, before_save=refuse)
    assert names(place) == {"cell.yaml", *left}


def test_an_outcome_leaves_no_result(place: CellFolder) -> None:
    with pytest.raises(Diverged):
        run(cell({"lr": 1e10}), place)
    assert not place.result.exists()
    assert names(place) == {"cell.yaml"}


def damage_result(place: CellFolder) -> None:
    place.result.write_text('{"error": 1.0}', encoding="utf-8")


def bit_of_weights(place: CellFolder) -> None:
    content = bytearray(place.weights.read_bytes())
    content[-1] ^= 64
    place.weights.write_bytes(content)


def of_another_seed(place: CellFolder) -> None:
    other = CellFolder(place.path.with_name("other"))
    run(cell(seed=1), other)
    for file in (other.cell, other.curve, other.weights, other.result):
        file.replace(place.path / file.name)


def lost_curve(place: CellFolder) -> None:
    place.curve.unlink()


@pytest.mark.parametrize("damage", [damage_result, bit_of_weights, of_another_seed, lost_curve])
def test_files_that_do_not_go_together_are_set_aside_and_made_again(
    place: CellFolder, damage: Callable[[CellFolder], None], caplog: pytest.LogCaptureFixture
) -> None:
    before = run(cell(), place)
    damage(place)
    result = run(cell(), place)
    shown = ("key", "error", "loss", "reported_epoch")
    assert [result[k] for k in shown] == [before[k] for k in shown]
    assert result == place.finished(cell().key)
    assert names(place) == {*FINISHED, "refused"}
    assert "result.json" in {path.name for path in (place.path / "refused").iterdir()}
    assert "it does not count" in caplog.text

"""Interrupted = uninterrupted, bitwise, whatever the recipe and wherever the interruption."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
import torch

from ablate.training import Epoch, Execution, TrainingStep, fit, results
from ablate.training.checkpoint import load_checkpoint
from ablate.training.results import Fit
from tests.training.cells import IMAGES, STEPS, cell, numbers, same_weights, scripted

EPOCHS = 4
RECIPES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "step": ({}, {}, {}),
    "cosine": ({"schedule": "cosine"}, {}, {}),
    "one_cycle": ({"schedule": "one_cycle"}, {}, {}),
    "adamw": ({"optimizer": "adamw", "lr": 1e-3}, {}, {}),
    "bf16": ({"precision": "bf16"}, {}, {}),
    "fp16": ({"precision": "fp16"}, {}, {}),
    "augmented": ({}, {"augment": True, "pad": "black"}, {}),
    "mixed": ({"cutout": 3, "mixup": 0.2, "cutmix": 1.0}, {}, {}),
    "averaged": ({"ema_decay": 0.9}, {}, {}),
    "averaged and picked": (
        {"ema_decay": 0.9, "preset": "densenet-2017-svhn"},
        {"evaluate": "test"},
        {},
    ),
    "dropout": ({}, {}, {"dropout": 0.3}),
    "test": ({}, {"evaluate": "test", "hold_out": None}, {}),
    "picked": ({"preset": "densenet-2017-svhn"}, {"evaluate": "test"}, {}),
    "all at once": (
        {"optimizer": "adamw", "lr": 1e-3, "schedule": "one_cycle", "precision": "fp16"},
        {"augment": True},
        {"dropout": 0.3},
    ),
}


class Interrupted(Exception):
    """What ends the first attempt."""


def interrupted(made: Any, path: Path, after: int, **settings: Any) -> None:
    def stop(epoch: Epoch) -> None:
        if epoch.epoch == after:
            raise Interrupted

    with pytest.raises(Interrupted):
        fit(made, IMAGES, checkpoint=path, on_epoch=stop, **settings)


def steps_of(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one with every optimizer step."""
    taken: list[int] = []
    update = TrainingStep.update

    def counted(step: Any, *batch: Any) -> Any:
        taken.append(1)
        return update(step, *batch)

    monkeypatch.setattr(TrainingStep, "update", counted)
    return taken


def assert_equal(first: Fit, second: Fit) -> None:
    assert same_weights(first, second)
    assert numbers(first.curve) == numbers(second.curve)
    assert first.epoch == second.epoch


@pytest.mark.parametrize("kind", RECIPES)
@pytest.mark.parametrize("after", range(1, EPOCHS + 1))
def test_resumed_is_uninterrupted(
    tmp_path: Path, kind: str, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, data, network = RECIPES[kind]
    made = cell({"epochs": EPOCHS} | recipe, data, network)
    path = tmp_path / "checkpoint.pt"
    interrupted(made, path, after)
    taken, seen = steps_of(monkeypatch), []
    resumed = fit(made, IMAGES, checkpoint=path, on_epoch=seen.append)
    assert len(taken) == (EPOCHS - after) * STEPS
    assert numbers(seen) == numbers(resumed.curve)
    assert_equal(resumed, fit(made, IMAGES))


def test_the_scalers_state_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scale so large that the first steps are skipped, then one that grows every third step."""
    scaler = torch.GradScaler

    def lively(device: str, *, enabled: bool) -> torch.GradScaler:
        return scaler(device, init_scale=2.0**30, growth_interval=3, enabled=enabled)

    monkeypatch.setattr(torch, "GradScaler", lively)
    made = cell({"epochs": EPOCHS, "precision": "fp16"})
    path = tmp_path / "checkpoint.pt"
    interrupted(made, path, 2)
    state = load_checkpoint(path)
    assert state is not None and state["scaler"]["scale"] < 2.0**30
    assert_equal(fit(made, IMAGES, checkpoint=path), fit(made, IMAGES))


def test_lost_in_the_middle_of_an_epoch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, path = cell({"epochs": 3}, network={"dropout": 0.2}), tmp_path / "checkpoint.pt"
    monkeypatch.setattr(results, "SECONDS_BETWEEN_REPORTS", 0)

    def stop(progress: Any) -> None:
        if progress.epoch > 1.4:
            raise Interrupted

    with pytest.raises(Interrupted):
        fit(made, IMAGES, checkpoint=path, on_progress=stop)
    assert_equal(fit(made, IMAGES, checkpoint=path), fit(made, IMAGES))


def test_interrupted_after_every_epoch(tmp_path: Path) -> None:
    made, path = cell({"epochs": 3, "optimizer": "adamw", "lr": 1e-3}), tmp_path / "checkpoint.pt"
    for after in (1, 2, 3):
        interrupted(made, path, after)
    assert_equal(fit(made, IMAGES, checkpoint=path), fit(made, IMAGES))


def test_a_damaged_checkpoint_costs_an_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, path = cell({"epochs": 3}), tmp_path / "checkpoint.pt"
    interrupted(made, path, 2)
    path.write_bytes(path.read_bytes()[:-1])
    taken = steps_of(monkeypatch)
    resumed = fit(made, IMAGES, checkpoint=path)
    assert len(taken) == 2 * STEPS
    assert_equal(resumed, fit(made, IMAGES))


def test_resumed_in_another_memory_format(tmp_path: Path) -> None:
    made, path = cell(), tmp_path / "checkpoint.pt"
    interrupted(made, path, 1, execution=Execution(channels_last=False))
    resumed = fit(made, IMAGES, checkpoint=path)
    assert resumed.loss == pytest.approx(fit(made, IMAGES).loss, rel=1e-4)


@pytest.mark.parametrize("after", range(1, EPOCHS + 1))
@pytest.mark.parametrize("errors", [[1.0, 2.0, 2.0, 1.0], [3.0, 2.0, 1.0, 2.0]])
def test_the_picked_epoch_is_in_the_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, errors: list[float], after: int
) -> None:
    scripted(monkeypatch, errors)
    made = cell({"preset": "densenet-2017-svhn", "epochs": EPOCHS}, {"evaluate": "test"})
    path = tmp_path / "checkpoint.pt"
    interrupted(made, path, after)
    resumed = fit(made, IMAGES, checkpoint=path)
    assert resumed.epoch == errors.index(1.0) + 1
    assert_equal(resumed, fit(made, IMAGES))


def test_a_checkpoint_carries_no_second_network_unless_one_is_picked(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    interrupted(cell(), path, 1)
    state = load_checkpoint(path)
    assert state is not None and "picked" not in state


def test_time_of_earlier_attempts_counts(tmp_path: Path) -> None:
    made, path = cell({"epochs": 3}), tmp_path / "checkpoint.pt"
    interrupted(made, path, 2)
    state = load_checkpoint(path)
    resumed = fit(made, IMAGES, checkpoint=path)
    assert state is not None
    assert [e.seconds for e in resumed.curve[:2]] == [row["seconds"] for row in state["curve"]]


@pytest.mark.parametrize("damage", ["cut", "other cell"])
def test_a_useless_checkpoint_means_starting_over(
    tmp_path: Path,
    damage: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    made, path = cell({"epochs": 3}), tmp_path / "checkpoint.pt"
    interrupted(made if damage == "cut" else cell({"epochs": 3, "lr": 0.01}), path, 2)
    if damage == "cut":
        for file in tmp_path.iterdir():  # the one before, too
            file.write_bytes(file.read_bytes()[:-1000])
    taken = steps_of(monkeypatch)
    with caplog.at_level(logging.WARNING, "ablate"):
        found = fit(made, IMAGES, checkpoint=path)
    assert len(taken) == 3 * STEPS
    ((_, _, message),) = caplog.record_tuples
    assert message.startswith(str(path)) and "is ignored" in message
    assert_equal(found, fit(made, IMAGES))
    state = load_checkpoint(path)
    assert state is not None and state["key"] == made.key


def test_before_save_can_stop_the_writing(tmp_path: Path) -> None:
    def refuse() -> None:
        raise Interrupted

    path, seen = tmp_path / "checkpoint.pt", []
    with pytest.raises(Interrupted):
        fit(cell(), IMAGES, checkpoint=path, before_save=refuse, on_epoch=seen.append)
    assert list(tmp_path.iterdir()) == []
    assert seen == []

"""What a cell with `ema_decay` comes to is the average of the weights that it had."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from ablate.data import split
from ablate.training import TrainingStep, fit
from tests.training.cells import IMAGES, STEPS, cell, numbers, pixels, scripted, weights


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Tensor]]:
    """Weights and running statistics after each step."""
    found: list[dict[str, Tensor]] = []
    update = TrainingStep.update

    def noted(step: TrainingStep, *batch: Any) -> Any:
        done = update(step, *batch)
        found.append(weights(step.module))
        return done

    monkeypatch.setattr(TrainingStep, "update", noted)
    return found


def average(taken: list[dict[str, Tensor]], decay: float) -> dict[str, Tensor]:
    """Each counts `decay` times what the next does; counts are the last's."""
    shares = torch.tensor([decay**back for back in range(len(taken))][::-1]).double()
    shares = shares / shares.sum()
    found = {}
    for name, last in taken[-1].items():
        every = torch.stack([step[name] for step in taken])
        mean = torch.tensordot(shares, every.double(), 1).to(last.dtype)
        found[name] = mean if last.is_floating_point() else last
    return found


@pytest.mark.parametrize("decay", [0.5, 0.99])
def test_what_is_evaluated_and_kept_is_the_average(
    taken: list[dict[str, Tensor]], decay: float
) -> None:
    made = cell({"ema_decay": decay})
    found = fit(made, IMAGES)
    assert len(taken) == 2 * STEPS
    for name, tensor in average(taken, decay).items():
        torch.testing.assert_close(found.module.state_dict()[name], tensor, rtol=1e-4, atol=1e-6)
    held_out = split(IMAGES.y_train, made.data, IMAGES.facts).held_out
    with torch.inference_mode():
        answers = found.module(pixels(IMAGES.x_train)[held_out]).argmax(1)
    wrong = float((answers != IMAGES.y_train[held_out]).float().mean())
    assert found.error == pytest.approx(100 * wrong)


def test_training_goes_on_from_the_weights_themselves(taken: list[dict[str, Tensor]]) -> None:
    averaged = fit(cell({"ema_decay": 0.9}), IMAGES)
    own = taken[:]
    plain = fit(cell(), IMAGES)
    for with_average, without in zip(own, taken[len(own) :], strict=True):
        assert all(torch.equal(tensor, without[name]) for name, tensor in with_average.items())
    losses = [[row["train_loss"] for row in numbers(each.curve)] for each in (averaged, plain)]
    assert losses[0] == losses[1]


def test_the_epoch_that_is_picked_brings_its_average(
    monkeypatch: pytest.MonkeyPatch, taken: list[dict[str, Tensor]]
) -> None:
    seen = scripted(monkeypatch, [2.0, 1.0, 3.0])
    recipe = {"preset": "densenet-2017-svhn", "epochs": 3, "ema_decay": 0.9}
    found = fit(cell(recipe, {"evaluate": "test"}), IMAGES)
    assert found.epoch == 2
    for name, tensor in average(taken[: 2 * STEPS], 0.9).items():
        assert torch.equal(found.module.state_dict()[name], seen[1][name])
        torch.testing.assert_close(seen[1][name], tensor, rtol=1e-4, atol=1e-6)

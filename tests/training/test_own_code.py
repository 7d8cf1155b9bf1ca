"""Training steps with a loss, an optimizer and an augmentation that are code of a user's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim.optimizer import register_optimizer_step_pre_hook

from ablate.errors import SpecError
from ablate.machine import look_for_code
from ablate.plugins import try_code
from ablate.training import Epoch, Execution, fit, loop
from ablate.training.replaying import why_not_captured
from tests.training.cells import IMAGES, cell, numbers, same_weights
from tests.training.test_replaying import OFF, Recorder, recording

PARTS = """
import torch
from torch import nn

class Doubled(nn.Module):
    def __init__(self, by: float = 2.0) -> None:
        super().__init__()
        self.by = by

    def forward(self, logits, labels):
        return self.by * nn.functional.cross_entropy(logits, labels)

def noise(images, amount: float = 0.5):
    return images + amount * torch.randn_like(images)

def recordable():
    def faint(images):
        return images + 0.1 * torch.randn_like(images)
    faint.capturable = True
    return faint

class Begun(torch.optim.Optimizer):
    # What it keeps of a weight does not begin at zero.
    def __init__(self, params, lr, capturable: bool = False):
        super().__init__(params, {"lr": lr, "capturable": True})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for weight in group["params"]:
                state = self.state[weight]
                if not state:
                    state["scale"] = torch.ones_like(weight)
                state["scale"].mul_(0.99)
                weight.sub_(group["lr"] * weight.grad * state["scale"])

def in_groups(params, lr):
    return torch.optim.SGD([{"params": params[:3], "lr": lr / 2}, {"params": params[3:]}], lr=lr)

def no_loss(logits, labels): return logits
def smaller(images): return images[:, :, 1:]
def nothing(params, lr): return lr
def fails(images): raise ValueError("of\\nour own")
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Path:
    (tmp_path / "own.py").write_text(PARTS, encoding="utf-8")
    look_for_code(tmp_path)
    return tmp_path


def test_the_loss_is_what_steps_lower_and_no_evaluation_reports() -> None:
    """Of twice the cross-entropy at half the rate, without decay, weights are the same."""
    usual: dict[str, Any] = {"momentum": 0.0, "nesterov": False, "weight_decay": 0}
    plain = fit(cell(usual | {"lr": 0.05}), IMAGES)
    doubled = fit(cell(usual | {"lr": 0.025, "loss": "own:Doubled"}), IMAGES)
    for own, other in zip(doubled.curve, plain.curve, strict=True):
        assert own.train_loss == pytest.approx(2 * other.train_loss, rel=1e-4)
        assert own.loss == pytest.approx(other.loss, rel=1e-4) and own.error == other.error


def test_torchs_sgd_named_as_code_is_ours() -> None:
    named = {"from": "torch.optim:SGD", "momentum": 0.9, "nesterov": True}
    assert same_weights(fit(cell({"optimizer": named}), IMAGES), fit(cell(), IMAGES))


@pytest.mark.parametrize("schedule", ["step", "one_cycle"])
def test_schedules_go_with_every_group_of_weights(schedule: str) -> None:
    made = cell({"optimizer": "own:in_groups", "schedule": schedule, "epochs": 4})
    seen: list[list[float]] = []

    def spied(optimizer: torch.optim.Optimizer, *arguments: Any) -> None:
        seen.append([group["lr"] for group in optimizer.param_groups])

    handle = register_optimizer_step_pre_hook(spied)
    try:
        fit(made, IMAGES)
    finally:
        handle.remove()
    assert len({second for _, second in seen}) > 2
    assert [first for first, _ in seen] == pytest.approx([second / 2 for _, second in seen])


def test_an_augmentation_changes_what_is_trained_on_and_nothing_that_is_evaluated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[tuple[bool, float]] = []
    build = loop.build

    def spied(*args: Any, **options: Any) -> nn.Module:
        module = build(*args, **options)
        module.register_forward_pre_hook(
            lambda m, x: seen.append((m.training, round(float(x[0].std()) / 50)))
        )
        return module

    monkeypatch.setattr(loop, "build", spied)
    fit(cell({"augmentation": {"from": "own:noise", "amount": 50.0}}), IMAGES)
    assert {*seen} == {(True, 1), (False, 0)}


PARTS_USED: dict[str, dict[str, Any]] = {
    "loss": {"loss": "own:Doubled", "mixup": 0.2},
    "optimizer": {"optimizer": "torch.optim:NAdam", "lr": 1e-3},
    "optimizer of ours": {"optimizer": "own:Begun"},
    "groups": {"optimizer": "own:in_groups", "schedule": "one_cycle"},
    "augmentation": {"augmentation": "own:noise", "cutout": 3},
}


@pytest.mark.parametrize("kind", PARTS_USED)
def test_resumed_is_uninterrupted(tmp_path: Path, kind: str) -> None:
    def stop(epoch: Epoch) -> None:
        raise KeyboardInterrupt

    made, path = cell(PARTS_USED[kind]), tmp_path / "checkpoint.pt"
    with pytest.raises(KeyboardInterrupt):
        fit(made, IMAGES, checkpoint=path, on_epoch=stop)
    resumed, whole = fit(made, IMAGES, checkpoint=path), fit(made, IMAGES)
    assert same_weights(resumed, whole) and numbers(resumed.curve) == numbers(whole.curve)


@pytest.mark.parametrize(
    ("recipe", "recorded"),
    [
        ({"loss": "own:Doubled"}, 4),
        ({"optimizer": "own:Begun"}, 4),
        ({"augmentation": "own:recordable"}, 4),
        ({"augmentation": "own:noise"}, 0),
        ({"optimizer": "torch.optim:NAdam"}, 0),
    ],
)
def test_what_can_be_recorded_is_replayed(
    monkeypatch: pytest.MonkeyPatch, recipe: dict[str, Any], recorded: int
) -> None:
    recorder = recording(monkeypatch, Recorder())
    made = cell(recipe)
    replayed, plain = fit(made, IMAGES), fit(made, IMAGES, OFF)
    assert recorder.recorded == recorded
    assert same_weights(replayed, plain) and numbers(replayed.curve) == numbers(plain.curve)


def test_the_log_says_what_was_not_recorded(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    recording(monkeypatch, Recorder())
    caplog.set_level("INFO", "ablate.training")
    fit(cell({"augmentation": "own:noise", "epochs": 1}), IMAGES)
    why = "own:noise has no attribute `capturable` that is true"
    assert f"capture: steps run kernel by kernel: {why}" in caplog.messages
    assert why_not_captured(cell().recipe, Execution()) == "cpu has no CUDA graphs"


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ({"loss": "own:no_loss"}, "must give a scalar tensor that follows from the logits, got to"),
        ({"augmentation": "own:smaller"}, "must give images as it takes them, torch.float32 (2, 1"),
        ({"optimizer": "own:nothing"}, "must give a torch.optim.Optimizer, got 0.05"),
        ({"augmentation": "own:fails"}, "of our own"),
        ({"optimizer": "torch.optim:Muon"}, "Muon only supports 2D parameters"),
    ],
)
def test_it_is_tried_before_anything_trains(recipe: dict[str, Any], message: str) -> None:
    plugged = cell(recipe).recipe.plugged
    before = torch.get_rng_state()
    with pytest.raises(SpecError) as caught:
        try_code(plugged, shape=(1, 8, 8), classes=10, lr=0.05)
    (name,) = (value for value in recipe.values())
    (key,) = recipe
    told = str(caught.value)
    assert told.startswith(f"recipe.{key}: {name}: ") and message in told and "\n" not in told
    assert torch.equal(torch.get_rng_state(), before)

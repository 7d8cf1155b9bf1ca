"""A step on noise is a cell's step."""

from __future__ import annotations

import pytest
import torch

from ablate.measuring import network_step, synthetic_step
from ablate.models import build, random_images
from ablate.networks import DenseNet
from ablate.training import TrainingStep

SMALL = DenseNet(block_layers=(1,), growth_rate=2, in_channels=1, image_size=4)


def test_it_learns_its_images_by_the_step_of_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[torch.Tensor] = []
    update = TrainingStep.update

    def watched(step: TrainingStep, x: torch.Tensor, y: torch.Tensor) -> object:
        seen.append(x)
        return update(step, x, y)

    monkeypatch.setattr(TrainingStep, "update", watched)
    step = network_step(SMALL, 8)
    losses = [float(step()) for _ in range(12)]
    assert losses[-1] < losses[0] and len(seen) == 12
    assert seen[0].shape == (8, 1, 4, 4) and torch.equal(seen[0], seen[-1])


def test_another_forward_takes_the_modules_place() -> None:
    module, calls = build(SMALL), []

    class Compiled:
        """Without a length, as what torch.compile makes of a module of torch 2.11."""

        def __call__(self, images: torch.Tensor) -> torch.Tensor:
            calls.append(images.shape)
            logits: torch.Tensor = module(images)
            return logits

        def __len__(self) -> int:
            raise TypeError("does not support len()")

    synthetic_step(module, random_images(SMALL, 4), classes=10, forward=Compiled())()
    assert calls == [(4, 1, 4, 4)]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_precisions(precision: str) -> None:
    types, module = [], build(SMALL)
    module.features.register_forward_hook(lambda *found: types.append(found[-1].dtype))
    step = synthetic_step(module, random_images(SMALL, 4), classes=10, precision=precision)
    assert step().dtype == torch.float32
    expected = torch.float32 if precision == "fp32" else torch.bfloat16
    assert types == [expected]

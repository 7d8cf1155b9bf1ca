"""Cells that train in hundredths of a second, and what is compared of two of them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ablate.cells import DATASETS, Cell, Data, Recipe
from ablate.data import load_images
from ablate.networks import architecture
from ablate.training import Epoch, loop
from ablate.training.results import Fit

IMAGES = load_images(Data(dataset="digits"), Path("/nonexistent"))
STEPS = 4  # of an epoch: batches of 32, 32, 32 and 4


def cell(
    recipe: dict[str, Any] | None = None,
    data: dict[str, Any] | None = None,
    network: dict[str, Any] | None = None,
    seed: int = 0,
) -> Cell:
    """A DenseNet of four convs on 100 digits, two epochs, and what is changed of that.

    A `network` that names its family is all of it.
    """
    facts = DATASETS["digits"]
    assert facts is not None
    small: dict[str, Any] = {"depth": 7, "growth_rate": 4, "stem_channels": 4}
    settings = {"family": "densenet", **small} | (network or {})
    if network and "family" in network:
        settings = network
    return Cell(
        architecture(**settings).resolve(in_channels=1, classes=10, image_size=8),
        Recipe(**{"epochs": 2, "batch_size": 32, "lr": 0.05} | (recipe or {})),
        Data(**{"dataset": "digits", "limit": 100, "hold_out": 40} | (data or {})),
        seed,
        facts,
    )


def scripted(patch: pytest.MonkeyPatch, errors: list[float]) -> list[dict[str, Tensor]]:
    """Evaluations find these errors, epoch by epoch; the weights they saw are added to a list."""
    seen: list[dict[str, Tensor]] = []

    def evaluate(run: Any) -> tuple[float, float]:
        error = errors[len(run.curve)]
        seen.append(weights(run.module))
        labels = run._looked_at()[1].to(torch.int32)
        wrong = torch.arange(len(labels)) < error * len(labels) / 100
        run.predicted = torch.where(wrong, (labels + 1) % 10, labels)
        return error / 100, error

    patch.setattr(loop._Run, "_evaluate", evaluate)
    return seen


def weights(module: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def same_weights(first: Fit, second: Fit) -> bool:
    """Bitwise."""
    a, b = weights(first.module), weights(second.module)
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def numbers(curve: tuple[Epoch, ...] | list[Epoch]) -> list[dict[str, Any]]:
    """A curve without its times."""
    return [{k: v for k, v in asdict(epoch).items() if k != "seconds"} for epoch in curve]


def pixels(images: Tensor) -> Tensor:
    """What the network sees of images that are not augmented."""
    return images.permute(0, 3, 1, 2).float().sub(78).div(96)

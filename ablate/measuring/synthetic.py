"""A training step on a batch of noise, as cells take theirs: for whoever times it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from ablate.cells import Recipe
from ablate.models import build, network_of, random_images
from ablate.networks import Architecture
from ablate.training import TrainingStep, capture, make_optimizer


def network_step(
    architecture: Architecture,
    batch_size: int,
    *,
    device: str | torch.device = "cpu",
    captured: bool = False,
) -> Callable[[], Tensor]:
    """Architecture -> a step of its module in mode `fast`, as `synthetic_step` says."""
    module = build(architecture, device=device).to(memory_format=torch.channels_last)
    images = random_images(architecture, batch_size, device=device)
    images = images.contiguous(memory_format=torch.channels_last)
    classes = network_of(architecture).classes
    return synthetic_step(module, images, classes=classes, captured=captured)


def synthetic_step(
    module: nn.Module,
    images: Tensor,
    *,
    classes: int,
    precision: str = "fp32",
    forward: Callable[[Tensor], Any] | None = None,
    captured: bool = False,
) -> Callable[[], Tensor]:
    """Module and its images (batch, channels, height, width) -> a step on them that gives its loss.

    Forward, cross entropy, backward, SGD with Nesterov momentum and weight decay, kernel by kernel
    or, if `captured`, as one CUDA graph. `forward` takes the place of the module's own.
    """
    device = images.device
    labels = torch.arange(len(images), device=device) % classes
    recipe = Recipe.model_validate({"epochs": 1, "lr": 0.01, "precision": precision})
    optimizer = make_optimizer(recipe, module)
    # A compiled module may have no length, by which `or` would ask for its truth.
    forward = module if forward is None else forward
    step = TrainingStep(recipe, module, optimizer, lambda draw: (images, labels), device, forward)
    step.set_rate()

    def update() -> Tensor:
        return step.update(images, labels)[0]

    return capture(update, device) if captured else update

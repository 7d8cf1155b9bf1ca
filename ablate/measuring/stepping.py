"""An implementation's training step and its latency, as calls that a clock may stand beside."""

from __future__ import annotations

from collections.abc import Callable

import torch

from ablate.measuring.implementations import build_as
from ablate.measuring.synthetic import synthetic_step
from ablate.models import network_of, random_images
from ablate.networks import IMPLEMENTATIONS, Architecture
from ablate.training import autocast, capture


def training_step(
    name: str,
    architecture: Architecture,
    *,
    batch_size: int,
    precision: str = "fp32",
    device: str | torch.device = "cpu",
) -> Callable[[], object]:
    """A whole step of random images, as `synthetic_step` says -> a call that gives its loss.

    Raises UsageError where there is no such implementation (`why_not` says so before).
    """
    implementation = IMPLEMENTATIONS[name]
    module = build_as(name, architecture, device=device)
    return synthetic_step(
        module,
        images_as(name, architecture, batch_size, device),
        classes=network_of(architecture).classes,
        precision=precision,
        forward=torch.compile(module) if implementation.is_compiled else module,
        captured=implementation.is_captured,
    )


def latency(
    name: str,
    architecture: Architecture,
    *,
    batch_size: int = 1,
    precision: str = "fp32",
    device: str | torch.device = "cpu",
) -> Callable[[], object]:
    """A forward pass in evaluation, as `training_step`."""
    implementation, device = IMPLEMENTATIONS[name], torch.device(device)
    module = build_as(name, architecture, device=device).eval()
    images = images_as(name, architecture, batch_size, device)
    call = torch.compile(module) if implementation.is_compiled else module

    @torch.inference_mode()
    def forward() -> object:
        with autocast(device, precision):
            return call(images)

    return capture(forward, device) if implementation.is_captured else forward


def images_as(
    name: str, architecture: Architecture, batch_size: int, device: str | torch.device
) -> torch.Tensor:
    """(batch, channels, height, width) of noise, in the implementation's memory format."""
    images = random_images(architecture, batch_size, device=device)
    if IMPLEMENTATIONS[name].channels_last:
        return images.contiguous(memory_format=torch.channels_last)
    return images

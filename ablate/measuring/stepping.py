"""An implementation's training step and its latency, as calls that a clock may stand beside."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn.functional import cross_entropy

from ablate.measuring.implementations import build_as
from ablate.models import loss_and_logits, network_of
from ablate.networks import IMPLEMENTATIONS, Architecture
from ablate.training import capture


def training_step(
    name: str,
    architecture: Architecture,
    *,
    batch_size: int,
    precision: str = "fp32",
    device: str | torch.device = "cpu",
) -> Callable[[], object]:
    """A whole step of random images: forward, cross entropy, backward, SGD with Nesterov momentum.

    Raises UsageError where there is no such implementation (`why_not` says so before).
    """
    implementation, device = IMPLEMENTATIONS[name], torch.device(device)
    module = build_as(name, architecture, device=device)
    images = random_images(name, architecture, batch_size, device)
    classes = network_of(architecture).classes
    targets = torch.arange(batch_size, device=device) % classes
    fused = device.type == "cuda"
    optimizer = torch.optim.SGD(
        module.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=1e-4, fused=fused
    )
    call = torch.compile(module) if implementation.is_compiled else module

    def step() -> object:
        optimizer.zero_grad(set_to_none=True)
        with autocast(device, precision, cached=not implementation.is_captured):
            loss, _ = loss_and_logits(cross_entropy, call(images), targets)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return loss.detach()

    return capture(step, device) if implementation.is_captured else step


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
    images = random_images(name, architecture, batch_size, device)
    call = torch.compile(module) if implementation.is_compiled else module

    @torch.inference_mode()
    def forward() -> object:
        with autocast(device, precision, cached=not implementation.is_captured):
            return call(images)

    return capture(forward, device) if implementation.is_captured else forward


def random_images(
    name: str, architecture: Architecture, batch_size: int, device: torch.device
) -> torch.Tensor:
    """(batch, channels, height, width), standard normal, in the implementation's memory format."""
    network = network_of(architecture)
    shape = (batch_size, network.in_channels, network.image_size, network.image_size)
    images = torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(device)
    if IMPLEMENTATIONS[name].channels_last:
        return images.contiguous(memory_format=torch.channels_last)
    return images


def autocast(device: torch.device, precision: str, *, cached: bool = True) -> torch.autocast:
    """Autocast to one of `MEASURED_PRECISIONS`; off for fp32."""
    is_on = precision == "bf16"
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=is_on, cache_enabled=cached)

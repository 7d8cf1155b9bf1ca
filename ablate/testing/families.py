"""The contract of a family, by a network of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ablate.costs import cost
from ablate.machine import look_for_code
from ablate.models import build, loss_and_logits, network_of, random_images
from ablate.networks import Architecture, as_architecture

IMAGES = 4  # of a batch


def check_family(
    settings: Mapping[str, Any],
    *,
    in_channels: int = 3,
    classes: int = 10,
    image_size: int = 32,
    folder: str | Path = ".",
) -> None:
    """A variant of a study, as a map -> nothing, where its network can be trained and compared.

    It is built, counted without weights, trained for a step on the CPU, evaluated and restored, for
    images (in_channels, image_size, image_size). Code of a file, MODULE:NAME, is looked for in
    `folder`. Raises AssertionError for a rule that it breaks, SpecError for what no study may
    write.
    """
    look_for_code(folder)
    shape = {"in_channels": in_channels, "classes": classes, "image_size": image_size}
    made = as_architecture(settings).resolve(**shape)
    json.dumps(network_of(made).canonical())  # a key is a hash of it
    module, images = build(made, seed=1), random_images(made, IMAGES)
    _check_weights(made, module)
    with torch.random.fork_rng(devices=[]):
        _check_training(made, module, images)
        _check_evaluation(made, module, images)


def _check_weights(made: Architecture, module: nn.Module) -> None:
    """Drawn under the seed alone, as many as are counted, and all of them kept."""
    same, again = module.state_dict(), build(made, seed=1).state_dict()
    for name, tensor in same.items():
        assert torch.equal(tensor, again[name]), f"{name}: must be the same under the same seed"
    counted, own = cost(made, batch_size=2).params, sum(p.numel() for p in module.parameters())
    rule = "must have the parameters that are counted on the meta device"
    assert own == counted, f"{rule}: {own:,}, counted {counted:,}"
    assert own, "must have parameters"


def _check_training(made: Architecture, module: nn.Module, images: Tensor) -> None:
    """A loss that follows from the seed, and gradients for every parameter."""
    labels = torch.arange(len(images)) % network_of(made).classes
    losses = []
    for _ in range(2):
        torch.manual_seed(2)
        fresh = build(made, seed=1)
        loss, logits = loss_and_logits(nn.functional.cross_entropy, fresh(images), labels)
        losses.append(float(loss.detach()))
    wanted = (len(images), network_of(made).classes)
    assert logits.shape == wanted, f"must give logits {wanted}, got {tuple(logits.shape)}"
    rule = "what it draws in training must come from torch's generator alone"
    assert losses[0] == losses[1], f"{rule}: losses {losses[0]} and {losses[1]} under one seed"
    loss.backward()  # type: ignore[no-untyped-call]
    for name, weight in fresh.named_parameters():
        assert weight.grad is not None, f"{name}: must get a gradient, or be a buffer"
        assert weight.grad.isfinite().all(), f"{name}: must have finite gradients"
    module.load_state_dict(fresh.state_dict())  # with running statistics that have moved


def _check_evaluation(made: Architecture, module: nn.Module, images: Tensor) -> None:
    """Each image for itself, and the same from weights that were saved."""
    module.eval()
    with torch.inference_mode():
        together = module(images)
        alone = torch.cat([module(image[None]) for image in images])
        again = module(images)
        restored = build(made, seed=3)
        restored.load_state_dict(module.state_dict())
        kept = restored.eval()(images)
    assert torch.equal(together, again), "must give the same logits twice in eval mode"
    rule = "in eval mode an image's logits must not depend on the others of its batch"
    assert torch.allclose(together, alone, rtol=1e-3, atol=1e-4), rule
    rule = "what it computes must follow from settings and state dict"
    assert torch.allclose(together, kept, rtol=1e-3, atol=1e-4), rule

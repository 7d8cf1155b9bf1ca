"""The contracts of code in a training step: a loss, an augmentation, an optimizer."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ablate.cells import Recipe
from ablate.errors import Fault, SpecError
from ablate.machine import look_for_code
from ablate.plugins import Chosen, made_optimizer, try_code
from ablate.text import from_plain, validate

Named = str | Mapping[str, Any]  # as a recipe has it: MODULE:NAME, or {from: MODULE:NAME, ...}
IMAGES = 6  # of a batch


def check_loss(loss: Named, *, classes: int = 10, folder: str | Path = ".") -> None:
    """A recipe's `loss:` -> nothing, where networks can be trained with it.

    Code of a file, MODULE:NAME, is looked for in `folder`. Raises AssertionError for a rule that it
    breaks, SpecError for what no study may write.
    """
    made = _chosen("loss", loss, folder, classes=classes).made()
    if isinstance(made, nn.Module):
        assert not [*made.parameters()], "must have no parameters: nothing trains them"
    logits = torch.randn(IMAGES, classes, generator=torch.Generator().manual_seed(0))
    logits.requires_grad_()
    labels = torch.arange(IMAGES) % classes
    found = made(logits, labels)
    again = made(logits, labels)
    assert torch.equal(found, again), "must follow from logits and labels alone"
    found.backward()
    gradient = logits.grad
    assert gradient is not None and gradient.isfinite().all(), "must have finite gradients"
    twice = made(logits.detach().repeat(2, 1), labels.repeat(2))
    rule = "must be a mean over images, as parts of a batch are weighted by their images"
    assert torch.allclose(twice, found.detach(), rtol=1e-4), rule


def check_augmentation(
    augmentation: Named, *, channels: int = 3, image_size: int = 32, folder: str | Path = "."
) -> None:
    """A recipe's `augmentation:` -> nothing, where cells with it can be interrupted and repeated.

    For images (channels, image_size, image_size). Otherwise as `check_loss`.
    """
    shape = channels, image_size, image_size
    made = _chosen("augmentation", augmentation, folder, shape=shape).made()
    images = torch.randn(IMAGES, *shape, generator=torch.Generator().manual_seed(0))
    found = []
    with torch.random.fork_rng(devices=[]):
        for _ in range(2):
            torch.manual_seed(1)
            found.append(made(images.clone()))
    rule = "what it draws must come from torch's generator alone"
    assert torch.equal(*found), rule
    assert found[0].isfinite().all(), "must give finite images"


def check_optimizer(optimizer: Named, *, lr: float = 0.01, folder: str | Path = ".") -> None:
    """A recipe's `optimizer:` -> nothing, where schedules and checkpoints go with it.

    It takes a few steps on a small convolutional network. Otherwise as `check_loss`.
    """
    chosen = _chosen("optimizer", optimizer, folder, lr=lr)
    network, made = _begun(chosen, lr)
    first = _copied(network)
    _step(network, made, 2)
    still = [name for name, weight in _copied(network).items() if torch.equal(weight, first[name])]
    assert not still, f"must move every weight, and leaves {', '.join(still)}"
    other, restored = _begun(chosen, lr)
    other.load_state_dict(network.state_dict())
    restored.load_state_dict(deepcopy(made.state_dict()))  # it shares tensors with what it loads
    for each, steps in ((network, made), (other, restored)):
        _step(each, steps, 2)
    rule = "must go on from its state dict as if it had not stopped"
    assert all(torch.equal(w, _copied(other)[n]) for n, w in _copied(network).items()), rule
    before = _copied(network)
    for group in made.param_groups:
        group["lr"] = 0.0
    _step(network, made, 1)
    rule = "must read the learning rate of its groups at each step, which a schedule changes"
    assert all(torch.equal(w, before[n]) for n, w in _copied(network).items()), rule


def _begun(chosen: Chosen, lr: float) -> tuple[nn.Module, Optimizer]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        conv = nn.Conv2d(1, 3, 3, bias=False)
        network = nn.Sequential(conv, nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(3 * 4 * 4, 5))
    return network, made_optimizer(chosen, network.parameters(), lr, 1e-4)


def _step(network: nn.Module, optimizer: Optimizer, times: int) -> None:
    images = torch.randn(IMAGES, 1, 6, 6, generator=torch.Generator().manual_seed(0))
    for _ in range(times):
        optimizer.zero_grad()
        logits = network(images)
        nn.functional.cross_entropy(logits, torch.arange(IMAGES) % 5).backward()  # type: ignore[no-untyped-call]
        optimizer.step()


def _copied(network: nn.Module) -> dict[str, Tensor]:
    return {name: weight.detach().clone() for name, weight in network.named_parameters()}


def _chosen(
    key: str,
    named: Named,
    folder: str | Path,
    *,
    shape: tuple[int, int, int] = (3, 32, 32),
    classes: int = 10,
    lr: float = 0.01,
) -> Chosen:
    """What a recipe has there, called once. Raises SpecError."""
    look_for_code(folder)
    faults: list[Fault] = []
    written = dict(named) if isinstance(named, Mapping) else named
    recipe = validate(Recipe, from_plain({"epochs": 1, key: written}, ""), (), faults)
    if recipe is None:
        raise SpecError(faults)
    try_code(recipe.plugged, shape=shape, classes=classes, lr=lr)
    return recipe.plugged[key]

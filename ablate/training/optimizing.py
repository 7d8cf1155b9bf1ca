"""A recipe -> the loss, torch's optimizer and its learning-rate schedule, by the step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch
from torch import Tensor, nn
from torch.optim import SGD, AdamW, Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler, MultiStepLR, OneCycleLR

from ablate.cells import Recipe
from ablate.plugins import made_optimizer

Called = TypeVar("Called", bound=Callable[..., Any])
# How an optimizer computes, which is a matter of where it runs and not of its state.
OF_THE_DEVICE = ("foreach", "fused", "capturable")


def make_optimizer(recipe: Recipe, module: nn.Module) -> Optimizer:
    """Weight decay is on every parameter, batch norm's and biases included, as in the paper.

    On a GPU all parameters move in one kernel, which may be part of a graph.
    """
    if chosen := recipe.plugged.get("optimizer"):
        return made_optimizer(chosen, module.parameters(), recipe.lr, recipe.weight_decay)
    fused = True if next(module.parameters()).is_cuda else None
    if recipe.optimizer == "adamw":
        return AdamW(
            module.parameters(),
            lr=recipe.lr,
            weight_decay=recipe.weight_decay,
            fused=fused,
            capturable=bool(fused),
        )
    sgd = SGD(
        module.parameters(),
        lr=recipe.lr,
        momentum=recipe.momentum,
        nesterov=recipe.nesterov,
        weight_decay=recipe.weight_decay,
        fused=fused,
    )
    if recipe.precision == "fp16" and recipe.momentum:
        # Where the scaler skips the first step, the fused kernel leaves momentum as it finds it:
        # in memory that nobody wrote.
        for weight in module.parameters():
            sgd.state[weight]["momentum_buffer"] = torch.zeros_like(weight)
    return sgd


def make_loss(recipe: Recipe, device: torch.device) -> Callable[[Tensor, Tensor], Tensor]:
    """Logits (B, classes) and labels (B,) -> the mean loss: cross-entropy, or a user's own."""
    chosen = recipe.plugged.get("loss")
    made = chosen.made() if chosen else nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)
    return on_device(made, device)


def on_device(made: Called, device: torch.device) -> Called:
    """What is called in a step, with the tensors that it has as a module on the device."""
    return made.to(device) if isinstance(made, nn.Module) else made


def reads_rate(optimizer: Optimizer) -> bool:
    """Whether its kernels can read the learning rate where it lies: as a number it would be part of
    a graph.
    """
    return all(group.get("fused") or group.get("capturable") for group in optimizer.param_groups)


def load_optimizer(optimizer: Optimizer, state: dict[str, Any]) -> None:
    """Take over a state dict, also one that was saved on another kind of device."""
    groups = [
        group | {name: own[name] for name in OF_THE_DEVICE if name in own}
        for own, group in zip(optimizer.param_groups, state["param_groups"], strict=True)
    ]
    optimizer.load_state_dict({**state, "param_groups": groups})


def make_schedule(recipe: Recipe, optimizer: Optimizer, steps: int) -> LRScheduler:
    """The learning rate over `steps` optimizer steps; stepped after each."""
    if recipe.schedule == "cosine":
        return CosineAnnealingLR(optimizer, T_max=steps)
    if recipe.schedule == "one_cycle":
        # A rise of exactly one step is 0 / 0 to torch; a hair more is that step at the low end.
        share = recipe.warmup + 1e-9 * (recipe.warmup * steps == 1)
        return OneCycleLR(
            optimizer,
            max_lr=[group["lr"] for group in optimizer.param_groups],
            total_steps=steps,
            pct_start=share,
            cycle_momentum=False,  # the recipe's momentum is what it says
        )
    drops = [max(1, round(share * steps)) for share in recipe.lr_drops]
    return MultiStepLR(optimizer, milestones=drops, gamma=recipe.lr_drop_factor)

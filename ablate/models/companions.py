"""Companions: classifiers in the middle of a network, there only for the losses they add.

A module that has them gives `WithCompanions` in training and plain logits in evaluation. What
trains a module, of whatever family, asks `loss_and_logits`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from torch import Tensor

Targets = TypeVar("Targets")  # labels, in whatever form the criterion takes them


class WithCompanions(NamedTuple):
    """What a module with companions gives in training."""

    logits: Tensor  # (batch, classes), all that it gives in evaluation
    companions: tuple[Tensor, ...]  # logits of each
    weight: float  # of each companion's loss


def loss_and_logits(
    criterion: Callable[[Tensor, Targets], Tensor], given: Tensor | WithCompanions, targets: Targets
) -> tuple[Tensor, Tensor]:
    """What a module gave in training -> (the loss to be lowered, the network's own logits)."""
    if isinstance(given, Tensor):
        return criterion(given, targets), given
    loss = criterion(given.logits, targets)
    for logits in given.companions:
        loss = loss + given.weight * criterion(logits, targets)
    return loss, given.logits

"""Exponential moving averages of weights, which are evaluated and kept in their place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


class Average:
    """The average of a module's weights and running statistics over the steps so far.

    Each step back counts `decay` times as much as the one after it. It begins at zero, and what is
    missing from the sum of all that counts is divided out where the average is looked at, as Adam
    does with its moments: so the first, random weights count no more than others.
    """

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        every = (*module.parameters(), *module.buffers())
        self.own = [tensor.detach() for tensor in every if tensor.is_floating_point()]
        self.sums = [torch.zeros_like(tensor) for tensor in self.own]

    def update(self) -> None:
        """Count what the module has now as one more step."""
        torch._foreach_lerp_(self.sums, self.own, 1 - self.decay)

    def settle(self, steps: int) -> None:
        """Put the average over so many steps into the module."""
        torch._foreach_copy_(self.own, self.sums)
        torch._foreach_div_(self.own, 1 - self.decay**steps)

    @contextmanager
    def in_place(self, steps: int) -> Iterator[None]:
        """The average over so many steps is in the module meanwhile, where graphs read it too."""
        before = [tensor.clone() for tensor in self.own]
        self.settle(steps)
        try:
            yield
        finally:
            torch._foreach_copy_(self.own, before)

    def load(self, sums: list[torch.Tensor]) -> None:
        """Go on from the `sums` of a checkpoint."""
        for own, saved in zip(self.sums, sums, strict=True):
            own.copy_(saved)

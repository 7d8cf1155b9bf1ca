"""A batch that goes through a network in parts: where it is cut, and what the parts share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import TypeVar

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

Part = TypeVar("Part")


def parts_of(images: int, accumulate: int) -> int:
    """Into how many parts a batch goes: `accumulate`, or as many as hold two images.

    Batch norm cannot train on one.
    """
    return max(1, min(accumulate, images // 2))


def cuts(length: int, number: int) -> list[slice]:
    """Where torch cuts so many things in a `number` of runs: the first are longer, or not empty."""
    size, longer = divmod(length, number)
    ends = [size * n + min(n, longer) for n in range(number + 1)]
    return [slice(start, end) for start, end in pairwise(ends)]


class RunningStatistics:
    """Running means and variances of a module's batch norms, where its batches come in parts.

    They move once a step, by the unweighted mean over the parts, so that they forget as fast as
    with whole batches, and do not depend on which part was last.
    """

    def __init__(self, module: nn.Module) -> None:
        norms = [m for m in module.modules() if isinstance(m, _BatchNorm) and m.track_running_stats]
        moving = [(norm.running_mean, norm.running_var) for norm in norms]
        self.moving = [tensor for pair in moving for tensor in pair if tensor is not None]
        self.counts = [n.num_batches_tracked for n in norms if n.num_batches_tracked is not None]

    def moved_apart(self, parts: Iterable[Part], number: int) -> Iterator[Part]:
        """The parts in turn, out of `number`, each begun with the statistics from before the step.

        Behind the last the statistics are the sum of what each came to, divided by `number`.
        """
        if not self.moving:
            yield from parts
            return
        before = [tensor.clone() for tensor in self.moving]
        steps = [tensor + 1 for tensor in self.counts]
        sums = [torch.zeros_like(tensor) for tensor in self.moving]
        for part in parts:
            torch._foreach_copy_(self.moving, before)
            yield part
            torch._foreach_add_(sums, self.moving)
        torch._foreach_div_(sums, number)
        torch._foreach_copy_(self.moving, sums)
        torch._foreach_copy_(self.counts, steps)

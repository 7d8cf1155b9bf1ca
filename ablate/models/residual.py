"""What the blocks of residual families share."""

from __future__ import annotations

from collections import OrderedDict

from ablate.models.layers import Modules, StochasticDepth
from ablate.networks import BlockKind, ResidualBlock


def convs_of(plan: ResidualBlock, kind: BlockKind) -> list[tuple[int, int, int, int]]:
    """(channels, made, kernel, stride) of the convs of a block's body."""
    if kind == "basic":
        return [
            (plan.in_channels, plan.width, 3, plan.stride),
            (plan.width, plan.out_channels, 3, 1),
        ]
    return [
        (plan.in_channels, plan.width, 1, 1),
        (plan.width, plan.width, 3, plan.stride),
        (plan.width, plan.out_channels, 1, 1),
    ]


def surviving(plan: ResidualBlock) -> Modules:
    """What ends the body of a block that may be dropped; nothing for one that always survives."""
    if plan.survival == 1:
        return OrderedDict()
    return OrderedDict(survive=StochasticDepth(plan.survival))

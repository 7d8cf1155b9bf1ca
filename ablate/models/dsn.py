"""Deeply supervised net: modules that follow a SupervisedNetwork's list.

Companion losses: arXiv 1409.5185.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from ablate.models.companions import WithCompanions
from ablate.models.layers import Modules
from ablate.models.plain import layer_modules
from ablate.models.weights import Rule, draw_weights
from ablate.networks import SupervisedNetwork


class Supervised(nn.Module):
    """Features that are a map per class, global average pool, and companions that read parts.

    A companion is global average pool, linear, behind the part of `features` that has its name.
    Evaluation does not run it.
    """

    def __init__(self, features: Modules, companions: Modules, weight: float, init: Rule) -> None:
        super().__init__()
        self.weight, self.init = weight, init
        self.features = nn.Sequential(features)
        self.companions = nn.ModuleDict(companions)

    def forward(self, images: Tensor) -> Tensor | WithCompanions:
        """(batch, channels, height, width) -> logits; in training those of companions, too."""
        maps, made = images, []
        for name, part in self.features.named_children():
            maps = part(maps)
            if self.training and name in self.companions:
                made.append(self.companions[name](maps.mean((2, 3))))
        logits = maps.mean((2, 3))
        return WithCompanions(logits, tuple(made), self.weight) if self.training else logits

    def init_weights(self, generator: torch.Generator) -> None:
        """Draw every parameter from `generator`, in place; those of companions last."""
        draw_weights(self, self.init, generator)

    def extra_repr(self) -> str:
        return f"weight={self.weight:g}"


def build(network: SupervisedNetwork) -> Supervised:
    """The layers of a network without companions, and a companion behind some of them."""
    companions: Modules = OrderedDict()
    for number in network.companions:
        before, channels = layer_modules(network.layers[:number], network.in_channels)
        companions[next(reversed(before))] = nn.Linear(channels, network.classes)
    features, _ = layer_modules(network.layers, network.in_channels)
    return Supervised(features, companions, network.companion_weight, network.init)

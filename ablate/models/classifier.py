"""What all families end in."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from ablate.models.weights import Rule, draw_weights


class Averaged(nn.Module):
    """Features that are a map per class, global average pool."""

    def __init__(self, features: OrderedDict[str, nn.Module], init: Rule) -> None:
        super().__init__()
        self.init = init
        self.features = nn.Sequential(features)

    def forward(self, images: Tensor) -> Tensor:
        """(batch, channels, height, width) -> logits (batch, classes)."""
        means: Tensor = self.features(images).mean((2, 3))
        return means

    def init_weights(self, generator: torch.Generator) -> None:
        """Draw every parameter from `generator`, in place."""
        draw_weights(self, self.init, generator)


class Classifier(Averaged):
    """Features, global average pool, linear."""

    def __init__(
        self, features: OrderedDict[str, nn.Module], channels: int, classes: int, init: Rule
    ) -> None:
        super().__init__(features, init)
        self.classifier = nn.Linear(channels, classes)

    def forward(self, images: Tensor) -> Tensor:
        """(batch, channels, height, width) -> logits (batch, classes)."""
        logits: Tensor = self.classifier(super().forward(images))
        return logits

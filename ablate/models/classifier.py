"""What families that end in one linear layer share."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from ablate.models.weights import Rule, draw_weights


class Classifier(nn.Module):
    """Features, global average pool, linear."""

    def __init__(
        self, features: OrderedDict[str, nn.Module], channels: int, classes: int, init: Rule
    ) -> None:
        super().__init__()
        self.init = init
        self.features = nn.Sequential(features)
        self.classifier = nn.Linear(channels, classes)

    def forward(self, images: Tensor) -> Tensor:
        """(batch, channels, height, width) -> logits (batch, classes)."""
        logits: Tensor = self.classifier(self.features(images).mean((2, 3)))
        return logits

    def init_weights(self, generator: torch.Generator) -> None:
        """Draw every parameter from `generator`, in place."""
        draw_weights(self, self.init, generator)

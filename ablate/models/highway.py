"""Highway network: modules that follow a HighwayNetwork's lists.

Highway layers: arXiv 1507.06228.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from ablate.models.classifier import Classifier
from ablate.models.layers import Modules
from ablate.networks import HighwayNetwork


class HighwayLayer(nn.Module):
    """gate x ReLU(conv) + (1 - gate) x input; the gate is the sigmoid of a conv of its own."""

    def __init__(self, channels: int, gate_bias: float) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)
        self.gate = nn.Conv2d(channels, channels, 3, padding=1)
        self.gate_bias = gate_bias

    def forward(self, maps: Tensor) -> Tensor:
        """Maps -> as many maps."""
        gate = torch.sigmoid(self.gate(maps))
        return torch.lerp(maps, torch.relu(self.conv(maps)), gate)

    def extra_repr(self) -> str:
        return f"gate_bias={self.gate_bias:g}"


class HighwayClassifier(Classifier):
    """A classifier whose gates start almost closed."""

    def init_weights(self, generator: torch.Generator) -> None:
        """Draw every parameter from `generator`, in place."""
        super().init_weights(generator)
        for module in self.modules():
            if isinstance(module, HighwayLayer):
                assert module.gate.bias is not None
                nn.init.constant_(module.gate.bias, module.gate_bias)


def build(network: HighwayNetwork) -> Classifier:
    """Stages of gated convs with 2x2 max pools between, 1x1 conv, global average pool, linear.

    A conv that changes the number of maps has no gate.
    """
    features: Modules = OrderedDict()
    channels, number = network.in_channels, 0
    for stage, widths in enumerate(network.stages, 1):
        for made in widths:
            number += 1
            if made == channels:
                features[f"highway{number}"] = HighwayLayer(channels, network.gate_bias)
            else:
                features[f"conv{number}"] = nn.Conv2d(channels, made, 3, padding=1)
                features[f"relu{number}"] = nn.ReLU(inplace=True)
            channels = made
        if stage < len(network.stages):
            features[f"pool{stage}"] = nn.MaxPool2d(2)
    features["head"] = nn.Conv2d(channels, network.head, 1)
    features["relu"] = nn.ReLU(inplace=True)
    return HighwayClassifier(features, network.head, network.classes, network.init)

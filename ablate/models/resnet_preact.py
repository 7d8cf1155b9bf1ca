"""Pre-activation ResNet for CIFAR: modules that follow a PreactNetwork's lists.

Identity mappings, arXiv 1603.05027, as in fb.resnet.torch's preresnet: where the shape changes, the
shortcut is a 1x1 conv on the pre-activated input.
"""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

from ablate.models.classifier import Classifier
from ablate.models.layers import Modules, conv, norm_relu
from ablate.models.residual import convs_of, surviving
from ablate.networks import PreactNetwork
from ablate.networks import ResidualBlock as BlockPlan


class ResidualBlock(nn.Module):
    """BN-ReLU, then conv-BN-ReLU-conv (1x1-3x3-1x1 for a bottleneck), plus the shortcut."""

    def __init__(self, plan: BlockPlan, network: PreactNetwork) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(plan.in_channels)
        self.relu = nn.ReLU(inplace=True)
        body: Modules = OrderedDict()
        for number, (channels, made, kernel, stride) in enumerate(convs_of(plan, network.block), 1):
            if number > 1:
                body |= norm_relu(str(number), channels)
                if network.dropout > 0:
                    body[f"dropout{number}"] = nn.Dropout(network.dropout)
            body[f"conv{number}"] = conv(channels, made, kernel, stride)
        self.body = nn.Sequential(body | surviving(plan))
        self.shortcut = (
            conv(plan.in_channels, plan.out_channels, 1, plan.stride)
            if plan.changes_shape
            else None
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Maps -> the maps that the next block reads, not yet normalised."""
        active = self.relu(self.norm(maps))
        shortcut = maps if self.shortcut is None else self.shortcut(active)
        total: Tensor = self.body(active) + shortcut
        return total


def build(network: PreactNetwork) -> Classifier:
    """3x3 conv, residual blocks, BN-ReLU, global average pool, linear."""
    features: Modules = OrderedDict()
    features["stem"] = conv(network.in_channels, network.stem_channels, 3)
    for number, plan in enumerate(network.blocks, 1):
        features[f"block{number}"] = ResidualBlock(plan, network)
    channels = network.blocks[-1].out_channels
    return Classifier(features | norm_relu("", channels), channels, network.classes, network.init)

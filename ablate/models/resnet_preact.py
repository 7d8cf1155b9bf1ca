"""Pre-activation ResNet for CIFAR: modules that follow a ResNetwork's lists.

Identity mappings, arXiv 1603.05027, as in fb.resnet.torch's preresnet: where the shape changes, the
shortcut is a 1x1 conv on the pre-activated input.
"""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

from ablate.models.classifier import Classifier
from ablate.spec.resnet_preact import ResidualBlock as BlockPlan
from ablate.spec.resnet_preact import ResNetwork


class ResidualBlock(nn.Module):
    """BN-ReLU, then conv-BN-ReLU-conv (1x1-3x3-1x1 for a bottleneck), plus the shortcut."""

    def __init__(self, plan: BlockPlan, convs: list[tuple[int, int, int, int]]) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(plan.in_channels)
        self.relu = nn.ReLU(inplace=True)
        body: OrderedDict[str, nn.Module] = OrderedDict()
        for number, (channels, made, kernel, stride) in enumerate(convs, 1):
            if number > 1:
                body[f"norm{number}"] = nn.BatchNorm2d(channels)
                body[f"relu{number}"] = nn.ReLU(inplace=True)
            body[f"conv{number}"] = _conv(channels, made, kernel, stride)
        self.body = nn.Sequential(body)
        changes = plan.stride != 1 or plan.in_channels != plan.out_channels
        self.shortcut = (
            _conv(plan.in_channels, plan.out_channels, 1, plan.stride) if changes else None
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Maps -> the maps that the next block reads, not yet normalised."""
        active = self.relu(self.norm(maps))
        shortcut = maps if self.shortcut is None else self.shortcut(active)
        total: Tensor = self.body(active) + shortcut
        return total


def build(network: ResNetwork) -> Classifier:
    """3x3 conv, residual blocks, BN-ReLU, global average pool, linear."""
    features: OrderedDict[str, nn.Module] = OrderedDict()
    features["stem"] = _conv(network.in_channels, network.stem_channels, 3, 1)
    for number, plan in enumerate(network.blocks, 1):
        features[f"block{number}"] = ResidualBlock(plan, _convs(network, plan))
    channels = network.blocks[-1].out_channels
    features["norm"] = nn.BatchNorm2d(channels)
    features["relu"] = nn.ReLU(inplace=True)
    return Classifier(features, channels, network.classes, network.init)


def _convs(network: ResNetwork, plan: BlockPlan) -> list[tuple[int, int, int, int]]:
    """(channels, made, kernel, stride) of the convs of a block's body."""
    if network.block == "basic":
        return [
            (plan.in_channels, plan.width, 3, plan.stride),
            (plan.width, plan.out_channels, 3, 1),
        ]
    return [
        (plan.in_channels, plan.width, 1, 1),
        (plan.width, plan.width, 3, plan.stride),
        (plan.width, plan.out_channels, 1, 1),
    ]


def _conv(channels: int, made: int, kernel: int, stride: int) -> nn.Conv2d:
    return nn.Conv2d(channels, made, kernel, stride=stride, padding=kernel // 2, bias=False)

"""Post-activation ResNet: modules that follow a ResNetwork's lists.

Deep residual learning, arXiv 1512.03385.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Literal

from torch import Tensor, nn
from torch.nn.functional import pad

from ablate.models.classifier import Classifier
from ablate.models.layers import Modules, conv, norm_relu, stem
from ablate.models.residual import convs_of, surviving
from ablate.networks import ResidualBlock as BlockPlan
from ablate.networks import ResNetwork


class PaddedShortcut(nn.Module):
    """Option A: every `stride`-th pixel, and maps of zeros behind; it has no parameters."""

    def __init__(self, plan: BlockPlan) -> None:
        super().__init__()
        self.stride = plan.stride
        self.zeros = plan.out_channels - plan.in_channels

    def forward(self, maps: Tensor) -> Tensor:
        """(batch, in, height, width) -> (batch, out, ceil(height / stride), ...)."""
        return pad(maps[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.zeros))


class ResidualBlock(nn.Module):
    """conv-BN-ReLU-conv-BN (1x1-3x3-1x1 for a bottleneck), plus the shortcut, ReLU."""

    def __init__(self, plan: BlockPlan, network: ResNetwork) -> None:
        super().__init__()
        convs = convs_of(plan, network.block)
        body: Modules = OrderedDict()
        for number, (channels, made, kernel, stride) in enumerate(convs, 1):
            body[f"conv{number}"] = conv(channels, made, kernel, stride)
            body |= norm_relu(str(number), made)
        del body[f"relu{len(convs)}"]  # the last one follows the sum
        self.body = nn.Sequential(body | surviving(plan))
        self.shortcut = _shortcut(plan, network.shortcut) if plan.changes_shape else None
        self.relu = nn.ReLU(inplace=True)

    def forward(self, maps: Tensor) -> Tensor:
        """Maps -> the maps that the next block reads, rectified."""
        shortcut = maps if self.shortcut is None else self.shortcut(maps)
        total: Tensor = self.relu(self.body(maps) + shortcut)
        return total


def build(network: ResNetwork) -> Classifier:
    """Stem with BN-ReLU, stages of residual blocks, global average pool, linear."""
    features: Modules = OrderedDict()
    features["stem"] = stem(
        network.stem, network.in_channels, network.stem_channels, activated=True
    )
    for stage, plans in enumerate(network.stages, 1):
        blocks = (ResidualBlock(plan, network) for plan in plans)
        features[f"stage{stage}"] = nn.Sequential(
            OrderedDict((f"block{number}", block) for number, block in enumerate(blocks, 1))
        )
    channels = network.stages[-1][-1].out_channels
    return Classifier(features, channels, network.classes, network.init)


def _shortcut(plan: BlockPlan, kind: Literal["A", "B"] | None) -> nn.Module:
    if kind == "A":
        return PaddedShortcut(plan)
    projection: Modules = OrderedDict()
    projection["conv"] = conv(plan.in_channels, plan.out_channels, 1, plan.stride)
    projection["norm"] = nn.BatchNorm2d(plan.out_channels)
    return nn.Sequential(projection)

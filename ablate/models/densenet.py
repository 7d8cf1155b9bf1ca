"""DenseNet: modules that follow a DenseNetwork's lists, whatever settings those came from.

Layers, transitions and stems: CVPR 2017, arXiv 1608.06993, and its authors' code.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from ablate.models.classifier import Classifier
from ablate.models.layers import Modules, conv, norm_relu, stem
from ablate.networks import DenseBlock as BlockPlan
from ablate.networks import DenseLayer as LayerPlan
from ablate.networks import DenseNetwork


class DenseLayer(nn.Sequential):
    """BN-ReLU-conv once or twice (post-activation: conv-BN-ReLU), on its sources concatenated."""

    def __init__(self, plan: LayerPlan, network: DenseNetwork) -> None:
        bottleneck = [] if plan.bottleneck is None else [(plan.bottleneck, 1)]
        units: Modules = OrderedDict()
        channels = plan.in_channels
        for number, (made, kernel) in enumerate([*bottleneck, (plan.growth, 3)], 1):
            units |= _unit(network, str(number), channels, made, kernel=kernel)
            channels = made
        super().__init__(units)
        self.sources = plan.sources


class DenseBlock(nn.Sequential):
    """Layers that each read some of the outputs before them; everything is concatenated."""

    def __init__(self, plan: BlockPlan, network: DenseNetwork) -> None:
        layers = (DenseLayer(layer, network) for layer in plan.layers)
        super().__init__(OrderedDict((f"layer{n}", layer) for n, layer in enumerate(layers, 1)))
        self.sources = [layer.sources for layer in plan.layers]
        self.reads_all = all(
            sources == tuple(range(number)) for number, sources in enumerate(self.sources, 1)
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Maps -> the same maps and those that the layers added."""
        if self.reads_all:
            # Each layer's input with its output behind it is the next one's: then gradients are
            # added up for all maps at once, and not map by map. The same numbers, 6% quicker.
            for layer in self:
                maps = torch.cat([maps, layer(maps)], 1)
            return maps
        outputs = [maps]
        for layer, sources in zip(self, self.sources, strict=True):
            outputs.append(layer(_concatenate([outputs[s] for s in sources])))
        return torch.cat(outputs, 1)


def build(network: DenseNetwork, kind: type[Classifier] = Classifier) -> Classifier:
    """Stem, dense blocks with transitions between them, (BN-ReLU,) global average pool, linear.

    `kind` may run the same modules in another way.
    """
    first = stem(
        network.stem,
        network.in_channels,
        network.stem_channels,
        activated=network.activation_order == "post",
    )
    features: Modules = OrderedDict(stem=first)
    for number, plan in enumerate(network.blocks, 1):
        features[f"block{number}"] = DenseBlock(plan, network)
        if number <= len(network.transitions):
            made = network.transitions[number - 1]
            features[f"transition{number}"] = _transition(network, plan.out_channels, made)
    channels = network.blocks[-1].out_channels
    if network.activation_order == "pre":
        features |= norm_relu("", channels)
    return kind(features, channels, network.classes, network.init)


def _concatenate(tensors: list[Tensor]) -> Tensor:
    # torch.cat copies even a single tensor.
    return torch.cat(tensors, 1) if len(tensors) > 1 else tensors[0]


def _unit(network: DenseNetwork, number: str, channels: int, made: int, *, kernel: int) -> Modules:
    """BN-ReLU-conv or conv-BN-ReLU, with dropout directly after the conv."""
    convolve: Modules = OrderedDict({f"conv{number}": conv(channels, made, kernel)})
    if network.dropout > 0:
        convolve[f"dropout{number}"] = nn.Dropout(network.dropout)
    if network.activation_order == "pre":
        return norm_relu(number, channels) | convolve
    return convolve | norm_relu(number, made)


def _transition(network: DenseNetwork, channels: int, made: int | None) -> nn.Module:
    """A unit with a 1x1 conv, or nothing, then 2x2 average pooling."""
    modules = OrderedDict() if made is None else _unit(network, "", channels, made, kernel=1)
    modules["pool"] = nn.AvgPool2d(2)
    return nn.Sequential(modules)

"""Networks without shortcuts: modules that follow a PlainNetwork's list."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable

from torch import nn

from ablate.models.classifier import Averaged
from ablate.models.layers import Modules
from ablate.networks import Conv, Dropout, Layer, PlainNetwork


def build(network: PlainNetwork) -> Averaged:
    """Convs with ReLU, pools and dropout in the order of the list, global average pool."""
    features, _ = layer_modules(network.layers, network.in_channels)
    return Averaged(features, network.init)


def layer_modules(layers: Iterable[Layer], channels: int) -> tuple[Modules, int]:
    """Layers and the maps they read -> their modules by name, and the maps these make."""
    modules: Modules = OrderedDict()
    numbers = Counter[str]()
    for layer in layers:
        name = type(layer).__name__.lower()
        numbers[name] += 1
        modules[f"{name}{numbers[name]}"] = _module(layer, channels)
        if isinstance(layer, Conv):
            modules[f"relu{numbers[name]}"] = nn.ReLU(inplace=True)
            channels = layer.made
    return modules, channels


def _module(layer: Layer, channels: int) -> nn.Module:
    if isinstance(layer, Conv):
        padding = layer.kernel // 2 if layer.padded else 0
        return nn.Conv2d(channels, layer.made, layer.kernel, stride=layer.stride, padding=padding)
    if isinstance(layer, Dropout):
        return nn.Dropout(layer.share)
    if layer.kind == "max":
        return nn.MaxPool2d(3, stride=2, ceil_mode=True)
    return nn.AvgPool2d(3, stride=2, ceil_mode=True)

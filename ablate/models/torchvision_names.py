"""Torchvision's DenseNets and ResNets: which is an architecture of ours, and its weights' names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ablate.errors import UsageError
from ablate.models.building import build, network_of
from ablate.networks import Architecture, DenseNetwork, Network, ResNetwork

# In the order they are tried; the first that matches the start of a name rewrites it.
_NAMES: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"features\.(conv|norm)0\.", r"features.stem.\1."),
    # The checkpoints that torchvision downloads still write norm.1 for norm1.
    (
        r"features\.denseblock(\d+)\.denselayer(\d+)\.(norm|conv)\.?(\d)\.",
        r"features.block\1.layer\2.\3\4.",
    ),
    (r"features\.norm5\.", r"features.norm."),
    # ResNets. Blocks are told apart by number, theirs from 0 and ours from 1.
    (r"conv1\.", r"features.stem.conv."),
    (r"bn1\.", r"features.stem.norm."),
    (r"layer(\d+)\.(\d+)\.conv(\d)\.", lambda m: f"{_block(m)}.body.conv{m[3]}."),
    (r"layer(\d+)\.(\d+)\.bn(\d)\.", lambda m: f"{_block(m)}.body.norm{m[3]}."),
    (r"layer(\d+)\.(\d+)\.downsample\.0\.", lambda m: f"{_block(m)}.shortcut.conv."),
    (r"layer(\d+)\.(\d+)\.downsample\.1\.", lambda m: f"{_block(m)}.shortcut.norm."),
    (r"fc\.", r"classifier."),
)
_NO_TWIN = (
    "torchvision has no network of this architecture: it has DenseNets with bottlenecks and "
    "compression 0.5, and ResNets, with the ImageNet stem and for images of three channels"
)


def _block(found: re.Match[str]) -> str:
    return f"features.stage{found[1]}.block{int(found[2]) + 1}"


def load_torchvision(module: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Copy the state dict of a torchvision DenseNet or ResNet into our module of the same one.

    Works for densenet121, 161, 169, 201 and for any torchvision `DenseNet`; for resnet18, 34, 50,
    101 and 152, which are `family: resnet` with the ImageNet stem. Raises UsageError where the two
    are not the same architecture.
    """
    renamed = {our_name(name): value for name, value in state.items()}
    try:
        module.load_state_dict(renamed)
    except RuntimeError as error:
        message = f"not the state dict of this architecture in torchvision: {error}"
        raise UsageError(message) from None


def our_name(name: str) -> str:
    """The name that torchvision gives a tensor -> ours."""
    for pattern, ours in _NAMES:
        found, count = re.subn("^" + pattern, ours, name)
        if count:
            return found
    return name


@dataclass(frozen=True)
class Twin:
    """Torchvision's network of an architecture of ours."""

    code: str  # the expression that makes it
    make: Callable[[], nn.Module]  # with weights at random, in training mode
    names: Mapping[str, str]  # of every tensor of its state dict -> ours


def torchvision_twin(architecture: Architecture) -> Twin:
    """The network of torchvision that computes what this architecture does.

    Raises UsageError where there is none.
    """
    kind, settings = _class_and_settings(network_of(architecture))
    if not kind:
        raise UsageError(_NO_TWIN)
    from torchvision import models

    if "block" in settings:
        settings["block"] = getattr(models.resnet, settings["block"])
    make = partial(getattr(models, kind), **settings)
    with torch.device("meta"):
        state = make().state_dict()
    try:
        load_torchvision(build(architecture, device="meta"), state)
    except UsageError:
        raise UsageError(_NO_TWIN) from None
    written = ", ".join(f"{key}={_expression(value)}" for key, value in settings.items())
    code = f"torchvision.models.{kind}({written})"
    return Twin(code, make, {name: our_name(name) for name in state})


def densenet_settings(network: DenseNetwork) -> dict[str, Any] | None:
    """What torchvision's and timm's `DenseNet` takes to be this one; None where it has none.

    Whether it is the same network in all, its names and shapes tell: what reads something else has
    another width.
    """
    first = network.blocks[0].layers[0]
    if first.bottleneck is None:
        return None
    return {
        "growth_rate": first.growth,
        "block_config": tuple(len(block.layers) for block in network.blocks),
        "bn_size": first.bottleneck // first.growth,
        "num_classes": network.classes,
    }


def _class_and_settings(network: Network) -> tuple[str, dict[str, Any]]:
    """Of torchvision's network that may be the same; an empty name where none can be."""
    if isinstance(network, DenseNetwork) and network.stem == "imagenet":
        settings = densenet_settings(network)
        if settings and network.activation_order == "pre":
            return "DenseNet", settings | {"num_init_features": network.stem_channels}
    if isinstance(network, ResNetwork) and network.stem == "imagenet":
        block = {"basic": "BasicBlock", "bottleneck": "Bottleneck"}[network.block]
        layers = [len(stage) for stage in network.stages]
        return "ResNet", {"block": block, "layers": layers, "num_classes": network.classes}
    return "", {}


def _expression(value: Any) -> str:
    """A setting as it is written in code."""
    return f"torchvision.models.resnet.{value.__name__}" if isinstance(value, type) else repr(value)

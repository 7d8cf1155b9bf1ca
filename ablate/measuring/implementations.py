"""Modules of one architecture, ours and other packages': the same function, written otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import torch
from torch import nn

from ablate.costs import Step, trace_step
from ablate.errors import UsageError
from ablate.models import (
    build,
    densenet_settings,
    load_torchvision,
    network_of,
    our_name,
    random_images,
)
from ablate.networks import IMPLEMENTATIONS, Architecture, DenseNet, DenseNetwork, Implementation


def why_not(name: str, architecture: Architecture, device: str | torch.device) -> str:
    """What keeps an implementation from running an architecture there; empty where nothing does."""
    implementation, device = IMPLEMENTATIONS[name], torch.device(device)
    if implementation.is_captured and device.type != "cuda":
        return "CUDA graphs need a GPU"
    if implementation.package == "ablate":
        is_theirs = not implementation.is_efficient or _is_efficient(architecture)
        return "" if is_theirs else "memory mode efficient does not know this network"
    if find_spec(implementation.package) is None:
        return f"{implementation.package} is not installed"
    with torch.device("meta"):
        theirs = _theirs(implementation, architecture)
    if theirs is None:
        return f"{implementation.package} has no such network"
    return ""


def build_as(
    name: str, architecture: Architecture, *, device: str | torch.device = "cpu", seed: int = 0
) -> nn.Module:
    """An implementation's module of an architecture, in training mode and its memory format.

    All implementations have the same weights, drawn from `seed`; on "meta" there are none. How a
    step is run (captured, compiled) is no matter of the module. Raises UsageError where there is
    no such module.
    """
    implementation = IMPLEMENTATIONS[name]
    memory = "efficient" if implementation.is_efficient else "fast"
    module = build(architecture, memory=memory, seed=seed, device=device)
    if implementation.package != "ablate":
        with torch.device("meta"):
            theirs = _theirs(implementation, architecture)
        if theirs is None:
            raise UsageError(f"{name}: {implementation.package} has no such network")
        if torch.device(device).type != "meta":
            _copy_weights(module, theirs.to_empty(device=device))
        module = theirs.train()
    if implementation.channels_last:
        module.to(memory_format=torch.channels_last)
    return module


def count(name: str, architecture: Architecture, batch_size: int) -> Step:
    """A step of an implementation, counted on the meta device."""
    images = random_images(architecture, batch_size, device="meta")
    return trace_step(build_as(name, architecture, device="meta"), images, by_layer=False)


def _is_efficient(architecture: Architecture) -> bool:
    ours = build(architecture, memory="efficient", device="meta")
    return type(ours) is not type(build(architecture, device="meta"))


def _theirs(implementation: Implementation, architecture: Architecture) -> nn.Module | None:
    """The package's module of exactly this architecture, if it has one; made on torch's device."""
    network = network_of(architecture)
    if not isinstance(architecture, DenseNet) or not isinstance(network, DenseNetwork):
        return None
    settings = densenet_settings(network)
    if settings is None or network.dropout:  # they drop after the second conv alone
        return None
    make = {"torchvision": _of_torchvision, "timm": _of_timm}[implementation.package]
    theirs = make(network, settings | {"memory_efficient": implementation.is_efficient})
    if network.stem == "cifar":
        _put_cifar_stem(theirs, network)
    try:
        load_torchvision(build(architecture, device="meta"), theirs.state_dict())
    except UsageError:
        return None
    return theirs


def _of_torchvision(network: DenseNetwork, settings: Mapping[str, Any]) -> nn.Module:
    from torchvision.models import DenseNet as Theirs

    return Theirs(num_init_features=network.stem_channels, **settings)


def _of_timm(network: DenseNetwork, settings: Mapping[str, Any]) -> nn.Module:
    from timm.models.densenet import DenseNet as Theirs

    theirs: nn.Module = Theirs(in_chans=network.in_channels, **settings)
    return theirs


def _put_cifar_stem(theirs: nn.Module, network: DenseNetwork) -> None:
    """A 3x3 conv in place of the ImageNet stem, which is the only one that they have."""
    features = theirs.get_submodule("features")
    conv = nn.Conv2d(network.in_channels, network.stem_channels, 3, padding=1, bias=False)
    features.add_module("conv0", conv)
    for name in ("norm0", "relu0", "pool0"):
        if hasattr(features, name):
            features.add_module(name, nn.Identity())


@torch.no_grad()
def _copy_weights(ours: nn.Module, theirs: nn.Module) -> None:
    state = ours.state_dict()
    for name, tensor in theirs.state_dict().items():
        tensor.copy_(state[our_name(name)])

"""The registry of architecture families: name -> settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ablate.errors import Fault, SpecError, UsageError
from ablate.networks.all_cnn import AllCNN
from ablate.networks.architecture import Architecture
from ablate.networks.densenet import DenseNet
from ablate.networks.dsn import DeeplySupervisedNet
from ablate.networks.fractalnet import FractalNet
from ablate.networks.highway import Highway
from ablate.networks.nin import NetworkInNetwork
from ablate.networks.resnet import ResNet
from ablate.networks.resnet_preact import ResNetPreact
from ablate.networks.wide_resnet import WideResNet
from ablate.text import Node, Path, from_plain, nearest, show, validate

FAMILIES: dict[str, type[Architecture]] = {
    "all_cnn": AllCNN,
    "densenet": DenseNet,
    "dsn": DeeplySupervisedNet,
    "fractalnet": FractalNet,
    "highway": Highway,
    "nin": NetworkInNetwork,
    "resnet": ResNet,
    "resnet_preact": ResNetPreact,
    "wide_resnet": WideResNet,
}


def architecture(**settings: Any) -> Architecture:
    """`family=` and its settings -> architecture. Raises SpecError with every fault."""
    faults: list[Fault] = []
    found = read_architecture(from_plain(settings, ""), (), faults)
    if found is None:
        raise SpecError(faults)
    return found


def as_architecture(given: Any) -> Architecture:
    """An architecture, or the plain map of one -> architecture.

    Raises SpecError with every fault of a map, UsageError for what is neither.
    """
    if isinstance(given, Architecture):
        return given
    if not isinstance(given, Mapping):
        rule = "must be an architecture or a map like {'family': 'densenet', 'depth': 40}"
        raise UsageError(f"architecture: {rule}, got {show(given)}; load_architecture reads files")
    faults: list[Fault] = []
    found = read_architecture(from_plain(dict(given), "architecture"), (), faults)
    if found is None:
        raise SpecError(faults)
    return found


def read_architecture(
    tree: Node, path: Path, faults: list[Fault], extra: dict[str, Any] | None = None
) -> Architecture | None:
    """The map at `path` in `tree` as an architecture; None with its faults appended."""
    model = family_of(tree, path, faults)
    return validate(model, tree, path, faults, extra) if model else None


def family_of(tree: Node, path: Path, faults: list[Fault]) -> type[Architecture] | None:
    """The settings class that the map at `path` names; None with a fault appended."""
    part = tree.at(path)
    if not isinstance(part.value, dict):
        message = f"must be a map of settings, got {show(part.plain())}"
        faults.append(tree.fault(path, message))
        return None
    name = part.get("family")
    if name is None:
        message = f"required key is missing; one of {', '.join(FAMILIES)}"
        faults.append(tree.fault((*path, "family"), message))
        return None
    if not isinstance(name.value, str) or name.value not in FAMILIES:
        message = f"unknown family {show(name.plain())}{nearest(show(name.plain()), FAMILIES)}"
        faults.append(tree.fault((*path, "family"), message))
        return None
    return FAMILIES[name.value]

"""The registry of architecture families: name -> settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

from ablate.errors import SpecError, UsageError
from ablate.machine import look_for_code
from ablate.networks.all_cnn import AllCNN
from ablate.networks.architecture import Architecture
from ablate.networks.code import GROUP, code_family
from ablate.networks.densenet import DenseNet
from ablate.networks.dsn import DeeplySupervisedNet
from ablate.networks.fractalnet import FractalNet
from ablate.networks.highway import Highway
from ablate.networks.library import LibraryArchitecture
from ablate.networks.nin import NetworkInNetwork
from ablate.networks.resnet import ResNet
from ablate.networks.resnet_preact import ResNetPreact
from ablate.networks.wide_resnet import WideResNet
from ablate.plugins import LIBRARIES, NoSuchCode, entry_points, is_code
from ablate.text import Path, Reader, from_plain, nearest, read_file, read_yaml, show

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
    return _whole(Reader(from_plain(settings, "")))


def as_architecture(given: Any) -> Architecture:
    """An architecture, or the plain map of one -> architecture.

    Raises SpecError with every fault of a map, UsageError for what is neither.
    """
    if isinstance(given, Architecture):
        return given
    if not isinstance(given, Mapping):
        rule = "must be an architecture or a map like {'family': 'densenet', 'depth': 40}"
        raise UsageError(f"architecture: {rule}, got {show(given)}; load_architecture reads files")
    return _whole(Reader(from_plain(dict(given), "architecture")))


def load_architecture(source: str | FilePath | Mapping[str, Any]) -> Architecture:
    """A file, YAML text like `{family: densenet, depth: 40}`, or a map -> architecture.

    Raises SpecError with every fault, UsageError for a file that cannot be read.
    """
    if isinstance(source, Mapping):
        return as_architecture(source)
    text = str(source)
    is_text = isinstance(source, str) and ("{" in text or "\n" in text)
    look_for_code(FilePath() if is_text else FilePath(text).parent)
    return _whole(Reader(read_yaml(text, "architecture") if is_text else read_file(source)))


def _whole(reader: Reader) -> Architecture:
    """The whole tree as an architecture. Raises SpecError."""
    found = read_architecture(reader, ())
    if found is None:
        raise SpecError(reader.faults)
    return found


def read_architecture(reader: Reader, path: Path = ()) -> Architecture | None:
    """The map at `path` as an architecture; None with faults."""
    model = family_of(reader, path)
    return reader.part(model, path) if model else None


def family_of(reader: Reader, path: Path) -> type[Architecture] | None:
    """The settings class that the map at `path` names; None with a fault."""
    part = reader.tree.at(path)
    if not isinstance(part.value, dict):
        reader.fault(path, f"must be a map of settings, got {show(part.plain())}")
        return None
    if part.get("family") is None:
        message = f"required key is missing; one of {', '.join([*FAMILIES, *LIBRARIES])}"
        reader.fault((*path, "family"), message)
        return None
    name = reader.plain(*path, "family")
    if isinstance(name, str) and name in FAMILIES:
        return FAMILIES[name]
    if name in LIBRARIES:
        return LibraryArchitecture
    known = [*FAMILIES, *LIBRARIES, *entry_points(GROUP)]
    if not isinstance(name, str) or not (is_code(name) or name in known):
        reader.fault((*path, "family"), f"unknown family {show(name)}{nearest(show(name), known)}")
        return None
    try:
        return code_family(name)
    except NoSuchCode as error:
        reader.fault((*path, "family"), str(error))
        return None

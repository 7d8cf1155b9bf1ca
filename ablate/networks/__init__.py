"""Families of networks: settings -> explicit lists. No torch."""

from ablate.networks.architecture import Architecture, Network
from ablate.networks.code import CodeArchitecture, CodeNetwork
from ablate.networks.connectivity import RULES
from ablate.networks.densenet import DenseBlock, DenseLayer, DenseNet, DenseNetwork
from ablate.networks.dsn import SupervisedNetwork
from ablate.networks.families import (
    FAMILIES,
    architecture,
    as_architecture,
    family_of,
    load_architecture,
    read_architecture,
)
from ablate.networks.fractalnet import FractalBlock, FractalNetwork
from ablate.networks.highway import HighwayNetwork
from ablate.networks.implementations import (
    IMPLEMENTATIONS,
    USUAL,
    Implementation,
    check_implementations,
)
from ablate.networks.library import LibraryArchitecture
from ablate.networks.plain import Conv, Dropout, Layer, PlainNetwork, Pool
from ablate.networks.readings import readings
from ablate.networks.residual import BlockKind, ResidualBlock
from ablate.networks.resnet import ResNetwork
from ablate.networks.resnet_preact import PreactNetwork, ResNetPreact
from ablate.plugins import LIBRARIES

__all__ = [
    "FAMILIES",
    "IMPLEMENTATIONS",
    "LIBRARIES",
    "RULES",
    "USUAL",
    "Architecture",
    "BlockKind",
    "CodeArchitecture",
    "CodeNetwork",
    "Conv",
    "DenseBlock",
    "DenseLayer",
    "DenseNet",
    "DenseNetwork",
    "Dropout",
    "FractalBlock",
    "FractalNetwork",
    "HighwayNetwork",
    "Implementation",
    "Layer",
    "LibraryArchitecture",
    "Network",
    "PlainNetwork",
    "Pool",
    "PreactNetwork",
    "ResNetPreact",
    "ResNetwork",
    "ResidualBlock",
    "SupervisedNetwork",
    "architecture",
    "as_architecture",
    "check_implementations",
    "family_of",
    "load_architecture",
    "read_architecture",
    "readings",
]

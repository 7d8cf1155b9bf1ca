"""A highway network for CIFAR, our reconstruction: arXiv 1507.06228, the one of 19 layers.

The paper says: 19 layers, about 2.3M parameters, shaped like FitNet-4 (arXiv 1412.6550) without
maxout, its linear layer replaced by a 1x1 conv and global average pooling, gates closed at first.
It does not say which layers are gated, nor their gates' kernels, nor this bias. Here all 3x3 convs
that keep the number of maps are gated, by 3x3 convs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ablate.networks.architecture import MOST_MAPS, Architecture, Network
from ablate.text import Real, Width

# Multiples of the width that the 3x3 convs make, max pooled after each stage but the last.
STAGES = ((2, 2, 2, 3, 3), (5,) * 6, (8,) * 6)
HEAD = 500  # maps of the 1x1 conv, FitNet-4's linear layer


@dataclass(frozen=True)
class HighwayNetwork(Network):
    """A highway network as lists: what the builder follows."""

    stages: tuple[tuple[int, ...], ...]  # maps that each 3x3 conv makes
    head: int
    gate_bias: float
    init: Literal["he_fan_out", "he_fan_in"]

    def canonical(self) -> dict[str, Any]:
        plain: dict[str, Any] = {
            "family": "highway",
            "input": [self.in_channels, self.image_size, self.classes],
            "stages": [list(stage) for stage in self.stages],
            "head": self.head,
            "gate_bias": self.gate_bias,
        }
        return plain if self.init == "he_fan_in" else plain | {"init": self.init}


class Highway(Architecture):
    """Highway network of 19 layers, reconstructed.

    It has no batch norm: at the learning rate of `densenet-2017` it does not train well; 0.01 is a
    start.
    """

    family: Literal["highway"] = "highway"
    width: Width = 16
    """w: stages of 2w and 3w, 5w, and 8w maps."""
    gate_bias: Real = -2.0
    """Of the gates at first: -2 lets an eighth of the conv through."""
    init: Literal["he_fan_out", "he_fan_in"] = "he_fan_in"
    """The paper does not say."""

    @classmethod
    def scales(cls, settings: Mapping[str, Any]) -> dict[str, Sequence[int]]:
        return {"width": range(1, MOST_MAPS + 1)}

    def vanishing(self) -> list[tuple[str, str]]:
        assert self.image_size is not None
        smallest = 2 ** (len(STAGES) - 1)
        if self.image_size >= smallest:
            return []
        message = f"must be >= {smallest}, or a feature map vanishes, got {self.image_size}"
        return [("image_size", message)]

    def network(self) -> HighwayNetwork:
        in_channels, classes, image_size = self.resolved_input()
        return HighwayNetwork(
            in_channels=in_channels,
            classes=classes,
            image_size=image_size,
            stages=tuple(tuple(self.width * multiple for multiple in stage) for stage in STAGES),
            head=HEAD,
            gate_bias=self.gate_bias,
            init=self.init,
        )

"""Networks without shortcuts, spelled out layer by layer: their last conv makes a map per class."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal

from ablate.networks.architecture import Network


@dataclass(frozen=True)
class Conv:
    """A conv with bias, and ReLU."""

    made: int
    kernel: int
    stride: int = 1
    padded: bool = True  # with kernel // 2 zeros

    def side(self, size: int) -> int:
        """Pixels a side -> pixels a side."""
        padding = self.kernel // 2 if self.padded else 0
        return (size + 2 * padding - self.kernel) // self.stride + 1

    def plain(self) -> list[Any]:
        return ["conv", self.made, self.kernel, self.stride, self.padded]


@dataclass(frozen=True)
class Pool:
    """3x3 pooling with stride 2; the last window may hang over the border."""

    kind: Literal["max", "average"]

    def side(self, size: int) -> int:
        """Pixels a side -> pixels a side."""
        return size // 2

    def plain(self) -> list[Any]:
        return [self.kind]


@dataclass(frozen=True)
class Dropout:
    """Of single values."""

    share: float

    def side(self, size: int) -> int:
        """Pixels a side -> pixels a side."""
        return size

    def plain(self) -> list[Any]:
        return ["dropout", self.share]


Layer = Conv | Pool | Dropout


@dataclass(frozen=True)
class PlainNetwork(Network):
    """A network as the list of its layers; the mean of each map of the last one is a logit."""

    layers: tuple[Layer, ...]  # those without effect are left out
    init: Literal["he_fan_out", "he_fan_in"]

    def canonical(self) -> dict[str, Any]:
        plain: dict[str, Any] = {
            "family": "plain",
            "input": [self.in_channels, self.image_size, self.classes],
            "layers": [layer.plain() for layer in self.layers],
        }
        return plain if self.init == "he_fan_in" else plain | {"init": self.init}


def working(layers: Iterable[Layer]) -> tuple[Layer, ...]:
    """The layers without dropout of nothing."""
    return tuple(layer for layer in layers if layer != Dropout(0.0))


def too_small(layers: Iterable[Layer], image_size: int) -> list[tuple[str, str]]:
    """The broken rule of images of which some layer would leave no pixel; else nothing."""
    layers = tuple(layers)
    if _keeps_pixels(layers, image_size):
        return []
    smallest = next(size for size in count(image_size) if _keeps_pixels(layers, size))
    message = f"must be >= {smallest}, or a feature map vanishes, got {image_size}"
    return [("image_size", message)]


def _keeps_pixels(layers: Iterable[Layer], size: int) -> bool:
    for layer in layers:
        size = layer.side(size)
        if size < 1:
            return False
    return True

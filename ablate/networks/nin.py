"""Network in Network: arXiv 1312.4400, convs followed by 1x1 convs, and no linear layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ablate.networks.architecture import MOST_MAPS, Architecture
from ablate.networks.plain import Conv, Dropout, Layer, PlainNetwork, Pool, too_small, working
from ablate.text import Share, Width


class NetworkInNetwork(Architecture):
    """The CIFAR network of three mlpconv layers; the default is Table 2's.

    It has no batch norm: at the learning rate of `densenet-2017` it does not train well; 0.01 is a
    start.
    """

    family: Literal["nin"] = "nin"
    width: Width = 192
    """Maps of most convs; the first two 1x1 convs make 5/6 and 1/2 of them."""
    dropout: Share = 0.5
    """Behind the first two mlpconv layers, pooled."""
    init: Literal["he_fan_out", "he_fan_in"] = "he_fan_in"
    """The paper does not say."""

    @classmethod
    def scales(cls, settings: Mapping[str, Any]) -> dict[str, Sequence[int]]:
        return {"width": range(1, MOST_MAPS + 1)}

    def _layers(self, classes: int) -> tuple[Layer, ...]:
        return mlpconvs(self.width, self.dropout, classes)

    def vanishing(self) -> list[tuple[str, str]]:
        _, classes, image_size = self.resolved_input()
        return too_small(self._layers(classes), image_size)

    def network(self) -> PlainNetwork:
        in_channels, classes, image_size = self.resolved_input()
        return PlainNetwork(in_channels, classes, image_size, self._layers(classes), self.init)


def mlpconvs(width: int, dropout: float, classes: int) -> tuple[Layer, ...]:
    """The network's layers, without dropout of nothing."""
    w = width
    layers = (
        *(Conv(w, 5), Conv(max(1, 5 * w // 6), 1), Conv(max(1, w // 2), 1)),
        *(Pool("max"), Dropout(dropout)),
        *(Conv(w, 5), Conv(w, 1), Conv(w, 1)),
        *(Pool("average"), Dropout(dropout)),
        *(Conv(w, 3), Conv(w, 1), Conv(classes, 1)),
    )
    return working(layers)

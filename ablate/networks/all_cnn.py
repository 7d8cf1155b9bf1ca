"""The all convolutional net: arXiv 1412.6806, model All-CNN-C, where strided convs pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ablate.networks.architecture import MOST_MAPS, Architecture
from ablate.networks.plain import Conv, Dropout, Layer, PlainNetwork, too_small, working
from ablate.text import Share, Width


class AllCNN(Architecture):
    """All-CNN-C; the default is Table 2's.

    It has no batch norm: at the learning rate of `densenet-2017` it does not train well; 0.01 is a
    start.
    """

    family: Literal["all_cnn"] = "all_cnn"
    width: Width = 96
    """Maps of the first three convs; the others make twice as many."""
    input_dropout: Share = 0.2
    """Of the images' values."""
    dropout: Share = 0.5
    """Behind both strided convs."""
    init: Literal["he_fan_out", "he_fan_in"] = "he_fan_in"
    """The paper does not say."""

    @classmethod
    def scales(cls, settings: Mapping[str, Any]) -> dict[str, Sequence[int]]:
        return {"width": range(1, MOST_MAPS + 1)}

    def _layers(self, classes: int) -> tuple[Layer, ...]:
        w = self.width
        layers = (
            *(Dropout(self.input_dropout), Conv(w, 3), Conv(w, 3)),
            *(Conv(w, 3, stride=2), Dropout(self.dropout), Conv(2 * w, 3), Conv(2 * w, 3)),
            *(Conv(2 * w, 3, stride=2), Dropout(self.dropout)),
            # Without padding: the paper averages 6 x 6 pixels of 32 x 32.
            *(Conv(2 * w, 3, padded=False), Conv(2 * w, 1), Conv(classes, 1)),
        )
        return working(layers)

    def vanishing(self) -> list[tuple[str, str]]:
        _, classes, image_size = self.resolved_input()
        return too_small(self._layers(classes), image_size)

    def network(self) -> PlainNetwork:
        in_channels, classes, image_size = self.resolved_input()
        return PlainNetwork(in_channels, classes, image_size, self._layers(classes), self.init)

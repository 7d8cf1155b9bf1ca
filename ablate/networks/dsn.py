"""A deeply supervised net for CIFAR, our reconstruction: arXiv 1409.5185, on Network in Network.

The paper says: hidden layers have classifiers of their own, the companions, whose losses are added
to the output's in training, with a weight that fades; on CIFAR the network is that of arXiv
1312.4400. The authors' configuration (github.com/s9xie/DSN) has three linear companions with
squared hinge loss, softmax for CIFAR-100 and SVHN, each of every value that the first conv of an
mlpconv layer makes, at a thousandth of the learning rate, and goes on without them later. Its
second pool takes the maximum and its last conv has no ReLU.

Here everything learns at one rate, at which a classifier of 200,000 values does not train. So the
network is family `nin`'s, companions stand where an mlpconv layer has been pooled and classify as
the network does, by the means of maps, and their loss is the recipe's. Their weight stays as it is
from the first step to the last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ablate.networks.architecture import MOST_MAPS, Architecture
from ablate.networks.nin import mlpconvs
from ablate.networks.plain import Layer, PlainNetwork, Pool, too_small
from ablate.text import Part, Share, Width


@dataclass(frozen=True)
class SupervisedNetwork(PlainNetwork):
    """A list of layers, and behind which of them there are companions: what the builder follows."""

    companions: tuple[int, ...]  # how many layers are before each
    companion_weight: float

    def canonical(self) -> dict[str, Any]:
        return super().canonical() | {
            "companions": list(self.companions),
            "companion_weight": self.companion_weight,
        }


class DeeplySupervisedNet(Architecture):
    """Network in Network with companion losses, reconstructed; without them it is family `nin`.

    It has no batch norm: at the learning rate of `densenet-2017` it does not train well; 0.01 is a
    start.
    """

    family: Literal["dsn"] = "dsn"
    width: Width = 192
    """Maps of most convs; the first two 1x1 convs make 5/6 and 1/2 of them."""
    dropout: Share = 0.5
    """Behind the first two mlpconv layers, pooled; companions read before it."""
    companion_weight: Part = 0.3
    """Of each companion's loss in the sum of losses. The default is that of other classifiers in
    the middle of a network, arXiv 1409.4842."""
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

    def network(self) -> SupervisedNetwork:
        in_channels, classes, image_size = self.resolved_input()
        layers = self._layers(classes)
        return SupervisedNetwork(
            in_channels=in_channels,
            classes=classes,
            image_size=image_size,
            layers=layers,
            init=self.init,
            companions=tuple(n for n, layer in enumerate(layers, 1) if isinstance(layer, Pool)),
            companion_weight=self.companion_weight,
        )

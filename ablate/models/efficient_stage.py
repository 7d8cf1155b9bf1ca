"""What mode `efficient` runs at once: a dense block's layers and what is behind them."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

Columns = slice | Tensor  # of a matrix: a slice where they are neighbours, else their numbers


@dataclass(frozen=True)
class LayerModules:
    """A pre-activation layer: BN-ReLU-conv, once or, with a bottleneck, twice."""

    columns: Columns  # that it reads, of the buffer
    norms: tuple[nn.BatchNorm2d, ...]
    convs: tuple[nn.Conv2d, ...]

    @property
    def parameters(self) -> list[Tensor]:
        return [
            tensor
            for norm, conv in zip(self.norms, self.convs, strict=True)
            for tensor in (norm.weight, norm.bias, conv.weight)
        ]


@dataclass(frozen=True)
class Stage:
    """What one function computes: layers, then BN-ReLU, pooling and a conv of everything.

    The mean of some pixels commutes with a 1x1 conv, which then has the fewer pixels to do.
    """

    layers: tuple[LayerModules, ...]
    norm: nn.BatchNorm2d  # of the transition, or the last
    pool: int  # side of the average pooling's window; 0: of the whole map
    conv: nn.Conv2d | None = None  # of the transition, 1x1

    @property
    def parameters(self) -> list[Tensor]:
        own = [tensor for layer in self.layers for tensor in layer.parameters]
        conv = [self.conv.weight] if self.conv else []
        return [*own, self.norm.weight, self.norm.bias, *conv]

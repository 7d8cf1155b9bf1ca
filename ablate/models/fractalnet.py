"""FractalNet: modules that follow a FractalNetwork's lists.

Fractal expansion, joins and drop-path: arXiv 1605.07648. The paper does not say where dropout is;
here it is between conv and batch norm.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ablate.models.classifier import Classifier
from ablate.models.layers import Modules, conv, norm_relu
from ablate.networks import FractalBlock as BlockPlan
from ablate.networks import FractalNetwork


@dataclass(frozen=True)
class Paths:
    """What is drawn for a whole network in a training step.

    Tensors from the device's default generator, as dropout's: nothing waits for a draw, and a step
    has the same operations whatever is drawn, so that it can be captured as a graph. Hence dropped
    columns are computed, too, and move their running statistics.
    """

    drop: float  # probability that an input of a join is dropped, where paths are local
    columns: int
    local: Tensor  # bool scalar: every join draws for itself; else a single column is trained
    column: Tensor  # int scalar: that column, from 0

    @classmethod
    def draw(cls, drop: float, columns: int, device: torch.device) -> Paths:
        """Local and global paths with equal probability."""
        local = torch.rand((), device=device) < 0.5
        return cls(drop, columns, local, torch.randint(columns, (), device=device))

    def weights(self, joined: int) -> Tensor:
        """Weight of each input of a join of the last `joined` columns: the mean of those kept.

        At least one is kept. Where the single column does not reach this join, all are: what the
        join makes is then not read by that column.
        """
        device = self.local.device
        numbers = torch.arange(joined, device=device)
        kept = torch.rand(joined, device=device) >= self.drop
        one = numbers == torch.randint(joined, (), device=device)
        kept = kept | (one & ~kept.any())
        single = numbers == self.column - (self.columns - joined)
        single = single | ~single.any()
        chosen = torch.where(self.local, kept, single).float()
        return chosen / chosen.sum()


class FractalBlock(nn.Sequential):
    """Columns side by side, column c of 2^(c-1) units, joined wherever several units end.

    A unit is conv(-dropout)-BN-ReLU. What a join makes is read by the next unit of every column
    that met there.
    """

    def __init__(self, plan: BlockPlan, columns: int) -> None:
        super().__init__(
            OrderedDict(
                (f"column{number}", _column(plan, 2 ** (number - 1)))
                for number in range(1, columns + 1)
            )
        )

    def forward(self, maps: Tensor, paths: Paths | None = None) -> Tensor:
        """Maps -> the last join's; with `paths` some inputs of joins are dropped."""
        columns = [list(column.children()) for column in self]
        read, steps = [maps] * len(columns), len(columns[-1])
        for step in range(1, steps + 1):
            # A unit of column c takes as many steps as the last column has units to each of c's.
            takes = [steps // len(units) for units in columns]
            ending = [c for c, taken in enumerate(takes) if step % taken == 0]
            joined = _join([columns[c][step // takes[c] - 1](read[c]) for c in ending], paths)
            for c in ending:
                read[c] = joined
        return read[-1]


class Fractals(nn.Sequential):
    """Fractal blocks, each followed by its pool; in training all drop the same paths."""

    def __init__(self, network: FractalNetwork) -> None:
        modules: Modules = OrderedDict()
        for number, plan in enumerate(network.blocks, 1):
            modules[f"block{number}"] = FractalBlock(plan, network.columns)
            modules[f"pool{number}"] = nn.MaxPool2d(2)
        super().__init__(modules)
        self.columns, self.drop_path = network.columns, network.drop_path

    def forward(self, maps: Tensor) -> Tensor:
        """Images -> the last block's maps, pooled."""
        paths = None
        if self.training and self.drop_path > 0:
            paths = Paths.draw(self.drop_path, self.columns, maps.device)
        for module in self:
            maps = module(maps, paths) if isinstance(module, FractalBlock) else module(maps)
        return maps

    def extra_repr(self) -> str:
        return f"drop_path={self.drop_path:g}"


def build(network: FractalNetwork) -> Classifier:
    """Fractal blocks with 2x2 max pools, global average pool, linear."""
    features: Modules = OrderedDict(fractals=Fractals(network))
    return Classifier(features, network.blocks[-1].out_channels, network.classes, network.init)


def _column(plan: BlockPlan, units: int) -> nn.Sequential:
    channels = [plan.in_channels] + [plan.out_channels] * (units - 1)
    return nn.Sequential(
        OrderedDict((f"unit{number}", _unit(plan, n)) for number, n in enumerate(channels, 1))
    )


def _unit(plan: BlockPlan, channels: int) -> nn.Sequential:
    modules: Modules = OrderedDict(conv=conv(channels, plan.out_channels, 3))
    if plan.dropout > 0:
        modules["dropout"] = nn.Dropout(plan.dropout)
    return nn.Sequential(modules | norm_relu("", plan.out_channels))


def _join(made: Sequence[Tensor], paths: Paths | None) -> Tensor:
    """The mean of the maps, or of those that are kept."""
    if len(made) == 1:
        return made[0]
    if paths is None:
        return _sum(made) / len(made)
    weights = paths.weights(len(made))
    return _sum([maps * weight for maps, weight in zip(made, weights, strict=True)])


def _sum(made: Sequence[Tensor]) -> Tensor:
    return sum(made[1:], made[0])

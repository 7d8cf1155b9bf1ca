"""Memory mode `efficient` of DenseNets: the same modules, run a dense block at a time."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import torch
from torch import Tensor, nn

from ablate.models.classifier import Classifier
from ablate.models.efficient_block import run_stage
from ablate.models.efficient_parts import Columns, LayerModules, Stage
from ablate.networks import DenseNetwork


def why_not_efficient(network: DenseNetwork) -> str:
    """What keeps a network from being run a block at a time; empty where nothing does."""
    if network.activation_order != "pre":
        return "post-activation layers keep other maps than their input"
    if network.dropout > 0:
        return "dropout would have to keep its masks"
    if any(made is None for made in network.transitions):
        return "layers of later blocks read earlier ones"
    return ""


class EfficientDenseNet(Classifier):
    """A DenseNet whose training step keeps each feature map once.

    Outside of training, with a batch norm that is frozen or unlike the others, and where a hook
    wants to see a module inside of a block, it runs as in mode `fast`.
    """

    def __init__(self, *settings: Any) -> None:
        super().__init__(*settings)
        # Numbers of columns by where they are: copied to a GPU once, for a copy makes it wait.
        self._gathered: dict[Hashable, Tensor] = {}

    def forward(self, images: Tensor) -> Tensor:
        """(batch, channels, height, width) -> logits (batch, classes)."""
        if not (torch.is_grad_enabled() and self.training and self._is_plain()):
            return super().forward(images)
        maps = self.features.get_submodule("stem")(images)
        names = dict(self.features.named_children())
        blocks = sum(name.startswith("block") for name in names)
        for number in range(1, blocks):
            transition = names[f"transition{number}"]
            norm, conv = transition.get_submodule("norm"), transition.get_submodule("conv")
            assert isinstance(conv, nn.Conv2d)
            stage = self._stage(names[f"block{number}"], norm, maps, pool=2, conv=conv)
            maps = run_stage(maps, stage)
        last = self._stage(names[f"block{blocks}"], names["norm"], maps, pool=0)
        logits: Tensor = self.classifier(run_stage(maps, last))
        return logits

    def _is_plain(self) -> bool:
        """Whether all batch norms train, and alike, and nobody watches a module inside."""
        parts = [module for module in self.features.modules() if module is not self.features]
        norms = [module for module in parts if isinstance(module, nn.BatchNorm2d)]
        kinds = {(norm.training, norm.eps, norm.momentum) for norm in norms}
        training, _, momentum = kinds.pop()
        is_alike = training and momentum is not None and not kinds
        return is_alike and not any(map(_is_watched, parts))

    def _stage(
        self,
        block: nn.Module,
        norm: nn.Module,
        maps: Tensor,
        *,
        pool: int,
        conv: nn.Conv2d | None = None,
    ) -> Stage:
        assert isinstance(norm, nn.BatchNorm2d)
        starts = [0, maps.shape[1]]
        layers = []
        for layer in block.children():
            sources: Any = layer.sources
            layers.append(_layer(layer, self._columns(sources, tuple(starts), maps.device)))
            starts.append(starts[-1] + layers[-1].convs[-1].out_channels)
        return Stage(tuple(layers), norm, pool, conv)

    def _columns(
        self, sources: tuple[int, ...], starts: tuple[int, ...], device: torch.device
    ) -> Columns:
        """The columns of some sources: a slice where they are neighbours, else their numbers."""
        if sources == tuple(range(sources[0], sources[-1] + 1)):
            return slice(starts[sources[0]], starts[sources[-1] + 1])
        key = (sources, starts, device)
        if key not in self._gathered:
            numbers = [n for source in sources for n in range(starts[source], starts[source + 1])]
            self._gathered[key] = torch.tensor(numbers, device=device)
        return self._gathered[key]


def _is_watched(module: nn.Module) -> bool:
    return bool(
        module._forward_hooks
        or module._forward_pre_hooks
        or module._backward_hooks
        or module._backward_pre_hooks
    )


def _layer(layer: nn.Module, columns: Columns) -> LayerModules:
    norms = tuple(module for module in layer.children() if isinstance(module, nn.BatchNorm2d))
    convs = tuple(module for module in layer.children() if isinstance(module, nn.Conv2d))
    return LayerModules(columns, norms, convs)

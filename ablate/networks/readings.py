"""Which maps each layer of a DenseNet reads, and by which tensor of its weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ablate.networks.densenet import DenseNetwork


@dataclass(frozen=True)
class Source:
    """Maps that were made at one place."""

    block: int  # from 1
    number: int  # 0: the block's input, s: layer s of the block
    width: int  # maps


@dataclass(frozen=True)
class Reading:
    """A layer, a transition or the classifier, with its sources in the order it reads them."""

    block: int  # from 1
    target: int  # 1..n: the block's layers, n + 1: what stands behind the block
    kind: Literal["layer", "transition", "classifier"]
    tensor: str  # of the conv, or the classifier, that first reads them
    sources: Sequence[Source]
    of_block: Sequence[Source]  # all that anything in the block reads

    @property
    def place(self) -> tuple[int, int, str]:
        return self.block, self.target, self.kind


def readings(network: DenseNetwork) -> Iterator[Reading]:
    """Everything that reads several sources, block by block."""
    entering = [Source(1, 0, network.stem_channels)]
    made = [*network.transitions, None]
    for block, (plan, width) in enumerate(zip(network.blocks, made, strict=True), 1):
        growths = [Source(block, n, layer.growth) for n, layer in enumerate(plan.layers, 1)]
        # What enters is one source, unless transitions only pool: then layers read through them.
        outputs = [entering, *([growth] for growth in growths)]
        everything = [*entering, *growths]
        for number, layer in enumerate(plan.layers, 1):
            read = [source for s in layer.sources for source in outputs[s]]
            name = f"features.block{block}.layer{number}.conv1.weight"
            yield Reading(block, number, "layer", name, read, everything)
        behind = len(plan.layers) + 1
        if block == len(network.blocks):
            name = "classifier.weight"
            yield Reading(block, behind, "classifier", name, everything, everything)
        elif width is not None:
            name = f"features.transition{block}.conv.weight"
            yield Reading(block, behind, "transition", name, everything, everything)
            entering = [Source(block + 1, 0, width)]
        else:
            entering = everything

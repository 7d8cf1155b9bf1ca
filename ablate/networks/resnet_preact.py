"""The pre-activation ResNet: identity mappings, arXiv 1603.05027, with the CIFAR stem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import model_validator

from ablate.networks.architecture import MOST_LAYERS, MOST_MAPS, Architecture, Network, off_scale
from ablate.networks.residual import (
    BlockKind,
    ResidualBlock,
    StageBlocks,
    both_given,
    convs_of_stages,
    plain_blocks,
    residual_stages,
    too_many_blocks,
)
from ablate.text import Part, Positive, Width, check_rules


@dataclass(frozen=True)
class PreactNetwork(Network):
    """A pre-activation ResNet as lists: what the builder follows.

    Where a block changes the shape its shortcut is a 1x1 conv.
    """

    stem_channels: int
    block: BlockKind
    blocks: tuple[ResidualBlock, ...]
    init: Literal["he_fan_out", "he_fan_in"]
    dropout: float = 0.0  # before each conv of a block but its first

    def canonical(self) -> dict[str, Any]:
        plain: dict[str, Any] = {
            "family": "resnet_preact",
            "input": [self.in_channels, self.image_size, self.classes],
            "stem": self.stem_channels,
            "block": self.block,
            **plain_blocks(self.blocks),
        }
        neutral = {"init": "he_fan_out", "dropout": 0.0}
        settings = {key: getattr(self, key) for key in neutral}
        return plain | {key: v for key, v in settings.items() if v != neutral[key]}


class ResNetPreact(Architecture):
    """Pre-activation ResNet for CIFAR: three stages by depth, or any number by stage_blocks."""

    family: Literal["resnet_preact"] = "resnet_preact"
    depth: Positive | None = None
    """6n + 2 basic, 9n + 2 bottleneck; either this or stage_blocks."""
    stage_blocks: StageBlocks | None = None
    """Blocks of each stage."""
    block: BlockKind = "bottleneck"
    """basic: two 3x3 convs; bottleneck: 1x1, 3x3, 1x1."""
    width: Width = 16
    """Maps of the first stage's 3x3 convs and of the stem; doubles by stage."""
    stochastic_depth: Part = 1.0
    """Survival of the last block, from 1 down linearly."""
    init: Literal["he_fan_out", "he_fan_in"] = "he_fan_out"
    """Normal weights, their variance by what a conv writes, or reads."""

    @model_validator(mode="after")
    def _rules(self) -> ResNetPreact:
        check_rules(filter(None, [self._broken()]))
        return self

    def _broken(self) -> tuple[str, str] | None:
        if self.depth is None and self.stage_blocks is None:
            return "depth", "give either depth or stage_blocks, got neither"
        if broken := both_given(self.depth, self.stage_blocks):
            return broken
        if self.depth is not None:
            step, when = convs_of_stages(self.block), f" with block: {self.block}"
            if message := off_scale(self.depth, step, 2, when):
                return "depth", message
        return too_many_blocks(self.depth, self._stages())

    def _stages(self) -> tuple[int, ...]:
        if self.stage_blocks is not None:
            return self.stage_blocks
        assert self.depth is not None
        return ((self.depth - 2) // convs_of_stages(self.block),) * 3

    @classmethod
    def scales(cls, settings: Mapping[str, Any]) -> dict[str, Sequence[int]]:
        found: dict[str, Sequence[int]] = {"width": range(1, MOST_MAPS + 1)}
        if settings.get("stage_blocks") is None:
            step = 6 if settings.get("block") == "basic" else 9
            found["depth"] = range(step + 2, step * (MOST_LAYERS // 3) + 3, step)
        return found

    def network(self) -> PreactNetwork:
        in_channels, classes, image_size = self.resolved_input()
        stages = residual_stages(
            self._stages(), self.width, self.width, self.block, self.stochastic_depth
        )
        return PreactNetwork(
            in_channels=in_channels,
            classes=classes,
            image_size=image_size,
            stem_channels=self.width,
            block=self.block,
            blocks=tuple(block for stage in stages for block in stage),
            init=self.init,
        )

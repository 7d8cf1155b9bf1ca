"""The pre-activation ResNet: identity mappings, arXiv 1603.05027, with the CIFAR stem."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ablate.spec.architecture import (
    MOST_LAYERS,
    MOST_MAPS,
    Architecture,
    Network,
    too_many,
)
from ablate.spec.validating import ListOf, Positive, check_rules

EXPANSION = 4  # a bottleneck block gives out four times the maps its 3x3 conv makes


@dataclass(frozen=True)
class ResidualBlock:
    """One residual block, spelled out. The shortcut is a 1x1 conv where the shape changes."""

    in_channels: int
    width: int  # maps of the 3x3 convs
    out_channels: int
    stride: int


@dataclass(frozen=True)
class ResNetwork(Network):
    """A pre-activation ResNet as lists: what the builder follows."""

    stem_channels: int
    block: Literal["basic", "bottleneck"]
    blocks: tuple[ResidualBlock, ...]
    init: Literal["he_fan_out", "he_fan_in"]

    def canonical(self) -> dict[str, Any]:
        plain: dict[str, Any] = {
            "family": "resnet_preact",
            "input": [self.in_channels, self.image_size, self.classes],
            "stem": self.stem_channels,
            "block": self.block,
            "blocks": [[b.in_channels, b.width, b.out_channels, b.stride] for b in self.blocks],
        }
        return plain if self.init == "he_fan_out" else plain | {"init": self.init}


class ResNetPreact(Architecture):
    """Pre-activation ResNet for CIFAR: three stages by depth, or any number by stage_blocks."""

    family: Literal["resnet_preact"] = "resnet_preact"
    depth: Positive | None = None  # 6n + 2 basic, 9n + 2 bottleneck; either this or stage_blocks
    stage_blocks: Annotated[ListOf[Positive], Field(min_length=1)] | None = None  # of each stage
    block: Literal["basic", "bottleneck"] = "bottleneck"  # two 3x3 convs, or 1x1-3x3-1x1
    width: Positive = 16  # maps of the first stage's 3x3 convs and of the stem; doubles by stage
    init: Literal["he_fan_out", "he_fan_in"] = "he_fan_out"

    @model_validator(mode="after")
    def _rules(self) -> ResNetPreact:
        check_rules(self._broken())
        return self

    def _broken(self) -> list[tuple[str, str]]:
        if (self.depth is None) == (self.stage_blocks is None):
            got = "neither" if self.depth is None else "both"
            return [("depth", f"give either depth or stage_blocks, got {got}")]
        if self.depth is not None and (message := self._indivisible(self.depth)):
            return [("depth", message)]
        if message := too_many(sum(self._stages())):
            return [("depth" if self.depth else "stage_blocks", message)]
        return []

    def _indivisible(self, depth: int) -> str | None:
        step = 6 if self.block == "basic" else 9
        count, rest = divmod(depth - 2, step)
        if count >= 1 and rest == 0:
            return None
        near = " and ".join(str(step * n + 2) for n in (count, count + 1) if n >= 1)
        rule = f"must be {step}n + 2 with block: {self.block}"
        return f"{rule}, got {depth}; nearest: {near or step + 2}"

    def _stages(self) -> tuple[int, ...]:
        if self.stage_blocks is not None:
            return self.stage_blocks
        assert self.depth is not None
        return ((self.depth - 2) // (6 if self.block == "basic" else 9),) * 3

    @classmethod
    def scales(cls, settings: Mapping[str, Any]) -> dict[str, Sequence[int]]:
        found: dict[str, Sequence[int]] = {"width": range(1, MOST_MAPS + 1)}
        if settings.get("stage_blocks") is None:
            step = 6 if settings.get("block") == "basic" else 9
            found["depth"] = range(step + 2, step * (MOST_LAYERS // 3) + 3, step)
        return found

    def vanishing(self) -> list[tuple[str, str]]:
        # A strided 3x3 conv with padding 1 leaves ceil(size / 2): no map ever vanishes.
        return []

    def network(self) -> ResNetwork:
        if self.in_channels is None or self.classes is None or self.image_size is None:
            raise ValueError("network() needs a resolved architecture: call resolve() first")
        blocks: list[ResidualBlock] = []
        channels = self.width
        for stage, count in enumerate(self._stages()):
            width = self.width * 2**stage
            out = width * (EXPANSION if self.block == "bottleneck" else 1)
            for number in range(count):
                stride = 2 if stage > 0 and number == 0 else 1
                blocks.append(ResidualBlock(channels, width, out, stride))
                channels = out
        return ResNetwork(
            in_channels=self.in_channels,
            classes=self.classes,
            image_size=self.image_size,
            stem_channels=self.width,
            block=self.block,
            blocks=tuple(blocks),
            init=self.init,
        )

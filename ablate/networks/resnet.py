"""The residual network: arXiv 1512.03385, conv-BN-ReLU, ReLU again behind the shortcut's sum.

A bottleneck that halves its maps does so in its 3x3 conv, as torchvision (ResNet v1.5); the paper
does it in the first 1x1 conv.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import model_validator

from ablate.networks.architecture import (
    IMAGENET_INPUT,
    MOST_LAYERS,
    MOST_MAPS,
    Architecture,
    Network,
    off_scale,
)
from ablate.networks.residual import (
    BlockKind,
    Stage,
    StageBlocks,
    both_given,
    convs_of_stages,
    plain_blocks,
    residual_stages,
    too_many_blocks,
)
from ablate.text import Part, Positive, Width, check_rules

IMAGENET: dict[int, tuple[BlockKind, tuple[int, ...]]] = {  # the paper's table 1
    18: ("basic", (2, 2, 2, 2)),
    34: ("basic", (3, 4, 6, 3)),
    50: ("bottleneck", (3, 4, 6, 3)),
    101: ("bottleneck", (3, 4, 23, 3)),
    152: ("bottleneck", (3, 8, 36, 3)),
}
DEPTHS = {"cifar": 110, "imagenet": 50}  # where neither depth nor stage_blocks is given
WIDTHS = {"cifar": 16, "imagenet": 64}


@dataclass(frozen=True)
class ResNetwork(Network):
    """A residual network as lists: what the builder follows."""

    stem: Literal["cifar", "imagenet"]
    stem_channels: int
    block: BlockKind
    shortcut: Literal["A", "B"] | None  # where the shape changes; None: it never does
    stages: tuple[Stage, ...]
    init: Literal["he_fan_out", "he_fan_in"]

    def canonical(self) -> dict[str, Any]:
        plain: dict[str, Any] = {
            "family": "resnet",
            "input": [self.in_channels, self.image_size, self.classes],
            "stem": [self.stem, self.stem_channels],
            "block": self.block,
            "shortcut": self.shortcut,
            **plain_blocks([block for stage in self.stages for block in stage]),
        }
        return plain if self.init == "he_fan_out" else plain | {"init": self.init}


class ResNet(Architecture):
    """Post-activation ResNet; the default is Table 2's ResNet-110.

    With stochastic_depth: 0.5 it is the same table's ResNet with stochastic depth.
    """

    family: Literal["resnet"] = "resnet"
    depth: Positive | None = None
    """6n + 2 basic, 9n + 2 bottleneck; null: 110, for ImageNet 50."""
    stage_blocks: StageBlocks | None = None
    """Blocks of each stage, in place of depth."""
    block: Literal["auto", "basic", "bottleneck"] = "auto"
    """auto: basic; for ImageNet as the depth's."""
    shortcut: Literal["auto", "A", "B"] = "auto"
    """A: strided, padded with zeros; B: 1x1 conv-BN."""
    width: Width | None = None
    """Maps of the first stage, doubles by stage; null: 16, for ImageNet 64."""
    stem: Literal["cifar", "imagenet"] = "cifar"
    """cifar: 3x3 conv; imagenet: 7x7 conv of stride 2 and max pool."""
    stochastic_depth: Part = 1.0
    """Survival of the last block, from 1 down linearly."""
    init: Literal["he_fan_out", "he_fan_in"] = "he_fan_out"
    """Normal weights, their variance by what a conv writes, or reads."""

    @model_validator(mode="after")
    def _rules(self) -> ResNet:
        check_rules(filter(None, [self._broken()]))
        return self

    def _broken(self) -> tuple[str, str] | None:
        if broken := both_given(self.depth, self.stage_blocks):
            return broken
        if self.stage_blocks is None:
            check = self._off_imagenet if self.stem == "imagenet" else self._off_cifar
            if broken := check(self._depth()):
                return broken
        return too_many_blocks(self.depth, self._stages())

    def _off_imagenet(self, depth: int) -> tuple[str, str] | None:
        if depth not in IMAGENET:
            valid = ", ".join(map(str, IMAGENET))
            rule = f"must be one of {valid} with the ImageNet stem (or give stage_blocks)"
            return "depth", f"{rule}, got {depth}"
        block, _ = IMAGENET[depth]
        if self.block in ("auto", block):
            return None
        rule = f"must be {block} with the ImageNet stem and depth {depth} (or give stage_blocks)"
        return "block", f"{rule}, got {self.block}"

    def _off_cifar(self, depth: int) -> tuple[str, str] | None:
        block = self._block()
        message = off_scale(depth, convs_of_stages(block), 2, f" with block: {block}")
        return ("depth", message) if message else None

    def _depth(self) -> int:
        return self.depth or DEPTHS[self.stem]

    def _width(self) -> int:
        return self.width or WIDTHS[self.stem]

    def _block(self) -> BlockKind:
        if self.block != "auto":
            return self.block
        if self.stem == "imagenet" and self.stage_blocks is None:
            return IMAGENET[self._depth()][0]
        return "basic"

    def _shortcut(self) -> Literal["A", "B"]:
        if self.shortcut != "auto":
            return self.shortcut
        return "B" if self.stem == "imagenet" else "A"

    def _stages(self) -> tuple[int, ...]:
        if self.stage_blocks is not None:
            return self.stage_blocks
        if self.stem == "imagenet":
            return IMAGENET[self._depth()][1]
        return ((self._depth() - 2) // convs_of_stages(self._block()),) * 3

    @classmethod
    def scales(cls, settings: Mapping[str, Any]) -> dict[str, Sequence[int]]:
        found: dict[str, Sequence[int]] = {"width": range(1, MOST_MAPS + 1)}
        if settings.get("stage_blocks") is not None:
            return found
        block = settings.get("block", "auto")
        if settings.get("stem") == "imagenet":
            of_block = [d for d, (kind, _) in IMAGENET.items() if block in ("auto", kind)]
            return found | {"depth": of_block}
        step = 9 if block == "bottleneck" else 6
        return found | {"depth": range(step + 2, step * (MOST_LAYERS // 3) + 3, step)}

    @classmethod
    def usual(cls, scale: str, settings: Mapping[str, Any]) -> int | None:
        if scale == "width":
            return WIDTHS["imagenet" if settings.get("stem") == "imagenet" else "cifar"]
        return super().usual(scale, settings)

    def usual_input(self) -> dict[str, int]:
        return IMAGENET_INPUT if self.stem == "imagenet" else super().usual_input()

    def automatic(self, dropout: float) -> dict[str, Any]:
        depth = None if self.stage_blocks else self._depth()
        found = {"block": self._block(), "shortcut": self._shortcut(), "width": self._width()}
        return {"depth": depth, **found}

    def network(self) -> ResNetwork:
        in_channels, classes, image_size = self.resolved_input()
        width, block = self._width(), self._block()
        stages = residual_stages(self._stages(), width, width, block, self.stochastic_depth)
        changes = any(one.changes_shape for stage in stages for one in stage)
        return ResNetwork(
            in_channels=in_channels,
            classes=classes,
            image_size=image_size,
            stem=self.stem,
            stem_channels=width,
            block=block,
            shortcut=self._shortcut() if changes else None,
            stages=stages,
            init=self.init,
        )

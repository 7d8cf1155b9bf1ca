"""The wide residual network: arXiv 1605.07146, pre-activation ResNets of few, wide layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ablate.networks.architecture import MOST_LAYERS, Architecture, off_scale, too_many
from ablate.networks.residual import residual_stages
from ablate.networks.resnet_preact import PreactNetwork
from ablate.text import MOST_WIDTH, Positive, Share, check_rules

STEM_CHANNELS = 16  # however wide the blocks are
WIDEST = 64  # factor that is solved for


class WideResNet(Architecture):
    """WRN-depth-widen_factor; the default is Table 2's WRN-28-10.

    The paper's networks with dropout have 0.3 on CIFAR and 0.4 on SVHN.
    """

    family: Literal["wide_resnet"] = "wide_resnet"
    depth: Positive = 28
    """6n + 4: the stem, 2n convs a stage, and a shortcut's conv in each."""
    widen_factor: Annotated[Positive, Field(le=MOST_WIDTH // 64)] = 10
    """k: stages of 16k, 32k and 64k maps."""
    dropout: Share = 0.0
    """Between the two convs of a block."""
    init: Literal["he_fan_out", "he_fan_in"] = "he_fan_in"
    """As the authors' PyTorch code."""

    @model_validator(mode="after")
    def _rules(self) -> WideResNet:
        message = off_scale(self.depth, 6, 4) or too_many(3 * self._blocks_per_stage())
        check_rules([("depth", message)] if message else [])
        return self

    def _blocks_per_stage(self) -> int:
        return (self.depth - 4) // 6

    @classmethod
    def scales(cls, settings: Mapping[str, Any]) -> dict[str, Sequence[int]]:
        depths = range(10, 6 * (MOST_LAYERS // 3) + 5, 6)
        return {"widen_factor": range(1, WIDEST + 1), "depth": depths}

    def network(self) -> PreactNetwork:
        in_channels, classes, image_size = self.resolved_input()
        width = STEM_CHANNELS * self.widen_factor
        stages = residual_stages((self._blocks_per_stage(),) * 3, STEM_CHANNELS, width, "basic")
        return PreactNetwork(
            in_channels=in_channels,
            classes=classes,
            image_size=image_size,
            stem_channels=STEM_CHANNELS,
            block="basic",
            blocks=tuple(block for stage in stages for block in stage),
            init=self.init,
            dropout=self.dropout,
        )

"""What the residual families share: blocks spelled out, and the rules from settings to them.

Stochastic depth: arXiv 1603.09382.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from ablate.networks.architecture import too_many
from ablate.text import ListOf, Positive

EXPANSION = 4  # a bottleneck block gives out four times the maps its 3x3 conv makes
BlockKind = Literal["basic", "bottleneck"]  # two 3x3 convs, or 1x1-3x3-1x1


StageBlocks = Annotated[ListOf[Positive], Field(min_length=1)]


@dataclass(frozen=True)
class ResidualBlock:
    """One residual block, spelled out."""

    in_channels: int
    width: int  # maps of the 3x3 convs
    out_channels: int
    stride: int
    survival: float = 1.0  # probability that its convs count in a training step

    @property
    def changes_shape(self) -> bool:
        """Whether its shortcut cannot be the identity."""
        return self.stride != 1 or self.in_channels != self.out_channels


Stage = tuple[ResidualBlock, ...]


def residual_stages(
    counts: Sequence[int], stem_channels: int, width: int, block: BlockKind, survival: float = 1.0
) -> tuple[Stage, ...]:
    """Blocks of each stage -> the blocks; widths double and maps are halved from stage to stage.

    `survival` is the last block's: block l of L has 1 - l / L (1 - survival), the linear decay of
    stochastic depth.
    """
    total = sum(counts)
    channels, number = stem_channels, 0
    stages: list[Stage] = []
    for stage, count in enumerate(counts):
        blocks: list[ResidualBlock] = []
        made = width * 2**stage
        out = made * (EXPANSION if block == "bottleneck" else 1)
        for first in (True, *(False,) * (count - 1)):
            number += 1
            stride = 2 if stage > 0 and first else 1
            alive = 1 - number / total * (1 - survival)
            blocks.append(ResidualBlock(channels, made, out, stride, alive))
            channels = out
        stages.append(tuple(blocks))
    return tuple(stages)


def plain_blocks(blocks: Sequence[ResidualBlock]) -> dict[str, Any]:
    """Blocks as a part of what a key hashes; survival only where some block may not."""
    plain: dict[str, Any] = {
        "blocks": [[b.in_channels, b.width, b.out_channels, b.stride] for b in blocks]
    }
    survivals = [b.survival for b in blocks]
    return plain if min(survivals) == 1 else plain | {"survivals": survivals}


def both_given(depth: int | None, stage_blocks: Sequence[int] | None) -> tuple[str, str] | None:
    """The broken rule where two settings say how deep a network is; else None."""
    if depth is None or stage_blocks is None:
        return None
    return "depth", "give either depth or stage_blocks, got both"


def too_many_blocks(depth: int | None, counts: Sequence[int]) -> tuple[str, str] | None:
    """The broken rule of a network that nobody can mean; else None."""
    message = too_many(sum(counts))
    return ("depth" if depth else "stage_blocks", message) if message else None


def convs_of_stages(block: BlockKind) -> int:
    """Convs that one more block in each of three stages adds: 6 or 9, the step of valid depths."""
    return 6 if block == "basic" else 9

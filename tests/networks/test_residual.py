"""Stages of residual blocks, written out by hand."""

from __future__ import annotations

from ablate.networks import ResidualBlock
from ablate.networks.residual import plain_blocks, residual_stages


def test_widths_double_and_maps_are_halved_from_stage_to_stage() -> None:
    assert residual_stages([2, 1], 8, 8, "basic") == (
        (ResidualBlock(8, 8, 8, 1), ResidualBlock(8, 8, 8, 1)),
        (ResidualBlock(8, 16, 16, 2),),
    )
    assert residual_stages([1, 2], 8, 4, "bottleneck") == (
        (ResidualBlock(8, 4, 16, 1),),
        (ResidualBlock(16, 8, 32, 2), ResidualBlock(32, 8, 32, 1)),
    )


def test_survival_decays_linearly_to_that_of_the_last_block() -> None:
    stages = residual_stages([2, 2], 8, 8, "basic", 0.5)
    survivals = [block.survival for stage in stages for block in stage]
    assert survivals == [0.875, 0.75, 0.625, 0.5]


def test_the_shape_changes_with_the_channels_or_the_stride() -> None:
    shapes = [(8, 8, 1), (8, 8, 2), (8, 16, 1)]
    changed = [ResidualBlock(i, 8, o, stride).changes_shape for i, o, stride in shapes]
    assert changed == [False, True, True]


def test_a_survival_that_is_certain_is_in_no_key() -> None:
    (certain,), (other,) = (residual_stages([1], 8, 8, "basic", p) for p in (1.0, 0.5))
    assert plain_blocks(certain) == {"blocks": [[8, 8, 8, 1]]}
    assert plain_blocks(other) == {"blocks": [[8, 8, 8, 1]], "survivals": [0.5]}

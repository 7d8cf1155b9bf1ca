"""The pre-activation ResNet: depth -> stages -> blocks."""

from __future__ import annotations

from typing import Any

import pytest

from ablate.errors import SpecError
from ablate.networks import PreactNetwork, ResidualBlock, ResNetPreact, architecture


def network(**settings: Any) -> PreactNetwork:
    made = architecture(family="resnet_preact", **settings).resolve()
    assert isinstance(made, ResNetPreact)
    return made.network()


@pytest.mark.parametrize(
    ("settings", "blocks"),
    [
        ({"depth": 20, "block": "basic"}, 9),
        ({"depth": 110, "block": "basic"}, 54),
        ({"depth": 164}, 54),
        ({"depth": 1001}, 333),
        ({"stage_blocks": [1, 2]}, 3),
    ],
)
def test_depth_becomes_blocks(settings: dict[str, Any], blocks: int) -> None:
    assert len(network(**settings).blocks) == blocks


def test_bottleneck_blocks_by_hand() -> None:
    assert network(stage_blocks=[2, 1], width=8).blocks == (
        ResidualBlock(in_channels=8, width=8, out_channels=32, stride=1),
        ResidualBlock(in_channels=32, width=8, out_channels=32, stride=1),
        ResidualBlock(in_channels=32, width=16, out_channels=64, stride=2),
    )


def test_basic_blocks_by_hand() -> None:
    assert network(stage_blocks=[1, 2], width=8, block="basic").blocks == (
        ResidualBlock(in_channels=8, width=8, out_channels=8, stride=1),
        ResidualBlock(in_channels=8, width=16, out_channels=16, stride=2),
        ResidualBlock(in_channels=16, width=16, out_channels=16, stride=1),
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"depth": 22}, "depth: must be 9n + 2 with block: bottleneck, got 22; nearest: 20 and 29"),
        (
            {"depth": 21, "block": "basic"},
            "depth: must be 6n + 2 with block: basic, got 21; nearest: 20 and 26",
        ),
        ({"depth": 2}, "depth: must be 9n + 2 with block: bottleneck, got 2; nearest: 11"),
        ({"depth": 9_000_002}, "depth: must come to at most 2000 layers, got 3000000"),
        ({}, "depth: give either depth or stage_blocks, got neither"),
        ({"depth": 20, "stage_blocks": [2]}, "depth: give either depth or stage_blocks, got both"),
        ({"stage_blocks": []}, "stage_blocks: must not be empty"),
        ({"stage_blocks": [0]}, "stage_blocks[0]: must be >= 1, got 0"),
        (
            {"depth": 20, "blocks": "basic"},
            "blocks: unknown key `blocks`. Did you mean `block`?",
        ),
    ],
)
def test_rules(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        architecture(family="resnet_preact", **settings)
    (fault,) = caught.value.faults
    assert f"{fault.key}: {fault.message}" == message


def test_two_spellings_of_one_network() -> None:
    assert network(depth=29) == network(stage_blocks=[3, 3, 3])


def test_a_single_pixel_does_not_vanish() -> None:
    assert ResNetPreact(depth=20).resolve(image_size=1).network().image_size == 1

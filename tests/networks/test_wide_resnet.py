"""Wide residual networks: depth and factor -> the pre-activation ResNet's blocks."""

from __future__ import annotations

from typing import Any

import pytest

from ablate.errors import SpecError
from ablate.networks import PreactNetwork, ResidualBlock, architecture


def network(**settings: Any) -> PreactNetwork:
    made = architecture(family="wide_resnet", **settings).resolve().network()
    assert isinstance(made, PreactNetwork)
    return made


def test_the_default_is_wrn_28_10() -> None:
    made = network()
    assert (len(made.blocks), made.stem_channels, made.dropout) == (12, 16, 0)
    assert made.blocks[0] == ResidualBlock(16, 160, 160, 1)
    assert made.blocks[-1] == ResidualBlock(640, 640, 640, 1)
    assert [block.stride for block in made.blocks].count(2) == 2


def test_dropout_is_the_blocks() -> None:
    assert network(dropout=0.3).dropout == 0.3


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"depth": 27}, "depth: must be 6n + 4, got 27; nearest: 22 and 28"),
        ({"depth": 4}, "depth: must be 6n + 4, got 4; nearest: 10"),
        ({"depth": 6_004}, "depth: must come to at most 2000 layers, got 3000"),
        ({"widen_factor": 0}, "widen_factor: must be >= 1, got 0"),
        ({"dropout": 1}, "dropout: must be < 1, got 1"),
    ],
)
def test_rules(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        network(**settings)
    (fault,) = caught.value.faults
    assert f"{fault.key}: {fault.message}" == message

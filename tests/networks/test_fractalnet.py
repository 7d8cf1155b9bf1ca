"""FractalNet: blocks, dropout per block, and its rules."""

from __future__ import annotations

from typing import Any

import pytest

from ablate.errors import SpecError
from ablate.networks import FractalBlock, FractalNetwork, architecture
from ablate.text import RuleErrors


def network(**settings: Any) -> FractalNetwork:
    made = architecture(family="fractalnet", **settings).resolve().network()
    assert isinstance(made, FractalNetwork)
    return made


def test_the_default_is_fractalnet_21() -> None:
    made = network()
    assert made.columns == 3
    assert [block.out_channels for block in made.blocks] == [64, 128, 256, 512, 512]
    # the longest column has four convs a block; the linear layer is the 21st
    assert len(made.blocks) * 2 ** (made.columns - 1) + 1 == 21


def test_a_block_reads_what_the_one_before_made() -> None:
    assert network(block_channels=[8, 16], dropout=[0, 0.1], in_channels=1).blocks == (
        FractalBlock(1, 8, 0.0),
        FractalBlock(8, 16, 0.1),
    )


def test_one_dropout_is_every_blocks() -> None:
    assert network(dropout=0.2) == network(dropout=[0.2] * 5)
    assert network(dropout=0.2).canonical() == network(dropout=[0.2] * 5).canonical()


def test_no_dropout_is_in_no_key() -> None:
    assert network(dropout=[0] * 5, drop_path=0).canonical() == network().canonical()
    assert set(network().canonical()) == {"family", "input", "columns", "blocks"}


def test_images_are_halved_once_a_block() -> None:
    with pytest.raises(RuleErrors) as caught:
        architecture(family="fractalnet").resolve(image_size=28)
    assert str(caught.value) == (
        "image_size: must be >= 32 for 5 blocks, or a feature map vanishes, got 28"
    )
    assert architecture(family="fractalnet", block_channels=[4] * 4).resolve(image_size=28)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"dropout": [0, 0.1]}, "dropout: must have 5 entries, one per block, got 2"),
        ({"dropout": 1}, "dropout: must be a number >= 0 and < 1 or a list of them, got 1"),
        ({"dropout": []}, "dropout: must be a number >= 0 and < 1 or a list of them, got []"),
        ({"columns": 1, "drop_path": 0.15}, "drop_path: must be 0 with one column, got 0.15"),
        ({"columns": 11}, "columns: must be <= 10, got 11"),
        (
            {"columns": 10, "block_channels": [8, 8]},
            "block_channels: must come to at most 2000 layers, got 2046",
        ),
        ({"block_channels": []}, "block_channels: must not be empty"),
    ],
)
def test_rules(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        network(**settings)
    (fault,) = caught.value.faults
    assert f"{fault.key}: {fault.message}" == message

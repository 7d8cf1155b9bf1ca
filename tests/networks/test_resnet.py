"""The post-activation ResNet: what its stem decides, depth -> stages, and its rules."""

from __future__ import annotations

from typing import Any

import pytest

from ablate.errors import SpecError
from ablate.networks import ResNetwork, architecture
from ablate.networks.resnet import ResNet


def resolved(**settings: Any) -> ResNet:
    made = architecture(family="resnet", **settings).resolve()
    assert isinstance(made, ResNet)
    return made


def network(**settings: Any) -> ResNetwork:
    return resolved(**settings).network()


def test_the_default_is_resnet_110_with_option_a() -> None:
    made = network()
    assert [len(stage) for stage in made.stages] == [18, 18, 18]
    assert (made.stem, made.stem_channels, made.block, made.shortcut) == ("cifar", 16, "basic", "A")
    assert made == network(depth=110, block="basic", shortcut="A", width=16, stage_blocks=None)


@pytest.mark.parametrize(
    ("depth", "block", "counts"),
    [
        (18, "basic", [2, 2, 2, 2]),
        (34, "basic", [3, 4, 6, 3]),
        (None, "bottleneck", [3, 4, 6, 3]),
        (101, "bottleneck", [3, 4, 23, 3]),
        (152, "bottleneck", [3, 8, 36, 3]),
    ],
)
def test_the_imagenet_stem_decides_the_rest(
    depth: int | None, block: str, counts: list[int]
) -> None:
    made = network(stem="imagenet", depth=depth)
    assert (made.stem_channels, made.block, made.shortcut) == (64, block, "B")
    assert [len(stage) for stage in made.stages] == counts
    assert (made.classes, made.image_size) == (1000, 224)


def test_what_was_decided_can_be_read_and_written() -> None:
    made = resolved(stem="imagenet")
    settings = (made.depth, made.block, made.shortcut, made.width)
    assert settings == (50, "bottleneck", "B", 64)
    assert resolved(stage_blocks=[1]).depth is None


def test_a_shortcut_that_nobody_needs_is_no_other_network() -> None:
    one, other = (network(stage_blocks=[3], shortcut=kind) for kind in "AB")
    assert one == other


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"depth": 111}, "depth: must be 6n + 2 with block: basic, got 111; nearest: 110 and 116"),
        (
            {"block": "bottleneck", "depth": 112},
            "depth: must be 9n + 2 with block: bottleneck, got 112; nearest: 110 and 119",
        ),
        (
            {"stem": "imagenet", "depth": 110},
            "depth: must be one of 18, 34, 50, 101, 152 with the ImageNet stem (or give "
            "stage_blocks), got 110",
        ),
        (
            {"stem": "imagenet", "depth": 50, "block": "basic"},
            "block: must be bottleneck with the ImageNet stem and depth 50 (or give "
            "stage_blocks), got basic",
        ),
        ({"depth": 20, "stage_blocks": [2]}, "depth: give either depth or stage_blocks, got both"),
        ({"depth": 12_002}, "depth: must come to at most 2000 layers, got 6000"),
        ({"stage_blocks": [3000]}, "stage_blocks: must come to at most 2000 layers, got 3000"),
        ({"stochastic_depth": 0}, "stochastic_depth: must be a number > 0 and <= 1, got 0"),
        ({"shortcut": "C"}, "shortcut: must be one of auto, A, B, got 'C'"),
        (
            {"block": "bottle"},
            "block: must be one of auto, basic, bottleneck, got 'bottle'. "
            "Did you mean `bottleneck`?",
        ),
    ],
)
def test_rules(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        architecture(family="resnet", **settings)
    (fault,) = caught.value.faults
    assert f"{fault.key}: {fault.message}" == message

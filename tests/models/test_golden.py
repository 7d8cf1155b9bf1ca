"""Parameter counts of the papers' networks, and a count by hand for every connectivity."""

from __future__ import annotations

from math import ceil, log2
from typing import Any

import pytest

from ablate.models import build
from ablate.networks import FAMILIES, DenseNet, architecture

BC: dict[str, Any] = {"bottleneck_width": 4, "compression": 0.5}


def count(architecture: Any) -> int:
    return sum(p.numel() for p in build(architecture, device="meta").parameters())


@pytest.mark.parametrize(
    ("depth", "growth_rate", "more", "parameters"),
    [
        (40, 12, {}, 1_019_722),
        (100, 12, {}, 6_979_642),
        (100, 24, {}, 27_249_082),
        (100, 12, BC, 769_162),
        (250, 24, BC, 15_324_406),
        (190, 40, BC, 25_624_430),
        (121, 32, {**BC, "stem": "imagenet"}, 7_978_856),
        (161, 48, {**BC, "stem": "imagenet"}, 28_681_000),
        (169, 32, {**BC, "stem": "imagenet"}, 14_149_480),
        (201, 32, {**BC, "stem": "imagenet"}, 20_013_928),
        (264, 32, {**BC, "stem": "imagenet"}, 33_337_704),
    ],
)
def test_densenets_of_the_papers(
    depth: int, growth_rate: int, more: dict[str, Any], parameters: int
) -> None:
    assert count(DenseNet(depth=depth, growth_rate=growth_rate, **more)) == parameters


OTHERS: list[tuple[str, dict[str, Any], int]] = [
    ("all_cnn", {}, 1_369_738),
    ("dsn", {}, 966_986 + 970 + 1_930),  # those of `nin` and of the companions
    ("fractalnet", {}, 33_724_618),
    ("highway", {}, 2_342_406),  # our reconstruction of "about 2.3M"
    ("nin", {}, 966_986),
    ("resnet", {}, 1_727_962),  # ResNet-110
    ("resnet", {"stem": "imagenet", "depth": 18}, 11_689_512),
    ("resnet", {"stem": "imagenet"}, 25_557_032),
    ("resnet_preact", {"depth": 164}, 1_703_258),
    ("resnet_preact", {"depth": 1001}, 10_327_706),
    ("wide_resnet", {}, 36_479_194),
    ("wide_resnet", {"depth": 16, "widen_factor": 8}, 10_961_370),
    ("wide_resnet", {"depth": 16, "widen_factor": 4, "dropout": 0.4}, 2_748_890),
]


@pytest.mark.parametrize(("family", "settings", "parameters"), OTHERS)
def test_networks_they_are_compared_with(
    family: str, settings: dict[str, Any], parameters: int
) -> None:
    assert count(architecture(family=family, **settings)) == parameters


def test_every_family_is_counted() -> None:
    assert {"densenet", *(family for family, _, _ in OTHERS)} == set(FAMILIES)


# Section 5's table, written out again: which of 0..l-1 layer l reads. Nothing here knows our rules.
READS = {
    "dense": lambda s, n: True,
    "last_half": lambda s, n: s >= n - (n + 1) // 2,
    "every_other": lambda s, n: (n - s) % 2 == 1,
    "log": lambda s, n: (n - s) in (1, 2, 4, 8, 16, 32),
    "last_log": lambda s, n: s >= n - (int(log2(n)) + 1),
    "harmonic": lambda s, n: (n - s) in (1, 2, 4, 8, 16, 32) and n % (n - s) == 0,
    "window": lambda s, n: s >= n - 3,
    "fraction": lambda s, n: s >= n - ceil(3 * n / 10),
    "one_shot": lambda s, n: s == n - 1,
    "full": lambda s, n: True,
}
SETTINGS = {"window": {"window": 3}, "fraction": {"fraction": 0.3}}


def count_by_hand(name: str, layers: int, k: int, width: int) -> int:
    """Three blocks, 16 stem maps, no compression; `width` 0 is no bottleneck."""
    total = 3 * 16 * 9
    maps = 16
    for block in range(3):
        for n in range(1, layers + 1):
            inputs = 0
            for s in range(n):
                if READS[name](s, n):
                    inputs += maps if s == 0 else k
            if width:
                total += 2 * inputs + inputs * width * k
                inputs = width * k
            total += 2 * inputs + inputs * k * 9
        maps += layers * k
        if block < 2 and name != "full":  # whose transitions only pool
            total += 2 * maps + maps * maps
    return total + 2 * maps + maps * 10 + 10


@pytest.mark.parametrize(
    ("name", "plain", "bottleneck"),
    [
        ("dense", 1_019_722, 721_642),
        ("last_half", 339_922, 412_642),
        ("every_other", 584_122, 523_642),
        ("log", 466_642, 470_242),
        ("last_log", 368_962, 425_842),
        ("harmonic", 407_242, 443_242),
        ("window", 401_962, 440_842),
        ("fraction", 288_442, 389_242),
        ("one_shot", 221_122, 358_642),
        ("full", 900_778, 602_698),
    ],
)
def test_every_connectivity(name: str, plain: int, bottleneck: int) -> None:
    for width, parameters in ((0, plain), (4, bottleneck)):
        architecture = DenseNet(
            block_layers=(12, 12, 12),
            stem_channels=16,
            bottleneck_width=width or None,
            connectivity=SETTINGS.get(name, name),
        )
        assert count(architecture) == count_by_hand(name, 12, 12, width) == parameters

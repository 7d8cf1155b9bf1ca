"""The DenseNet generator: settings -> layers, widths and faults."""

from __future__ import annotations

from math import floor
from typing import Any

import pytest

from ablate.errors import SpecError
from ablate.networks import DenseNet, DenseNetwork, architecture
from ablate.networks.densenet import IMAGENET_DEPTHS
from ablate.text import RuleErrors


def network(**settings: Any) -> DenseNetwork:
    made = architecture(family="densenet", **settings).resolve()
    assert isinstance(made, DenseNet)
    return made.network()


def fault(**settings: Any) -> list[str]:
    with pytest.raises(SpecError) as caught:
        architecture(family="densenet", **settings)
    return [f"{fault.key}: {fault.message}" for fault in caught.value.faults]


def layers_of(net: DenseNetwork) -> list[int]:
    return [len(block.layers) for block in net.blocks]


def growth_of(net: DenseNetwork) -> list[int]:
    return [block.layers[0].growth for block in net.blocks]


@pytest.mark.parametrize(
    ("settings", "layers"),
    [
        ({"depth": 7}, [1, 1, 1]),
        ({"depth": 40}, [12, 12, 12]),
        ({"depth": 100}, [32, 32, 32]),
        ({"depth": 40, "compression": 0.5}, [12, 12, 12]),
        ({"depth": 40, "connectivity": "full"}, [12, 12, 12]),
        ({"depth": 10, "bottleneck_width": 4}, [1, 1, 1]),
        ({"depth": 100, "bottleneck_width": 4}, [16, 16, 16]),
        ({"block_layers": [1, 2, 3, 4]}, [1, 2, 3, 4]),
        ({"block_layers": [5], "stem": "imagenet"}, [5]),
    ],
)
def test_depth_becomes_layers(settings: dict[str, Any], layers: list[int]) -> None:
    assert layers_of(network(**settings)) == layers


@pytest.mark.parametrize("depth", IMAGENET_DEPTHS)
def test_imagenet_depths_count_every_convolution_and_the_classifier(depth: int) -> None:
    net = network(depth=depth, stem="imagenet", bottleneck_width=4, compression=0.5)
    counted = 1 + 2 * sum(layers_of(net)) + len(net.transitions) + 1
    assert counted == (265 if depth == 264 else depth)  # the paper's own slip in table 1
    assert (net.classes, net.image_size) == (1000, 224)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"depth": 41}, "must be 3n + 4 without a bottleneck, got 41; nearest: 40 and 43"),
        ({"depth": 42}, "must be 3n + 4 without a bottleneck, got 42; nearest: 40 and 43"),
        ({"depth": 4}, "must be 3n + 4 without a bottleneck, got 4; nearest: 7"),
        ({"depth": 1}, "must be 3n + 4 without a bottleneck, got 1; nearest: 7"),
        (
            {"depth": 43, "bottleneck_width": 1},
            "must be 6n + 4 with a bottleneck, got 43; nearest: 40 and 46",
        ),
        (
            {"depth": 122, "stem": "imagenet"},
            "must be one of 121, 161, 169, 201, 264 with the ImageNet stem (or give block_layers),"
            " got 122",
        ),
        ({}, "give either depth or block_layers, got neither"),
        ({"depth": 22, "block_layers": [6]}, "give either depth or block_layers, got both"),
        ({"depth": 7_000_003}, "must come to at most 2000 layers, got 6999999"),
    ],
)
def test_impossible_depths_name_the_nearest(settings: dict[str, Any], message: str) -> None:
    assert fault(**settings) == [f"depth: {message}"]


@pytest.mark.parametrize(
    ("settings", "width"),
    [
        ({}, 16),
        ({"growth_rate": 40}, 16),
        ({"compression": 0.5}, 16),
        ({"bottleneck_width": 4}, 16),
        ({"bottleneck_width": 4, "compression": 1.0}, 16),
        ({"bottleneck_width": 4, "compression": 0.99}, 24),
        ({"bottleneck_width": 4, "compression": 0.5, "growth_rate": [10, 20, 30]}, 20),
        ({"stem_channels": "2k"}, 24),
        ({"stem_channels": "2k", "growth_rate": [10, 20, 30]}, 20),
        ({"stem_channels": 7, "bottleneck_width": 4, "compression": 0.5}, 7),
        ({"stem": "imagenet"}, 24),
        ({"stem": "imagenet", "stem_channels": 16}, 16),
    ],
)
def test_stem_channels(settings: dict[str, Any], width: int) -> None:
    net = network(block_layers=[2, 2, 2], **settings)
    assert net.stem_channels == width == net.blocks[0].in_channels


def test_compression_is_exact_on_the_decimal() -> None:
    assert floor(0.29 * 100) == 28  # floats would lose a map
    net = network(block_layers=[1, 1], stem_channels=60, growth_rate=40, compression=0.29)
    assert net.transitions == (29,)


def test_compression_rounds_down() -> None:
    net = network(block_layers=[1, 1], stem_channels=10, growth_rate=5, compression=0.5)
    assert net.blocks[0].out_channels == 15 and net.transitions == (7,)


def test_widths_of_densenet_bc_by_hand() -> None:
    net = network(depth=16, growth_rate=4, bottleneck_width=2, compression=0.5)
    first, second, third = net.blocks
    assert [layer.in_channels for layer in first.layers] == [8, 12]
    assert {layer.bottleneck for block in net.blocks for layer in block.layers} == {8}
    assert (first.out_channels, second.in_channels) == (16, 8)
    assert (second.out_channels, third.in_channels, third.out_channels) == (16, 8, 16)
    assert net.transitions == (8, 8)


def test_a_sparse_layer_reads_only_its_sources() -> None:
    net = network(block_layers=[4], growth_rate=3, stem_channels=10, connectivity="harmonic")
    read = [(layer.sources, layer.in_channels) for layer in net.blocks[0].layers]
    assert read == [((0,), 10), ((0, 1), 13), ((2,), 3), ((0, 2, 3), 16)]
    assert net.blocks[0].out_channels == 10 + 4 * 3  # what follows the block reads everything


def test_full_connectivity_keeps_every_map() -> None:
    net = network(block_layers=[1, 2, 1], growth_rate=3, stem_channels=10, connectivity="full")
    assert net.transitions == (None, None)
    assert [block.in_channels for block in net.blocks] == [10, 13, 19]
    assert [layer.in_channels for layer in net.blocks[1].layers] == [13, 16]
    assert net.blocks[-1].out_channels == 22


def test_growth_per_block() -> None:
    assert growth_of(network(depth=22, growth_rate=[8, 16, 32])) == [8, 16, 32]


def test_exponential_growth_doubles_by_block() -> None:
    net = network(block_layers=[1, 1, 1, 1], growth_rate=8, growth_schedule="exponential")
    assert growth_of(net) == [8, 16, 32, 64]


@pytest.mark.parametrize(
    ("settings", "messages"),
    [
        ({"growth_rate": 0}, ["growth_rate: must be a whole number >= 1 or a list of them, got 0"]),
        (
            {"growth_rate": 12.0},
            ["growth_rate: must be a whole number >= 1 or a list of them, got 12.0"],
        ),
        (
            {"growth_rate": []},
            ["growth_rate: must be a whole number >= 1 or a list of them, got []"],
        ),
        (
            {"growth_rate": [8, 16]},
            ["growth_rate: must have 3 entries, one per block, got 2"],
        ),
        (
            {"growth_rate": [8, 16], "growth_schedule": "exponential"},
            [
                "growth_rate: must have 3 entries, one per block, got 2",
                "growth_schedule: exponential derives one per block from a single k; "
                "drop it or the list",
            ],
        ),
        (
            {"connectivity": "full", "compression": 0.5},
            ["compression: must be 1 with full connectivity, whose transitions only pool, got 0.5"],
        ),
        (
            {"compression": 0.01},
            ["compression: leaves no map of 88 after block 1, got 0.01"],
        ),
        ({"compression": "half"}, ["compression: must be a number > 0 and <= 1, got 'half'"]),
        ({"dropout": True}, ["dropout: must be auto, or a number >= 0 and < 1, got true"]),
        ({"dropout": "Auto"}, ["dropout: must be auto, or a number >= 0 and < 1, got 'Auto'"]),
        (
            {"stem_channels": "3k"},
            ["stem_channels: must be auto, 2k, or a whole number >= 1, got '3k'"],
        ),
        (
            {"stem_channels": True},
            ["stem_channels: must be auto, 2k, or a whole number >= 1, got true"],
        ),
        ({"block_layers": []}, ["block_layers: must not be empty"]),
        ({"bottleneck_width": 0}, ["bottleneck_width: must be >= 1, got 0"]),
    ],
)
def test_rules(settings: dict[str, Any], messages: list[str]) -> None:
    whole = settings if "block_layers" in settings else {"depth": 22, **settings}
    assert fault(**whole) == messages


def test_rules_between_settings_are_told_at_once() -> None:
    assert [
        text.split(":")[0]
        for text in fault(
            depth=23,
            growth_rate=[1, 2, 3],
            growth_schedule="exponential",
            connectivity="full",
            compression=0.5,
        )
    ] == ["depth", "growth_schedule", "compression"]


def test_order_dropout_and_init_reach_the_network() -> None:
    net = network(depth=22, activation_order="post", dropout=0.25, init="he_fan_in")
    assert (net.activation_order, net.dropout, net.init) == ("post", 0.25, "he_fan_in")


def test_resolve_fills_in_what_the_data_says() -> None:
    made = DenseNet(depth=22).resolve(in_channels=1, classes=7, image_size=28, dropout=0.2)
    assert (made.in_channels, made.classes, made.image_size) == (1, 7, 28)
    assert (made.dropout, made.stem_channels) == (0.2, 16)
    assert made.resolve() == made


def test_a_written_dropout_wins_over_auto() -> None:
    assert DenseNet(depth=22, dropout=0).resolve(dropout=0.2).dropout == 0.0


def test_resolve_refuses_every_contradiction_with_the_data() -> None:
    with pytest.raises(RuleErrors) as caught:
        DenseNet(depth=22, in_channels=3, classes=10, image_size=32).resolve(
            in_channels=1, classes=10, image_size=8
        )
    assert caught.value.broken == (
        ("in_channels", "must be 1 as in the data, got 3"),
        ("image_size", "must be 8 as in the data, got 32"),
    )


@pytest.mark.parametrize(
    ("stem", "blocks", "smallest"),
    [("cifar", 1, 1), ("cifar", 4, 8), ("cifar", 5, 16), ("imagenet", 1, 1), ("imagenet", 4, 29)],
)
def test_the_smallest_image_that_does_not_vanish(stem: Any, blocks: int, smallest: int) -> None:
    made = DenseNet(block_layers=(1,) * blocks, stem=stem)
    assert made.resolve(image_size=smallest).image_size == smallest
    if smallest > 1:
        with pytest.raises(RuleErrors, match=f"must be >= {smallest} for {blocks} blocks"):
            made.resolve(image_size=smallest - 1)


def test_an_unresolved_architecture_has_no_network() -> None:
    with pytest.raises(ValueError, match="call resolve"):
        DenseNet(depth=22).network()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"depth": 40}, {"block_layers": [12, 12, 12]}),
        (
            {"depth": 100, "bottleneck_width": 4, "compression": 0.5},
            {
                "block_layers": [16, 16, 16],
                "bottleneck_width": 4,
                "compression": 0.5,
                "stem_channels": 24,
            },
        ),
        ({"depth": 22}, {"depth": 22, "growth_rate": [12, 12, 12]}),
        ({"depth": 22}, {"depth": 22, "connectivity": {"window": 6}}),
        ({"depth": 22, "connectivity": "one_shot"}, {"depth": 22, "connectivity": {"window": 1}}),
        (
            {"depth": 22, "growth_schedule": "exponential"},
            {"depth": 22, "growth_rate": [12, 24, 48]},
        ),
        ({"depth": 22}, {"depth": 22, "stem_channels": 16, "dropout": 0, "image_size": 32}),
        (
            {"depth": 121, "stem": "imagenet"},
            {"block_layers": [6, 12, 24, 16], "stem": "imagenet", "stem_channels": "2k"},
        ),
    ],
)
def test_two_spellings_of_one_network(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert network(**one) == network(**other)
    assert network(**one).canonical() == network(**other).canonical()


def test_full_is_not_dense() -> None:
    assert network(depth=22, connectivity="full") != network(depth=22)


def test_equal_settings_are_equal_values() -> None:
    assert DenseNet(depth=22) == DenseNet(depth=22, growth_rate=12, compression=1)  # type: ignore[arg-type]
    assert len({DenseNet(depth=22), DenseNet(depth=22, growth_rate=12)}) == 1

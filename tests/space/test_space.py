"""Spaces: walking, building, listing and comparing them."""

from __future__ import annotations

from typing import Any

import pytest

from ablate.networks import DenseNet
from ablate.space import Knob, Space
from ablate.space.space_reading import read_space
from ablate.text import Reader, RuleErrors, Scalar, from_plain

SMALL: dict[str, Any] = {
    "family": "densenet",
    "depth": {"choice": [22, 40]},
    "bottleneck_width": {"choice": [None, 4]},
    "connectivity": {
        "choice": ["dense", {"window": 3}, {"fraction": {"float": [0.1, 0.3], "step": 0.1}}]
    },
    "growth_rate": {"int": [6, 12], "step": 2, "when": {"depth": 40}},
    "stem_channels": "2k",
    "recipe": {"lr": {"choice": [0.1, 0.2]}, "momentum": 0.8},
}


def space_of(written: dict[str, Any]) -> Space:
    reader = Reader(from_plain({"space": written}, "s"))
    found = read_space(reader, ("space",), {})
    assert found and not reader.faults, reader.faults
    return found[0]


def first(knob: Knob) -> Scalar:
    assert knob.range.values is not None
    return knob.range.values[0]


def last(knob: Knob) -> Scalar:
    assert knob.range.values is not None
    return knob.range.values[-1]


def test_a_walk_asks_for_the_knobs_that_exist() -> None:
    assert space_of(SMALL).walk(first) == {
        "depth": 22,
        "bottleneck_width": None,
        "connectivity": "dense",
        "recipe.lr": 0.1,
    }
    assert space_of(SMALL).walk(last) == {
        "depth": 40,
        "bottleneck_width": 4,
        "connectivity": "fraction",
        "connectivity.fraction": 0.3,
        "growth_rate": 12,
        "recipe.lr": 0.2,
    }


def test_a_walk_snaps() -> None:
    values = space_of(SMALL).walk(lambda knob: 9.3 if knob.name == "growth_rate" else last(knob))
    assert values["growth_rate"] == 10


def test_a_point_is_built() -> None:
    architecture, recipe = space_of(SMALL).build(space_of(SMALL).walk(last))
    assert architecture == DenseNet(
        depth=40,
        bottleneck_width=4,
        connectivity={"fraction": 0.3},
        growth_rate=12,
        stem_channels="2k",
    )
    assert recipe == {"lr": 0.2, "momentum": 0.8}


def test_a_knob_that_does_not_exist_leaves_the_default() -> None:
    architecture, _ = space_of(SMALL).build(space_of(SMALL).walk(first))
    assert isinstance(architecture, DenseNet)
    assert architecture.growth_rate == 12 and "growth_rate" not in architecture.model_fields_set


def test_a_label_stands_for_its_map() -> None:
    values = space_of(SMALL).walk(first) | {"connectivity": "{window: 3}"}
    architecture, _ = space_of(SMALL).build(values)
    assert architecture == DenseNet(depth=22, connectivity={"window": 3}, stem_channels="2k")


def test_lists_may_hold_knobs_and_be_options() -> None:
    written = {
        "family": "densenet",
        "block_layers": [{"int": [2, 8]}, 3, {"int": [1, 2], "when": {"block_layers[0]": ">= 5"}}],
        "growth_rate": {"choice": [12, [4, 8]]},
    }
    space = space_of(written)
    assert [knob.name for knob in space.knobs] == [
        "block_layers[0]",
        "block_layers[2]",
        "growth_rate",
    ]
    # An element that does not exist makes the list shorter.
    found, _ = space.build({"block_layers[0]": 2, "growth_rate": "[4, 8]"})
    assert found == DenseNet(block_layers=(2, 3), growth_rate=(4, 8))
    with pytest.raises(RuleErrors) as caught:
        space.build({"block_layers[0]": 8, "block_layers[2]": 1, "growth_rate": "[4, 8]"})
    assert caught.value.broken == (("growth_rate", "must have 3 entries, one per block, got 2"),)


def test_an_option_may_be_a_range_itself() -> None:
    written = {
        "family": "densenet",
        "depth": 22,
        "dropout": {"choice": ["auto", {"float": [0.0, 0.2], "step": 0.1}]},
    }
    space = space_of(written)
    assert list(space.grid()) == [
        {"dropout": "auto"},
        {"dropout": "float", "dropout.float": 0.0},
        {"dropout": "float", "dropout.float": 0.1},
        {"dropout": "float", "dropout.float": 0.2},
    ]
    found, _ = space.build({"dropout": "float", "dropout.float": 0.1})
    assert found == DenseNet(depth=22, dropout=0.1)


@pytest.mark.parametrize(
    ("change", "name"),
    [({"growth_rate": 12}, "growth_rate"), ({"x": 1}, "x"), ({"depth": 40}, "growth_rate")],
)
def test_values_that_are_no_point_are_refused(change: dict[str, Scalar], name: str) -> None:
    space = space_of(SMALL)
    with pytest.raises(ValueError, match=f"each knob that exists and no other: {name}"):
        space.build(space.walk(first) | change)


def test_the_grid_lists_every_point_once_the_last_knob_fastest() -> None:
    points = list(space_of(SMALL).grid())
    assert points[0] == space_of(SMALL).walk(first)
    assert points[1] == points[0] | {"recipe.lr": 0.2}
    assert points[-1] == space_of(SMALL).walk(last)
    assert len({tuple(point.items()) for point in points}) == len(points)


def test_the_size_is_the_length_of_the_grid() -> None:
    space = space_of(SMALL)
    # depth 22 or 40 with four growth rates, two widths, five connectivities, two learning rates
    assert space.size == len(list(space.grid())) == (1 + 4) * 2 * 5 * 2


def test_a_continuous_space_has_no_grid() -> None:
    space = space_of(SMALL | {"dropout": {"float": [0.0, 0.2]}})
    assert space.size is None
    with pytest.raises(ValueError, match="dropout: has no steps"):
        space.grid()


def test_a_knob_stands_after_those_that_its_conditions_name() -> None:
    written = {
        "family": "densenet",
        "growth_rate": {"int": [6, 12], "when": {"compression": "< 1"}},
        "compression": {"choice": [0.5, 1.0], "when": {"depth": 40}},
        "dropout": {"choice": [0.0, 0.1]},
        "depth": {"choice": [22, 40]},
    }
    names = [knob.name for knob in space_of(written).knobs]
    assert names == ["dropout", "depth", "compression", "growth_rate"]


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in SMALL.items() if name != key}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (SMALL, []),
        (SMALL | {"depth": {"choice": [100, 22, 40]}}, []),
        (SMALL | {"growth_rate": {"int": [2, 24], "step": 2, "when": {"depth": 40}}}, []),
        (SMALL | {"init": "he_fan_in"}, ["init: its default became 'he_fan_in'"]),
        (without("stem_channels"), ["stem_channels: '2k' became its default"]),
        (SMALL | {"depth": {"choice": [40, 58]}}, ["depth: [22, 40] became [40, 58]"]),
        (
            SMALL | {"growth_rate": {"int": [8, 12], "step": 2, "when": {"depth": 40}}},
            ["growth_rate: 6..12 in steps of 2 became 8..12 in steps of 2"],
        ),
        (
            SMALL | {"growth_rate": {"int": [6, 12], "step": 2}},
            ["growth_rate: existed when depth == 40, now always"],
        ),
        (SMALL | {"growth_rate": 12}, ["growth_rate: 6..12 in steps of 2 became 12"]),
        (without("bottleneck_width"), ["bottleneck_width: [null, 4] is gone"]),
        (SMALL | {"compression": {"float": [0.5, 1.0]}},
         ["compression: its default became 0.5..1"]),
        (SMALL | {"recipe": {"lr": {"choice": [0.1, 0.2]}, "momentum": 0.9}},
         ["recipe.momentum: 0.8 became 0.9"]),
    ],
)  # fmt: skip
def test_narrowing_is_said(change: dict[str, Any], said: list[str]) -> None:
    assert space_of(change).narrowed_from(space_of(SMALL)) == said

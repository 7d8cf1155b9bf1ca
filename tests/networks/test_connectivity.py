"""Which outputs a layer reads: DESIGN.md section 5's table, by hand and by property."""

from __future__ import annotations

from math import ceil
from typing import Any

import pytest

from ablate.networks import RULES, DenseNet
from ablate.networks.connectivity import FractionOf, Window, exact, sources

BY_HAND: dict[str, dict[int, list[int]]] = {
    "dense": {1: [0], 2: [0, 1], 3: [0, 1, 2], 8: [0, 1, 2, 3, 4, 5, 6, 7]},
    "last_half": {1: [0], 2: [1], 3: [1, 2], 8: [4, 5, 6, 7]},
    "every_other": {1: [0], 2: [1], 3: [0, 2], 8: [1, 3, 5, 7]},
    "log": {1: [0], 2: [0, 1], 3: [1, 2], 8: [0, 4, 6, 7]},
    "last_log": {1: [0], 2: [0, 1], 3: [1, 2], 8: [4, 5, 6, 7]},
    "harmonic": {1: [0], 2: [0, 1], 3: [2], 8: [0, 4, 6, 7]},
    "one_shot": {1: [0], 2: [1], 3: [2], 8: [7]},
    "full": {1: [0], 2: [0, 1], 3: [0, 1, 2], 8: [0, 1, 2, 3, 4, 5, 6, 7]},
}
LAYERS = range(1, 65)


@pytest.mark.parametrize("name", RULES)
def test_sources_by_hand(name: str) -> None:
    assert {layer: list(sources(name, layer)) for layer in (1, 2, 3, 8)} == BY_HAND[name]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "rule",
    [*RULES, Window(window=5), FractionOf(fraction=0.3), FractionOf(fraction=0.001)],
    ids=str,
)
def test_sources_ascend_within_the_block(rule: Any) -> None:
    for layer in LAYERS:
        read = sources(rule, layer)
        assert list(read) == sorted(set(read))
        assert read[0] >= 0 and read[-1] == layer - 1  # the newest output is always read


def test_last_log_is_the_control_of_log() -> None:
    assert all(len(sources("log", n)) == len(sources("last_log", n)) for n in LAYERS)


def test_harmonic_is_a_thinner_log() -> None:
    assert all(set(sources("harmonic", n)) <= set(sources("log", n)) for n in LAYERS)


@pytest.mark.parametrize(
    ("rule", "same"),
    [
        (Window(window=1000), "dense"),
        (FractionOf(fraction=1.0), "dense"),
        (Window(window=1), "one_shot"),
        (FractionOf(fraction=0.001), "one_shot"),
    ],
    ids=str,
)
def test_numbers_end_at_the_named_rules(rule: Any, same: Any) -> None:
    assert all(sources(rule, n) == sources(same, n) for n in LAYERS)


@pytest.mark.parametrize(
    ("fraction", "layer", "count"),
    [(0.3, 10, 3), (0.7, 10, 7), (0.5, 3, 2), (0.55, 100, 55), (0.07, 100, 7), (0.14, 50, 7)],
)
def test_a_fraction_is_exact_on_the_decimal(fraction: float, layer: int, count: int) -> None:
    assert sources(FractionOf(fraction=fraction), layer) == tuple(range(layer - count, layer))


def test_floats_would_have_been_off_by_one() -> None:
    assert ceil(0.55 * 100) == 56 and ceil(0.07 * 100) == 8  # what the cases above guard against
    assert exact(0.55) * 100 == 55


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"window": 0}, "window: must be a whole number >= 1, got 0"),
        ({"window": 2.0}, "window: must be a whole number >= 1, got 2.0"),
        ({"window": True}, "window: must be a whole number >= 1, got true"),
        ({"fraction": 0}, "fraction: must be a number > 0 and <= 1, got 0"),
        ({"fraction": 1.1}, "fraction: must be a number > 0 and <= 1, got 1.1"),
        ({"fraction": [0.5]}, "fraction: must be a number > 0 and <= 1, got [0.5]"),
        ({"fraction": float("nan")}, "fraction: must be a number > 0 and <= 1, got .nan"),
    ],
)
def test_numbers_out_of_range(written: object, message: str) -> None:
    with pytest.raises(ValueError, match="connectivity") as caught:
        DenseNet(depth=22, connectivity=written)  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_fraction_one_may_be_a_whole_number() -> None:
    assert DenseNet(depth=22, connectivity={"fraction": 1}).connectivity == FractionOf(fraction=1.0)  # type: ignore[arg-type]

"""Main effects of a design, by hand."""

from __future__ import annotations

from math import isnan, nan

import pytest

from ablate.statistics import Observation, is_full, main_effect

FACTORS = {"width": ("12", "24"), "depth": ("22", "40")}


def design(**values: float) -> list[Observation]:
    """`w12d40=5.0`: the value at these levels; two blocks, the second one point above."""
    return [
        Observation({"width": name[1:3], "depth": name[4:6]}, block, value + block)
        for name, value in values.items()
        for block in (0, 1)
    ]


SEEN = design(w12d22=10.0, w12d40=8.0, w24d22=7.0, w24d40=6.0)


def test_differences_are_paired_by_all_else() -> None:
    effect = main_effect(SEEN, "width", "24", "12")
    assert (effect.mean, effect.n) == (pytest.approx(-2.5), 4)  # 3 at depth 22, 2 at 40
    assert effect.low < -2.5 < effect.high


def test_the_reference_is_zero_without_an_interval() -> None:
    effect = main_effect(SEEN, "depth", "22", "22")
    assert effect.mean == 0 and isnan(effect.low) and isnan(effect.high) and effect.n == 4


def test_without_a_reference_it_is_the_mean_at_the_level() -> None:
    effect = main_effect(SEEN, "depth", "40")
    assert (effect.mean, effect.n) == (7.5, 4)


def test_what_is_not_known_costs_a_pair() -> None:
    holed = [*SEEN[:-1], Observation(SEEN[-1].levels, 1, nan)]
    assert main_effect(holed, "width", "24", "12").n == 3
    nothing = main_effect(SEEN, "depth", "58", "22")
    assert isnan(nothing.mean) and nothing.n == 0


def test_a_design_is_full_with_every_combination_once_in_each_block() -> None:
    assert is_full(SEEN, FACTORS)
    assert not is_full(SEEN[:-1], FACTORS)
    assert not is_full([*SEEN, SEEN[0]], FACTORS)

"""The simulation of studies: that it makes what its conditions say, and counts what is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.validity.conditions import USUAL, conditions
from benchmarks.validity.studies import costs, made_up, settled, summary, told, truths


def test_errors_are_as_the_condition_says() -> None:
    condition = replace(USUAL, seeds=2_000, effect=1.5, largest_deviation=2.0, image_noise=0.0)
    errors = made_up(condition, np.random.default_rng(0))
    at_equal_cost = errors + 2 * np.log(costs(condition))[..., None]
    differences = at_equal_cost.mean(axis=(1, 2)) - at_equal_cost[0].mean()
    assert differences == pytest.approx([0, -1.5, 0, -1.5], abs=0.06)
    assert truths(condition).tolist() == [0, -1.5, 0, -1.5]
    of_a_cell = (errors - errors[0, 0]).std(axis=-1)[1:, 1:]
    expected = np.sqrt(1 + np.linspace(1, 2, 4)[1:, None] ** 2)
    assert of_a_cell == pytest.approx(np.broadcast_to(expected, (3, 4)), rel=0.06)


def test_lost_cells_are_lost() -> None:
    random = made_up(replace(USUAL, seeds=500, lost=0.15), np.random.default_rng(0))
    assert np.isnan(random).mean() == pytest.approx(0.15, abs=0.02)
    diverged = made_up(
        replace(USUAL, seeds=500, bad_seeds=0.3, bad_are_lost=True), np.random.default_rng(0)
    )
    assert np.isnan(diverged).mean(axis=(1, 2)) == pytest.approx([0, 0.3, 0, 0.3], abs=0.03)
    assert truths(replace(USUAL, bad_seeds=0.3, bad_are_lost=True))[1] == pytest.approx(1.2)


def test_a_large_effect_is_found_and_is_no_false_claim() -> None:
    condition = replace(USUAL, effect=8.0)
    row = summary(condition, [told(condition, number) for number in range(5)])
    assert (row["found"], row["comparisons"], row["studies"]) == (1.0, 3.0, 5)
    assert row["holds"] > 0.5 and 0.5 < row["half_width"] < 2
    assert row["equal"] is None


def test_ties_are_told_equal_within_a_wide_margin() -> None:
    condition = replace(USUAL, margin=20.0)
    row = summary(condition, [told(condition, number) for number in range(3)])
    assert row["equal"] == 1.0 and row["found"] is None


def test_the_least_effect_and_margin_are_those_that_are_planned_with() -> None:
    planned = replace(USUAL, variants=2, seeds=5)
    effect, margin = (settled(replace(planned, least=of)) for of in ("effect", "margin"))
    assert 0.5 < effect.effect < 1.5 and effect.margin is None
    assert margin.margin is not None and margin.margin > effect.effect and margin.effect == 0
    more = settled(replace(planned, seeds=10, least="effect"))
    assert more.effect < effect.effect and settled(planned) == planned


def test_a_study_is_the_same_each_time() -> None:
    for condition in {each.name: each for each in conditions()}.values():
        errors = [made_up(condition, np.random.default_rng(7)) for _ in range(2)]
        np.testing.assert_array_equal(*errors)
    assert told(USUAL, 7) == pytest.approx(told(USUAL, 7), nan_ok=True)

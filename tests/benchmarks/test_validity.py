"""The simulation of studies: that it makes what its conditions say, and counts what is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ablate.claims import comparison
from benchmarks.validity import images, paths, pruning
from benchmarks.validity.conditions import USUAL, conditions
from benchmarks.validity.studies import (
    as_results,
    costs,
    judged_at_last,
    made_up,
    settled,
    summary,
    told,
    truths,
)


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


def test_seeds_that_race_are_spent_where_it_is_open() -> None:
    racing = replace(USUAL, variants=3, points=1, race=True, most_seeds=6, effect=12.0)
    judged, errors = judged_at_last(racing, np.random.default_rng(0))
    assert [row["verdict"] for row in judged.points[0][1:]] == ["better", "undecided"]
    assert np.isfinite(errors).sum(axis=-1).ravel().tolist() == [6, 3, 6]


@pytest.mark.parametrize("change", [{}, {"points": 1}, {"lost": 0.3}, {"bad_are_lost": True}])
def test_what_is_counted_is_what_compare_says(change: dict[str, Any]) -> None:
    condition = replace(USUAL, seeds=5, effect=3.0, bad_seeds=0.3, margin=1.0, **change)
    judged, errors = judged_at_last(condition, np.random.default_rng(2))
    compared = comparison(as_results(condition, errors))
    said = compared.lines if condition.points > 1 else compared.rows
    ours = (judged.lines if condition.points > 1 else judged.points)[0]
    ours = ours if condition.points > 1 else ours[1:]
    for name in ("difference", "difference_low", "difference_high", "verdict", "lost"):
        assert [row.get(name) for row in ours] == [
            None if pd.isna(each) else each for each in said[name].tolist()[1:]
        ]


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


def test_images_are_got_wrong_as_often_as_in_truth() -> None:
    condition = replace(USUAL, variants=2, points=2, seeds=40, images=20_000, effect=2.0)
    at = costs(condition)
    found = images.wrong(condition, at, np.random.default_rng(0))
    truth = images.errors_in_truth(condition, at)
    assert 100 * found.mean(axis=(2, 3)) == pytest.approx(truth, abs=0.5)
    assert 1.4 < truth[0, 0] - truth[1, 0] < 2.0 and truth[0, 1] < truth[0, 0]  # it is smaller
    # What a design finds hard is so with every seed.
    means = 100 * found.mean(axis=2)
    between = (means[0] - means[1]).var(axis=-1)
    alone = (100 * found[0, :, :20].mean(axis=1) - 100 * found[0, :, 20:].mean(axis=1)).var(axis=-1)
    assert (between > 4 * alone).all()


def test_intervals_over_images_are_wider_than_those_beside_them() -> None:
    condition = replace(USUAL, points=1, images=300, of_design=1.0)
    row = summary(condition, [told(condition, number) for number in range(8)])
    assert row["all_hold"] >= row["all_hold_over_seeds"] and row["paired_false"] is None
    assert row["images"] == 300 and row["comparisons"] == 3


def test_seeds_are_added_until_something_is_claimed() -> None:
    def seeds(**changes: float) -> int:
        condition = replace(USUAL, variants=2, most_seeds=6, **changes)
        return judged_at_last(condition, np.random.default_rng(3))[1].shape[-1]

    assert (seeds(effect=9.0), seeds(effect=0.0)) == (3, 6)


def test_a_study_is_the_same_each_time() -> None:
    for condition in {each.name: each for each in conditions()}.values():
        errors = [made_up(condition, np.random.default_rng(7)) for _ in range(2)]
        if condition.images:
            at = costs(condition)
            errors = [images.wrong(condition, at, np.random.default_rng(7)) for _ in range(2)]
        np.testing.assert_array_equal(*errors)
    assert told(USUAL, 7) == pytest.approx(told(USUAL, 7), nan_ok=True)


def test_paths_of_known_truth() -> None:
    named = {each.name: each for each in paths.conditions()}
    assert paths.told(named["useless changes"], 3) == pytest.approx(
        paths.told(named["useless changes"], 3), nan_ok=True
    )
    large = replace(named["one change helps"], effect=12.0, seeds=5)
    row = paths.summary(large, [paths.told(large, number) for number in range(6)])
    assert (row["condition"], row["found_step"], row["studies"]) == ("one change helps", 1.0, 6)
    assert row["observed_wrong_step"] > row["wrong_step"]
    null = replace(large, name="useless changes", effect=0.0)
    assert paths.summary(null, [paths.told(null, 0)])["found_step"] is None


def test_searches_are_stopped_by_their_noise() -> None:
    quiet, *_, noisy = (each for each in pruning.conditions() if not each.lag)
    rows = [
        pruning.summary(each, [pruning.told(each, number) for number in range(12)])
        for each in (quiet, noisy)
    ]
    assert rows[0]["margin_front_lost"] == rows[0]["margin_1_front_lost"] == 0
    assert rows[0]["margin_saved"] == rows[0]["margin_1_saved"] > 0
    assert rows[1]["margin_front_lost"] < 0.2 < 0.3 < rows[1]["margin_1_front_lost"]

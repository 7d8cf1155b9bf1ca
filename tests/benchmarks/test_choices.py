"""The simulation of choices: that it makes what its conditions say, and counts what is told."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.validity.choices import Condition, conditions, made_up, summary, told


def test_errors_are_as_the_condition_says() -> None:
    condition = Condition("", points=400, seeds=4, apart=0.5, better=3.0, slope=2.0)
    draw = np.random.default_rng(0)
    studies = [made_up(condition, draw) for _ in range(20)]
    for costs, truth, _ in studies:
        assert len(set(costs.tolist())) == 400
        at_equal_cost = truth + 2 * np.log(costs / 100_000) - 60
        assert at_equal_cost[1:].std() == pytest.approx(0.5, rel=0.15)
        assert at_equal_cost[0] < -0.5
    noise = np.array([errors - truth[:, None] for _, truth, errors in studies])
    assert noise.std() == pytest.approx(np.hypot(1, 0.4), rel=0.05)
    assert noise.mean(axis=1).std() == pytest.approx(np.hypot(0.4, 1 / 20), rel=0.2)


def test_the_best_of_equals_is_too_good_and_told_to_be() -> None:
    condition = Condition("equal")
    row = summary(condition, [told(condition, number) for number in range(12)])
    assert row["naive_bias"] < -0.5 and row["studies"] == 12
    assert row["bias"] > row["naive_bias"] + 0.4 and row["rmse"] < row["naive_rmse"]
    assert row["holds"] > 0.7 and 0.5 < row["half_width"] < 2


def test_of_one_seed_nothing_more_is_told() -> None:
    row = told(Condition("search", points=9, seeds=1), 0)
    assert row.keys() == {"naive_bias"}


def test_a_study_is_the_same_each_time() -> None:
    for condition in {each.name: each for each in conditions()}.values():
        once, again = (made_up(condition, np.random.default_rng(7)) for _ in range(2))
        for one, other in zip(once, again, strict=True):
            np.testing.assert_array_equal(one, other)

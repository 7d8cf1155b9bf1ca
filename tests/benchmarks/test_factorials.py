"""The simulation of factorial studies: that it makes what it says, and counts what is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.validity.factorials import Condition, conditions, made_up, summary, told


def test_factorial_studies_are_as_the_condition_says() -> None:
    condition = Condition("", levels=(2, 3), seeds=4_000, effect=1.5, crossing=3.0, of_levels=1.0)
    errors = made_up(condition, np.random.default_rng(0))
    truth = [[63, 57, 63], [55.5, 61.5, 55.5]]
    assert errors.mean(axis=-1) == pytest.approx(np.array(truth), abs=0.1)
    # A cell's own, what its seed adds to all, and to its level of either factor.
    assert errors.std(axis=-1) == pytest.approx(np.full((2, 3), 3.16**0.5), rel=0.05)
    of_rows = errors.mean(axis=1)  # what seeds add to a level stays, a cell's own is a third
    assert (of_rows[0] - of_rows[1]).std() == pytest.approx((2 * (1 + 1 / 3)) ** 0.5, rel=0.05)
    lost = made_up(replace(condition, lost=0.1), np.random.default_rng(0))
    assert np.isnan(lost).mean() == pytest.approx(0.1, abs=0.02)


def test_an_effect_and_an_interaction_that_are_large_are_found() -> None:
    condition = Condition("", levels=(2, 2, 2), effect=9.0, crossing=9.0)
    row = summary(condition, [told(condition, number) for number in range(5)])
    assert (row["found"], row["comparisons"], row["levels"]) == (1.0, 6.0, "2 x 2 x 2")
    assert row["holds"] > 0.5 and 0.5 < row["half_width"] < 2.5


def test_what_is_left_of_too_few_cells_is_no_claim() -> None:
    condition = Condition("", levels=(2, 2), lost=1.0)
    assert told(condition, 0) == {"comparisons": 0.0}


def test_a_share_is_of_the_studies_that_have_intervals() -> None:
    condition = Condition("", (2, 2), of_levels=1.0, moved=1)
    row = summary(condition, [{"comparisons": 0.0}, told(condition, 0)])
    assert (row["without"], row["comparisons"], row["studies"]) == (0.5, 3.0, 2)
    assert len({*conditions()}) > 50

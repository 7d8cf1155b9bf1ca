"""The simulation of studies told by class: that it makes what it says, and counts what is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.validity import images
from benchmarks.validity.classes import Condition, conditions, summary, told
from benchmarks.validity.studies import costs

FEW = Condition("by class", variants=2, points=1, images=300, classes=3)


def test_a_seed_gets_images_wrong_with_the_chance_that_they_have() -> None:
    condition = replace(FEW, points=2)
    draw = np.random.default_rng(0)
    latent = images.hard(condition, costs(condition), draw)
    found = images.trained(latent, 2_000, draw).mean(axis=2)
    assert 100 * found == pytest.approx(images.chances(latent), abs=7)  # 6 standard errors
    assert abs(100 * found - images.chances(latent)).mean() < 0.5


def test_every_class_has_its_differences_and_its_truth() -> None:
    condition = replace(FEW, seeds=10, effect=6.0, images=3_000)
    row = summary(condition, [told(condition, number) for number in range(4)])
    assert (row["classes"], row["comparisons"], row["studies"]) == (3, 3.0, 4)
    assert row["holds_over_seeds"] > 0.8 and row["holds_over_images"] > 0.8
    # Against another truth they do not hold: of an effect that is not there.
    other = images.truths_at_equal_cost(replace(condition, effect=0.0), costs(condition))
    true = images.truths_at_equal_cost(condition, costs(condition))
    assert other[1] - true[1] > 2 * row["half_width_over_images"]


def test_over_images_no_interval_is_narrower() -> None:
    row = summary(FEW, [told(FEW, number) for number in range(4)])
    assert row["half_width_over_images"] >= row["half_width_over_seeds"]
    assert len({*conditions()}) == len([*conditions()])

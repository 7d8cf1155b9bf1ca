"""From a cell back to the point of the space that it is."""

from __future__ import annotations

import random
from contextlib import suppress
from itertools import islice
from typing import Any

import pytest

from ablate.cells import DATASETS
from ablate.space import Knob, points_of
from ablate.study import load_study
from ablate.text import RuleErrors, Scalar

SPACE = {
    "family": "densenet",
    "depth": {"choice": [10, 16, 22]},
    "growth_rate": {"int": [2, 40], "step": 2},
    "bottleneck_width": {"choice": [None, 1, 4]},
    "compression": {"float": [0.25, 1.0], "step": 0.05},
    "connectivity": {"choice": ["dense", "log", {"fraction": {"float": [0.1, 1.0], "step": 0.1}}]},
    "dropout": {"float": [0.0, 0.3], "when": {"growth_rate": ">= 24"}},
    "recipe": {"lr": {"float": [0.01, 1.0], "log": True}, "momentum": {"choice": [0.5, 0.9]}},
}
STUDY = load_study(
    {
        "name": "s",
        "data": {"dataset": "digits"},
        "recipe": {"epochs": 2, "batch_size": 16, "lr": 0.1},
        "space": SPACE,
        "sampler": {"name": "random"},
        "objectives": {"error": "minimize"},
        "budget": {"trials": 4},
        "seeds": [0],
    }
)
FACTS = DATASETS["digits"]


def settings_of(values: dict[str, Scalar]) -> dict[str, Any]:
    """What the cell.yaml of a point says."""
    assert FACTS
    document = STUDY.suggested(values, FACTS).document()
    return {**document["architecture"], "recipe": document["recipe"]}


@pytest.mark.parametrize("seed", range(40))
def test_a_point_is_found_from_its_cell(seed: int) -> None:
    assert STUDY.search
    draw = random.Random(seed)

    def choose(knob: Knob) -> Scalar:
        if knob.range.values is not None:
            return draw.choice(list(knob.range.values))
        return draw.uniform(knob.range.low, knob.range.high)

    settings = None
    while settings is None:
        values = STUDY.search.space.walk(choose)
        with suppress(RuleErrors):  # a few of the space cannot be built: the next is drawn
            settings = settings_of(values)
    points = list(islice(points_of(STUDY.search.space, settings), 1_000))
    assert values in points
    # Tried are widths, as none is not written, connectivities: two of a word, ten fractions, and
    # sixteen compressions, as that of 1 is not written.
    assert len(points) <= 3 * 12 * 16


def test_what_lies_beyond_the_space_is_no_point() -> None:
    assert STUDY.search
    settings = settings_of(
        {
            "depth": 10,
            "growth_rate": 4,
            "bottleneck_width": 1,
            "compression": 0.5,
            "connectivity": "dense",
            "recipe.lr": 0.1,
            "recipe.momentum": 0.9,
        }
    )
    settings["growth_rate"] = 5  # between two steps
    assert list(points_of(STUDY.search.space, settings)) == []

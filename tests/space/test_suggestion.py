"""A point of a space -> a network and a recipe."""

from __future__ import annotations

import pytest

from ablate.cells import Recipe
from ablate.space import FloatRange, Knob, Space, suggestion
from ablate.space.space import Slot
from ablate.text import RuleErrors

RATE = Knob("recipe.momentum", FloatRange(0.5, 0.9))
SPACE = Space((RATE,), {"family": "densenet", "depth": 22, "recipe": {"momentum": Slot(RATE.name)}})


def test_a_recipe_is_changed_by_a_point() -> None:
    _, recipe = suggestion(SPACE, {RATE.name: 0.5}, Recipe(epochs=2, lr=0.2), True, None)
    assert recipe == Recipe(epochs=2, lr=0.2, momentum=0.5)


def test_a_recipe_that_a_point_breaks_is_told_by_setting() -> None:
    with pytest.raises(RuleErrors) as caught:
        suggestion(SPACE, {RATE.name: 0.8}, Recipe(epochs=2, optimizer="adamw"), True, None)
    rule = "is read only with optimizer: sgd; this recipe has optimizer: adamw"
    assert caught.value.broken == (("recipe.momentum", rule),)

"""A variant's own recipe: laid over the study's, with its faults where they were written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ablate.cells import Recipe
from ablate.study import Study

DENSE: dict[str, Any] = {"family": "densenet", "depth": 22}


def variants(**recipe: Any) -> dict[str, Any]:
    return {"A": DENSE, "B": {**DENSE, "recipe": recipe}}


def test_a_variant_may_have_a_recipe_of_its_own(study: Callable[..., Study]) -> None:
    recipe = {"epochs": 2, "weight_decay": 5e-4, "lr_drops": [0.3]}
    found = study(recipe=recipe, variants=variants(lr=0.05, lr_drops=None, cutout=16))
    first, second = (cell.cell.recipe for cell in found.cells())
    assert first == Recipe(**recipe)
    assert second == Recipe(epochs=2, weight_decay=5e-4, lr=0.05, cutout=16)


def test_every_point_of_its_sweep_has_it(study: Callable[..., Study]) -> None:
    swept = {"family": "densenet", "sweep": {"depth": [22, 40]}, "recipe": {"lr": 0.05}}
    found = study(variants={"A": DENSE, "B": swept})
    assert [cell.cell.recipe.lr for cell in found.cells()] == [0.1, 0.05, 0.05]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lrr": 1}, "variants.B.recipe.lrr: unknown key `lrr`. Did you mean `lr`?"),
        ({"lr": 0}, "variants.B.recipe.lr: must be > 0, got 0"),
        ({"lr_drops": [0.5, 2]}, "variants.B.recipe.lr_drops[1]: must be < 1, got 2"),
        (
            {"optimizer": "adamw"},
            "recipe.momentum: is read only with optimizer: sgd; this recipe has optimizer: adamw "
            "(variant B)",
        ),
    ],
)
def test_faults(messages: Callable[..., list[str]], change: dict[str, Any], message: str) -> None:
    recipe = {"epochs": 2, "momentum": 0.8}
    assert messages(recipe=recipe, variants=variants(**change)) == [message]


def test_it_must_be_a_map(messages: Callable[..., list[str]]) -> None:
    found = messages(variants={"A": {**DENSE, "recipe": 3}})
    assert found == ["variants.A.recipe: must be a map of settings, got 3"]


def test_the_study_s_own_faults_are_told_once(messages: Callable[..., list[str]]) -> None:
    found = messages(recipe={"epochs": 0}, variants=variants(lr=0.05))
    assert found == ["recipe.epochs: must be >= 1, got 0"]


def test_the_best_epoch_needs_the_test_set(messages: Callable[..., list[str]]) -> None:
    best = {"preset": "densenet-2017-svhn", "epochs": None, "report": "best_validation"}
    (found,) = messages(data={"dataset": "svhn"}, variants=variants(**best))
    assert found.startswith("variants.B.recipe.report: best_validation needs evaluate: test")

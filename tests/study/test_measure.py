"""Studies that are measured; what they refuse is in `tests/broken_studies`."""

from __future__ import annotations

from typing import Any

from ablate.networks import USUAL
from ablate.study import Study, load_study

STUDY: dict[str, Any] = {
    "kind": "measure",
    "name": "memory",
    "data": {"dataset": "cifar10", "augment": True},
    "recipe": {"preset": "densenet-2017", "batch_size": 8, "precision": "bf16"},
    "variants": {"BC": {"family": "densenet", "bottleneck_width": 4, "compression": 0.5}},
    "sweep": {"depth": [22, 40]},
}


def study(**changes: Any) -> Study:
    return load_study({**STUDY, **changes})


def test_a_measure_study_has_points_and_no_baseline() -> None:
    found = study()
    assert found.is_measured and found.search is None and found.baseline == ""
    assert [point.sweep for point in found.points] == [{"depth": 22}, {"depth": 40}]
    assert found.file.implementations == USUAL


def test_implementations_are_read() -> None:
    assert study(implementations=["timm"]).file.implementations == ("timm",)


def test_a_variant_may_be_measured_with_a_recipe_of_its_own() -> None:
    variants = {"BC": {**STUDY["variants"]["BC"], "recipe": {"batch_size": 2}}}
    found = study(variants=variants)
    assert found.recipe_of(found.points[0]).batch_size == 2


def test_the_same_networks_are_another_question_to_a_study_that_trains() -> None:
    trains = study(kind="train", baseline="BC")
    assert not trains.is_measured
    assert trains.points == study().points and trains.trains() != study().trains()

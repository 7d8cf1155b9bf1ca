"""Every file in `search_spaces/`: is read, and random points of it build and fit CIFAR-10."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from ablate.cells import DATASETS
from ablate.networks import FAMILIES
from ablate.space import Choice, Knob, slots
from ablate.study import Study, load_study
from ablate.text import Scalar

SPACES = sorted((Path(__file__).parents[1] / "search_spaces").glob("*.yaml"))
TWO_SPELLINGS = {"depth"}  # block_layers says it too
FROM_DATA = {"in_channels", "classes", "image_size"}


def study_of(path: Path) -> Study:
    return load_study(
        {
            "name": "s",
            "data": {"dataset": "cifar10"},
            "recipe": {"epochs": 1},
            "space": str(path),
            "budget": {"trials": 1},
        }
    )


def test_there_are_spaces() -> None:
    assert {path.stem for path in SPACES} >= {"densenet_bc", "densenet_all", "resnet_preact"}


@pytest.mark.parametrize("path", SPACES, ids=lambda path: path.stem)
def test_random_points_build_and_fit(path: Path) -> None:
    study, facts, generator = study_of(path), DATASETS["cifar10"], random.Random(0)
    assert study.search and facts

    def draw(knob: Knob) -> Scalar:
        found = knob.range
        if isinstance(found, Choice):
            return generator.choice(found.options)
        return generator.uniform(found.low, found.high)

    keys = set()
    for _ in range(50):
        cell = study.suggested(study.search.space.walk(draw), facts)
        assert cell.architecture.image_size == 32
        keys.add(cell.key)
    assert len(keys) > 40


def test_densenet_all_has_every_knob() -> None:
    search = study_of(next(path for path in SPACES if path.stem == "densenet_all")).search
    assert search
    searched = {key for key, value in search.space.settings.items() if any(slots(value))}
    settings = set(FAMILIES["densenet"].model_fields) - FROM_DATA - TWO_SPELLINGS - {"family"}
    assert settings - searched == {"stem"}  # the ImageNet stem is for other data

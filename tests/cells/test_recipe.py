"""The recipe: presets, rules between its settings."""

from __future__ import annotations

from typing import Any

import pytest

from ablate.cells import Data, Recipe
from ablate.cells.recipe import PRESETS
from ablate.errors import Fault
from ablate.text import from_plain, validate


def faults(**settings: Any) -> list[str]:
    found: list[Fault] = []
    assert validate(Recipe, from_plain(settings, ""), (), found) is None
    return [str(fault) for fault in found]


NAMES = "densenet-2017, densenet-2017-svhn, densenet-2017-imagenet"
NO_EPOCHS = f"epochs: required key is missing (or give preset: {NAMES})"


def test_the_preset_is_the_paper_s_recipe() -> None:
    recipe = Recipe.model_validate({"preset": "densenet-2017"})
    assert (recipe.epochs, recipe.batch_size, recipe.optimizer) == (300, 64, "sgd")
    assert (recipe.lr, recipe.momentum, recipe.nesterov) == (0.1, 0.9, True)
    assert (recipe.weight_decay, recipe.lr_drops, recipe.lr_drop_factor) == (1e-4, (0.5, 0.75), 0.1)


SVHN = "densenet-2017-svhn"
VALIDATION, TEST = (Data(dataset="svhn", evaluate=e) for e in ("validation", "test"))


def test_the_svhn_preset_is_shorter_and_picks_its_epoch_to_test() -> None:
    usual = Recipe.model_validate({"preset": "densenet-2017"})
    recipe = Recipe.model_validate({"preset": SVHN})
    assert recipe.canonical(TEST) == {"epochs": 40, "report": "best_validation"}
    assert recipe.canonical(VALIDATION) == {"epochs": 40}  # the last is reported
    changes = {"preset": usual.preset, "epochs": usual.epochs}
    assert recipe.model_copy(update=changes) == usual


def test_only_the_svhn_preset_picks_an_epoch() -> None:
    recipes = {name: Recipe.model_validate({"preset": name}) for name in PRESETS}
    assert [name for name, recipe in recipes.items() if recipe.picks(TEST)] == [SVHN]
    assert not any(recipe.picks(VALIDATION) for recipe in recipes.values())
    assert Recipe(preset=SVHN, epochs=1, report="best_validation").picks(TEST)
    last = Recipe(preset=SVHN, epochs=1, report="last")
    assert not last.picks(TEST) and last.canonical(TEST) == {"epochs": 1}


def test_imagenet_is_trained_as_in_the_paper() -> None:
    recipe = Recipe.model_validate({"preset": "densenet-2017-imagenet"})
    assert (recipe.epochs, recipe.batch_size, recipe.lr, recipe.report) == (90, 256, 0.1, None)
    assert [share * recipe.epochs for share in recipe.lr_drops] == [30, 60]


def test_imagenets_batch_comes_in_parts_for_one_to_eight_devices() -> None:
    recipe = Recipe.model_validate({"preset": "densenet-2017-imagenet"})
    assert (recipe.accumulate, recipe.images_at_once) == (8, 32)
    assert all(recipe.accumulate % devices == 0 for devices in (1, 2, 4, 8))


def test_another_batch_than_imagenets_is_whole() -> None:
    """As was every batch that an earlier version wrote down, whose keys stay."""
    for images in (8, 256):
        written = {"preset": "densenet-2017-imagenet", "batch_size": images}
        assert Recipe.model_validate(written).accumulate == 1


def test_a_preset_gives_way_to_another_schedule() -> None:
    recipe = Recipe.model_validate({"preset": "densenet-2017-imagenet", "schedule": "cosine"})
    parts = {"accumulate": 8, "accumulating": 2}
    assert recipe.canonical(TEST) == {"epochs": 90, "batch_size": 256, "schedule": "cosine"} | parts


@pytest.mark.parametrize(("accumulate", "images"), [(1, 10), (2, 5), (3, 4), (4, 3)])
def test_images_that_a_step_holds_at_once(accumulate: int, images: int) -> None:
    assert Recipe(epochs=1, batch_size=10, accumulate=accumulate).images_at_once == images


@pytest.mark.parametrize(
    ("report", "evaluate", "broken"),
    [
        ("last", "test", []),
        (None, "validation", []),
        ("best_validation", "test", []),
        (
            "best_validation",
            "validation",
            [
                (
                    "report",
                    "best_validation needs evaluate: test; the error that picks is none to report",
                )
            ],
        ),
    ],
)
def test_the_error_that_picks_an_epoch_is_not_reported(
    report: str | None, evaluate: str, broken: list[tuple[str, str]]
) -> None:
    recipe = Recipe(preset="densenet-2017-svhn", epochs=1, report=report)
    assert recipe.broken_for(Data(dataset="svhn", evaluate=evaluate)) == broken


def test_what_is_written_wins_over_the_preset() -> None:
    assert Recipe.model_validate({"preset": "densenet-2017", "epochs": 30}).epochs == 30


def test_every_preset_is_complete() -> None:
    assert all(Recipe.model_validate({"preset": name}).epochs >= 1 for name in PRESETS)


@pytest.mark.parametrize(
    ("settings", "messages"),
    [
        ({}, [NO_EPOCHS]),
        ({"epochs": None}, [NO_EPOCHS]),
        ({"epochs": True}, ["epochs: must be a whole number, got true"]),
        ({"epochs": 2, "batch_size": 1}, ["batch_size: must be >= 2, got 1"]),
        ({"epochs": 2, "batch_size": 64.0}, ["batch_size: must be a whole number, got 64.0"]),
        ({"epochs": 2, "momentum": 1}, ["momentum: must be < 1, got 1"]),
        ({"epochs": 2, "lr_drops": [0.75, 0.5]}, ["lr_drops: must rise, got [0.75, 0.5]"]),
        ({"epochs": 2, "lr_drops": [0.5, 0.5]}, ["lr_drops: must rise, got [0.5, 0.5]"]),
        ({"epochs": 2, "lr_drops": [1.0]}, ["lr_drops[0]: must be < 1, got 1.0"]),
        ({"epochs": 2, "momentum": 0}, ["nesterov: needs a momentum above 0"]),
        (
            {"epochs": 2, "optimizer": "adamw", "momentum": 0.9, "nesterov": False},
            [
                "momentum: is read only with optimizer: sgd; this recipe has optimizer: adamw",
                "nesterov: is read only with optimizer: sgd; this recipe has optimizer: adamw",
            ],
        ),
        (
            {"epochs": 2, "schedule": "one_cycle", "lr_drops": [0.5], "lr_drop_factor": 0.1},
            [
                "lr_drops: is read only with schedule: step; this recipe has schedule: one_cycle",
                "lr_drop_factor: is read only with schedule: step; "
                "this recipe has schedule: one_cycle",
            ],
        ),
        (
            {"epochs": 2, "warmup": 0.3},
            ["warmup: is read only with schedule: one_cycle; this recipe has schedule: step"],
        ),
        # A preset nobody knows is one fault, and hides no other.
        (
            {"preset": "densenet2017", "lr": 0},
            [
                "preset: unknown preset 'densenet2017'. Did you mean `densenet-2017`?",
                "lr: must be > 0, got 0",
            ],
        ),
        (
            {"preset": ["x"]},
            [f"preset: unknown preset ['x']; valid: {NAMES}"],
        ),
        (
            {"epochs": 1, "batch_size": 9, "accumulate": 5},
            ["accumulate: must be <= 4, as a part needs two images for batch norm, got 5"],
        ),
        (
            {"preset": "densenet-2017", "report": "best_validation"},
            ["report: best_validation is for preset: densenet-2017-svhn only"],
        ),
        (
            {"epochs": 2, "report": "best"},
            ["report: must be one of last, best_validation, got 'best'"],
        ),
    ],
)
def test_rules(settings: dict[str, Any], messages: list[str]) -> None:
    assert faults(**settings) == messages


def test_no_drops_is_a_constant_rate() -> None:
    assert Recipe(epochs=1, lr_drops=()).lr_drops == ()


@pytest.mark.parametrize(
    ("preset", "augment", "dropout"),
    [
        ("densenet-2017", False, 0.2),
        ("densenet-2017", True, 0.0),
        ("densenet-2017-svhn", False, 0.2),
        ("densenet-2017-svhn", True, 0.0),
        ("densenet-2017-imagenet", False, 0.0),
        (None, False, 0.0),
    ],
)
def test_automatic_dropout(preset: str | None, augment: bool, dropout: float) -> None:
    assert Recipe(preset=preset, epochs=1).dropout(augment) == dropout

"""Cells and their keys: what changes a key, what does not, and the keys of today, pinned."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ablate.cells import DATASETS, Cell, Data, DatasetFacts, Recipe, hash_of, settings_of
from ablate.errors import SpecError
from ablate.networks import FAMILIES, DenseNet, architecture
from tests.families import ALL_KNOBS, SMALL, two_values

CIFAR = DATASETS["cifar10"]
DIGITS = DATASETS["digits"]
SVHN = DATASETS["svhn"]
assert CIFAR is not None and DIGITS is not None and SVHN is not None
BC = {"family": "densenet", "depth": 100, "bottleneck_width": 4, "compression": 0.5}
Settings = dict[str, Any]


def cell(
    network: Settings | None = None,
    recipe: Settings | None = None,
    data: Settings | None = None,
    seed: int = 0,
    facts: DatasetFacts = CIFAR,
) -> Cell:
    """A cell of DenseNet-BC on CIFAR-10+, with other parts as given; dropout as in a study."""
    how = Recipe.model_validate(recipe or {"preset": "densenet-2017"})
    what = Data.model_validate(data or {"dataset": "cifar10", "augment": True})
    made = architecture(**(network or BC)).resolve(
        in_channels=facts.channels,
        classes=facts.classes,
        image_size=facts.image_size,
        dropout=how.dropout(what.augment),
    )
    return Cell(made, how, what, seed, facts)


# A key that changes here is a record lost there: every finished cell of that kind would be trained
# again. Change one only together with a version in that part of the key (READING in data.py, say),
# and only if the old cell would train differently today.
GOLDEN = {
    "DenseNet-BC on C10+": (cell(), "b892121df54df6fa"),
    "DenseNet on C10": (
        cell({"family": "densenet", "depth": 40}, data={"dataset": "cifar10"}, seed=3),
        "3ec0fc65d5908e05",
    ),
    "sparse, post-activation": (
        cell(
            {
                "family": "densenet",
                "block_layers": [2, 3],
                "growth_rate": [4, 8],
                "connectivity": {"fraction": 0.3},
                "activation_order": "post",
                "init": "he_fan_in",
                "dropout": 0.1,
            },
            {"epochs": 5, "optimizer": "adamw", "schedule": "one_cycle", "precision": "bf16"},
            {"dataset": "digits", "limit": 100, "split_seed": 2},
            facts=DIGITS,
        ),
        "3f248a3d44e0072f",
    ),
    "ResNet-110": (
        cell({"family": "resnet_preact", "depth": 110, "block": "basic"}, {"epochs": 164}),
        "93e004be11859da3",
    ),
    "DenseNet on SVHN": (
        cell(
            {"family": "densenet", "depth": 40},
            {"preset": "densenet-2017-svhn"},
            {"dataset": "svhn", "evaluate": "test"},
            facts=SVHN,
        ),
        "7ff181a551190155",
    ),
    "the last epoch on SVHN": (
        cell(
            {"family": "densenet", "depth": 40},
            {"preset": "densenet-2017-svhn"},
            {"dataset": "svhn"},
            facts=SVHN,
        ),
        "d3493a17db3f867a",
    ),
    "SVHN with nothing held out": (  # as ever
        cell(
            {"family": "densenet", "depth": 40},
            {"preset": "densenet-2017-svhn", "report": "last"},
            {"dataset": "svhn", "evaluate": "test"},
            facts=SVHN,
        ),
        "98a0fc8ffee62309",
    ),
    "arrays": (
        cell(
            {"family": "densenet", "depth": 10},
            {"epochs": 3},
            {"dataset": "arrays", "name": "mine", "hold_out": 20},
            facts=replace(DIGITS, fingerprint="155d62cf0a1b2c3d"),
        ),
        "83ef4454fe960a60",
    ),
    "All-CNN": (cell({"family": "all_cnn"}), "a16b0a3c3827405d"),
    "DSN": (cell({"family": "dsn"}), "27a322a399bd31a1"),
    "FractalNet": (
        cell({"family": "fractalnet", "dropout": [0, 0.1, 0.2, 0.3, 0.4], "drop_path": 0.15}),
        "d54efd603893abfb",
    ),
    "highway": (cell({"family": "highway"}), "eef5f6e6d33a732c"),
    "NIN": (cell({"family": "nin"}), "7fc22ec6fc132b24"),
    "stochastic depth": (cell({"family": "resnet", "stochastic_depth": 0.5}), "cd37d3661f58c6e8"),
    "wide ResNet": (cell({"family": "wide_resnet", "dropout": 0.3}), "79fc96a0ec3f063d"),
    "whole batches of 256": (cell(recipe={"epochs": 90, "batch_size": 256}), "f6b7c53299a151f4"),
    "batches in four parts": (
        cell(recipe={"epochs": 90, "batch_size": 256, "accumulate": 4}),
        "91e3620137871ab0",
    ),
    # As an earlier version wrote its preset's batch down: whole.
    "ImageNet, written down": (
        cell(
            recipe={"preset": "densenet-2017-imagenet", "epochs": 90, "batch_size": 256},
        ),
        "095fad445391047d",
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_keys(name: str) -> None:
    made, key = GOLDEN[name]
    assert made.key == key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            {"network": {**BC, "depth": None, "block_layers": [16, 16, 16]}},
            {},
        ),
        ({"recipe": {"epochs": 300}}, {}),
        ({"recipe": {"epochs": 300, "report": "last"}}, {}),
        (
            {"recipe": {"preset": "densenet-2017-svhn", "report": "last"}},
            {"recipe": {"epochs": 40}},
        ),
        (
            {"recipe": {"preset": "densenet-2017-svhn", "epochs": 300, "report": "last"}},
            {"recipe": {"preset": "densenet-2017"}},
        ),
        (
            {"recipe": {"preset": "densenet-2017", "lr": 0.1, "batch_size": 64, "momentum": 0.9}},
            {},
        ),
        ({"network": {**BC, "growth_rate": 12, "dropout": 0, "stem_channels": 24}}, {}),
        ({"network": {**BC, "in_channels": 3, "classes": 10, "image_size": 32}}, {}),
        (
            {"data": {"dataset": "cifar10", "augment": True, "pad": "mean", "hold_out": 5000}},
            {},
        ),
        (
            # `auto` is a number in the key: 0.2 under the preset without augmentation.
            {"data": {"dataset": "cifar10"}},
            {"data": {"dataset": "cifar10"}, "network": {**BC, "dropout": 0.2}},
        ),
    ],
)
def test_what_is_neutral_leaves_the_key_alone(one: Settings, other: Settings) -> None:
    assert cell(**one).key == cell(**other).key


def test_a_cell_is_hashed_once() -> None:
    """Studies have thousands of them, and ask for it in several places."""
    one = cell()
    assert one.document()["key"] is one.key
    assert replace(one, seed=7).key != one.key


def test_the_seed_changes_the_key() -> None:
    assert len({cell(seed=seed).key for seed in range(5)}) == 5


# Field -> (settings around it, value one, value two). A new field needs an entry here, which is the
# proof that a cell with another value is another cell.
RECIPE_FIELDS: dict[str, tuple[Settings, Any, Any]] = {
    "epochs": ({}, 2, 3),
    "batch_size": ({}, 64, 128),
    "accumulate": ({}, 1, 2),
    "optimizer": ({}, "sgd", "adamw"),
    "lr": ({}, 0.1, 0.2),
    "momentum": ({}, 0.9, 0.8),
    "nesterov": ({}, True, False),
    "weight_decay": ({}, 1e-4, 0),
    "schedule": ({}, "step", "cosine"),
    "lr_drops": ({}, [0.5, 0.75], [0.5]),
    "lr_drop_factor": ({}, 0.1, 0.2),
    "warmup": ({"schedule": "one_cycle"}, 0.3, 0.2),
    "augmentation": ({}, None, "json:JSONDecoder"),  # whatever can be called
    "loss": ({}, None, "json:JSONDecoder"),
    "cutout": ({}, None, 8),
    "mixup": ({}, None, 0.2),
    "cutmix": ({}, None, 1.0),
    "ema_decay": ({}, None, 0.999),
    "clip_norm": ({}, None, 1.0),
    "label_smoothing": ({}, 0.0, 0.1),
    "precision": ({}, "fp32", "bf16"),
}
DATA_FIELDS: dict[str, tuple[Settings, Any, Any]] = {
    "dataset": ({}, "cifar10", "digits"),
    "name": ({"dataset": "arrays"}, "one", "two"),
    "augment": ({}, False, True),
    "pad": ({"augment": True}, "mean", "black"),
    "evaluate": ({}, "validation", "test"),
    "hold_out": ({}, 5_000, 1_000),
    "limit": ({}, 1_000, 2_000),
    "split_seed": ({}, 0, 1),
    "image_size": ({"dataset": "imagenet"}, 224, 160),
}
# `preset` is where a recipe starts, and says nothing that the other fields and the resolved dropout
# do not; `family` is in every network by name; `settings` make images, which are in the key.
NOT_IN_THE_KEY = {"preset", "family", "settings"}


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (Recipe, {**RECIPE_FIELDS, "report": None}),
        (Data, DATA_FIELDS),
    ],
)
def test_every_field_has_an_entry(model: Any, fields: Settings) -> None:
    assert set(fields) == set(model.model_fields) - NOT_IN_THE_KEY


def both(fields: Settings, field: str) -> list[Settings]:
    around, one, other = fields[field]
    return [{**around, field: value} for value in (one, other)]


@pytest.mark.parametrize("field", RECIPE_FIELDS)
def test_every_field_of_a_recipe_changes_the_key(field: str) -> None:
    one, other = both(RECIPE_FIELDS, field)
    assert cell(recipe={"epochs": 2, **one}).key != cell(recipe={"epochs": 2, **other}).key


@pytest.mark.parametrize("field", DATA_FIELDS)
def test_every_field_of_data_changes_the_key(field: str) -> None:
    # One network and one set of facts for both, so that nothing else can differ.
    keys = {
        cell(data={"dataset": "cifar10", **settings}, recipe={"epochs": 2}).key
        for settings in both(DATA_FIELDS, field)
    }
    assert len(keys) == 2


@pytest.mark.parametrize(("family", "knob"), ALL_KNOBS)
def test_every_field_of_an_architecture_changes_the_key(family: str, knob: str) -> None:
    usual = cell()
    keys = {
        Cell(made.resolve(), usual.recipe, usual.data, usual.seed, usual.facts).key
        for made in two_values(family, knob)
    }
    assert len(keys) == 2


def test_a_recipe_that_does_not_go_with_the_data_is_no_cell() -> None:
    recipe = {"preset": "densenet-2017-svhn", "report": "best_validation"}
    with pytest.raises(SpecError) as caught:
        cell(recipe=recipe, data={"dataset": "svhn"})
    assert str(caught.value) == (
        "recipe.report: best_validation needs evaluate: test; "
        "the error that picks is none to report"
    )


def test_families_differ_in_key() -> None:
    small_ones = [{"family": family, **settings} for family, settings in SMALL.items()]
    networks = [{**network, "image_size": None} for network in small_ones]
    assert len({cell(network).key for network in networks}) == len(FAMILIES)


def test_two_families_may_say_the_same_network() -> None:
    wide = {"family": "wide_resnet", "depth": 16, "widen_factor": 1}
    preact = {"family": "resnet_preact", "depth": 14, "block": "basic", "init": "he_fan_in"}
    assert cell(wide).key == cell(preact).key


def test_settings_are_what_a_user_would_write() -> None:
    assert settings_of(DenseNet(depth=40, growth_rate=12)) == {"family": "densenet", "depth": 40}
    assert settings_of(architecture(**BC, connectivity={"window": 2})) == {
        **BC,
        "connectivity": {"window": 2},
    }


def test_a_hash_does_not_depend_on_the_order_of_keys() -> None:
    assert hash_of({"a": 1, "b": [2]}) == hash_of({"b": [2], "a": 1})
    assert hash_of({"a": 1}) != hash_of({"a": 2})
    assert len(hash_of({})) == 16 and int(hash_of({}), 16) >= 0
    with pytest.raises(ValueError, match="JSON"):
        hash_of({"a": float("nan")})


def test_how_the_epoch_is_picked_changes_the_key() -> None:
    on_test = {"dataset": "cifar10", "evaluate": "test"}
    svhn = {"preset": "densenet-2017-svhn"}
    picked, written_out, last = (
        cell(recipe={**svhn, **more}, data=on_test).key
        for more in ({}, {"report": "best_validation"}, {"report": "last"})
    )
    assert picked == written_out != last

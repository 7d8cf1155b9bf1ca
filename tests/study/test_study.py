"""A study: variants x sweep x seeds -> cells in order, and the faults on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ablate.cells import DatasetFacts, point_label
from ablate.errors import SpecError
from ablate.networks import DenseNet
from ablate.study import Study, load_study

Load = Callable[..., Study]
Messages = Callable[..., list[str]]

DENSE: dict[str, Any] = {"family": "densenet"}
TWO: dict[str, Any] = {
    "A": {**DENSE, "sweep": {"depth": [22, 40]}},
    "B": {**DENSE, "bottleneck_width": 4, "sweep": {"depth": [22, 28, 40]}},
}


def labels(study: Study) -> list[str]:
    return [cell.label for cell in study.cells()]


def test_cells_come_by_variant_then_point_then_seed(study: Load) -> None:
    assert labels(study(variants=TWO, seeds=[3, 1])) == [
        "A depth=22 seed=3",
        "A depth=22 seed=1",
        "A depth=40 seed=3",
        "A depth=40 seed=1",
        "B depth=22 seed=3",
        "B depth=22 seed=1",
        "B depth=28 seed=3",
        "B depth=28 seed=1",
        "B depth=40 seed=3",
        "B depth=40 seed=1",
    ]


def test_a_sweep_reaches_the_network(study: Load) -> None:
    layers = [
        len(point.architecture.resolve().network().blocks[0].layers)  # type: ignore[attr-defined]
        for point in study(variants=TWO).points
    ]
    assert layers == [6, 12, 3, 4, 6]


def test_the_shared_sweep_is_for_variants_without_their_own(study: Load) -> None:
    made = study(
        variants={
            "A": {**DENSE},
            "B": {**DENSE, "sweep": {"depth": [7]}},
            "C": {**DENSE, "depth": 10, "sweep": {}},
        },
        sweep={"depth": [22, 40]},
    )
    assert labels(made) == [
        "A depth=22 seed=0",
        "A depth=40 seed=0",
        "B depth=7 seed=0",
        "C seed=0",
    ]


def test_several_sweeps_are_multiplied_and_the_last_changes_fastest(study: Load) -> None:
    sweep = {"depth": [22, 40], "connectivity": ["log", {"window": 2}]}
    made = study(variants={"A": {**DENSE, "sweep": sweep}})
    assert [point_label(point.variant, point.sweep) for point in made.points] == [
        "A depth=22 connectivity=log",
        "A depth=22 connectivity={window: 2}",
        "A depth=40 connectivity=log",
        "A depth=40 connectivity={window: 2}",
    ]
    assert made.sweep_keys == ("depth", "connectivity")


def test_null_may_be_swept(study: Load) -> None:
    sweep = {"bottleneck_width": [None, 4]}
    made = study(variants={"A": {**DENSE, "depth": 22, "sweep": sweep}})
    assert labels(made) == ["A bottleneck_width=null seed=0", "A bottleneck_width=4 seed=0"]


def test_cells_are_fitted_to_the_data(study: Load) -> None:
    (cell,) = study(data={"dataset": "digits"}).cells()
    made = cell.cell.architecture
    assert (made.in_channels, made.classes, made.image_size) == (1, 10, 8)


@pytest.mark.parametrize(
    ("recipe", "augment", "dropout"),
    [
        ({"preset": "densenet-2017"}, False, 0.2),
        ({"preset": "densenet-2017"}, True, 0.0),
        ({"epochs": 300}, False, 0.0),
    ],
)
def test_automatic_dropout_is_the_paper_s(
    study: Load, recipe: dict[str, Any], augment: bool, dropout: float
) -> None:
    (cell,) = study(recipe=recipe, data={"dataset": "cifar10", "augment": augment}).cells()
    assert isinstance(cell.cell.architecture, DenseNet)
    assert cell.cell.architecture.dropout == dropout


def test_arrays_need_their_facts(study: Load) -> None:
    made = study(data={"dataset": "arrays", "name": "mine"})
    with pytest.raises(ValueError, match="facts of arrays"):
        made.cells()
    facts = DatasetFacts(2, 16, 5, 100, 20, 10, 1, False, (0.0, 0.0), (1.0, 1.0), "abc")
    (cell,) = made.cells(facts)
    assert (cell.cell.architecture.in_channels, cell.cell.architecture.classes) == (2, 5)


def test_what_only_the_arrays_show_is_refused_with_them(study: Load) -> None:
    made = study(
        data={"dataset": "arrays", "name": "mine", "limit": 3},
        variants={"A": {**DENSE, "block_layers": [1] * 6}},
    )
    facts = DatasetFacts(2, 16, 5, 8, 20, 4, 1, False, (0.0, 0.0), (1.0, 1.0), "abc")
    with pytest.raises(SpecError) as caught:
        made.cells(facts)
    assert str(caught.value).splitlines() == [
        "study: data.hold_out: must be <= 3 for arrays, got 4",
        "study: data.limit: must be >= 5, the number of classes of arrays, got 3",
        "study: variants.A.image_size: must be >= 32 for 6 blocks behind the cifar stem, "
        "or a feature map vanishes, got 16",
    ]


def test_a_study_is_known_by_name_and_profile(study: Load) -> None:
    made = study(profiles={"smoke": {"seeds": [7]}}, profile="smoke")
    assert (made.name, made.title, study().title) == ("small", "small@smoke", "small")


def test_the_resolved_tree_is_the_same_study(study: Load) -> None:
    profiles = {"p": {"variants": {"A": {"growth_rate": 4}, "C": {**DENSE, "depth": 10}}}}
    made = study(
        variants=TWO, seeds=[0, 1], profiles=profiles, profile="p", sets=("recipe.lr=0.01",)
    )
    again = load_study(made.tree.plain())
    assert [cell.cell for cell in again.cells()] == [cell.cell for cell in made.cells()]
    assert labels(again) == labels(made)
    assert [cell.cell.key for cell in again.cells()] == [cell.cell.key for cell in made.cells()]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": None}, ["name: must be letters, digits, - and _, as a folder is named after it, "
                          "got null"]),
        ({"name": "ünïcode"}, ["name: must be letters, digits, - and _, as a folder is named "
                               "after it, got 'ünïcode'"]),
        ({"baseline": 3}, ["baseline: must be text, got 3"]),
        ({"baseline": "a"}, ["baseline: must be one of the variants, got 'a'. Did you mean `A`?"]),
        ({"variants": None}, ["variants: must be a map, got null"]),
        ({"variants": {}}, ["variants: must not be empty"]),
        ({"variants": {"A": None}}, ["variants.A: must be a map of settings, got null"]),
        ({"seeds": 3},
         ["seeds: must be a list: [0, 1, 2] for the first 3, [3] for the one seed 3"]),
        ({"seeds": []}, ["seeds: must be different numbers, at least one, got []"]),
        ({"seeds": [1.0]}, ["seeds[0]: must be a whole number, got 1.0"]),
        ({"sweep": [1]}, ["sweep: must be a map of setting: [values], got [1]"]),
        ({"sweep": {"growth_rate": 12}},
         ["sweep.growth_rate: must be a list with at least one value, got 12"]),
        ({"sweep": {"growth_rate": [12, 12]}},
         ["sweep.growth_rate: must not repeat a value, got [12, 12]"]),
        ({"sweep": {"growth_rate": [12, 0]}},
         ["sweep.growth_rate[1]: must be a whole number >= 1 or a list of them, got 0 "
          "(variant A)"]),
        ({"sweep": {"family": ["densenet"]}},
         ["sweep.family: cannot be swept (variant A)"]),
        ({"variants": {"A": {**DENSE, "depth": 22, "sweeep": {}}}},
         ["variants.A.sweeep: unknown key `sweeep`. Did you mean `sweep`?"]),
        ({"variants": {"A": {**DENSE, "depth": 22, "sweep": None}}},
         ["variants.A.sweep: must be a map of setting: [values], got null"]),
        # What a setting and a swept one cannot be together is told at the swept value.
        ({"variants": {"A": {**DENSE, "bottleneck_width": 4, "sweep": {"depth": [22, 25]}}}},
         ["variants.A.sweep.depth[1]: must be 6n + 4 with a bottleneck, got 25; "
          "nearest: 22 and 28"]),
        # A fault of every point is told once.
        ({"variants": {"A": {**DENSE, "compression": 0, "sweep": {"depth": [22, 40]}}}},
         ["variants.A.compression: must be a number > 0 and <= 1, got 0"]),
    ],
)  # fmt: skip
def test_faults(messages: Messages, changes: dict[str, Any], expected: list[str]) -> None:
    assert messages(**changes) == expected


@pytest.mark.parametrize("name", ["", "..", ".hidden", "a/b", "a\\b", " a", "a ", "a\nb", "a\tb"])
def test_variant_names_that_are_refused(messages: Messages, name: str) -> None:
    (message,) = messages(variants={name: {**DENSE, "depth": 22}}, baseline=name)
    assert message.endswith("must be printable, without slashes, and start with no dot or blank")


@pytest.mark.parametrize("name", ["A", "DenseNet-BC (L=100, k=12)", "größe", "层", "a.b", "θ = ½"])
def test_variant_names_may_be_any_text(study: Load, name: str) -> None:
    made = study(variants={name: {**DENSE, "depth": 22}}, baseline=name)
    assert labels(made) == [f"{name} seed=0"]


def test_one_fault_hides_no_other(messages: Messages) -> None:
    found = messages(
        name="a/b",
        data={"dataset": "cifar10", "augment": 1},
        recipe={"epochs": 0},
        baseline="C",
        variants={
            "A": {**DENSE, "depth": 23},
            "B": {**DENSE, "depth": 22, "image_size": 64},
            "D": {**DENSE, "compression": 2, "depht": 22, "sweep": {"growth_rate": 12}},
        },
        seeds=[1, 1],
        profiles={"p": {"recipe": {"lr": 0}}},
        unknown=1,
    )
    assert [message.split(": ")[0] for message in found] == [
        "name",
        "data.augment",
        "recipe.epochs",
        "seeds",
        "unknown",
        "variants.A.depth",
        "variants.D.sweep.growth_rate",
        "variants.D.depht",
        "variants.D.compression",
        "baseline",
        "variants.B.image_size",
        "recipe.lr",
    ]


@pytest.mark.parametrize(
    ("dataset", "preset"),
    [
        ("cifar10", "densenet-2017"),
        ("svhn", "densenet-2017-svhn"),
        ("imagenet", "densenet-2017-imagenet"),
    ],
)
def test_where_there_is_nothing_to_choose_nothing_need_be_written(
    dataset: str, preset: str
) -> None:
    short = {
        "name": "s",
        "data": {"dataset": dataset},
        "variants": {"A": {"family": "densenet", "depth": 22}},
    }
    found = load_study(short)
    assert (found.baseline, found.file.recipe.preset) == ("A", preset)
    whole = load_study({**short, "baseline": "A", "recipe": {"preset": preset}})
    assert found.trains() == whole.trains() and found.tree.plain() == whole.tree.plain()


@pytest.mark.parametrize(
    ("sets", "extends"),
    [
        ([], True),
        (["seeds=[0, 1, 2]"], True),
        (["seeds=[2, 1]"], False),
        (["seeds=[0, 1, 2]", "recipe.epochs=9"], False),
    ],
)
def test_more_seeds_extend_a_study(sets: list[str], extends: bool) -> None:
    study = {
        "name": "s",
        "data": {"dataset": "cifar10"},
        "variants": {"A": {"family": "densenet", "depth": 22}},
        "seeds": [0, 1],
    }
    assert load_study(study, sets=sets).extends(load_study(study)) == extends

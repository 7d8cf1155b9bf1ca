"""The map of a space -> knobs. What is refused is in `tests/broken_studies/`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ablate.errors import SpecError
from ablate.space import Choice, Condition, FloatRange, IntRange, Knob, Space
from ablate.space.space_reading import read_space
from ablate.study import Study, load_study
from ablate.text import Reader, as_yaml, from_plain

DENSE: dict[str, Any] = {"family": "densenet", "depth": 22}
FILE = """\
name: s
data: {dataset: cifar10}
recipe: {epochs: 2}
space: spaces/small.yaml
budget: {trials: 3}
profiles:
  fixed: {space: {growth_rate: 8}}
  narrow: {space: {growth_rate: {int: [8, 12]}}}
  other_kind: {space: {growth_rate: {int: null, step: null, choice: [8, 12]}}}
  without: {space: {growth_rate: null}}
  other: {space: spaces/other.yaml}
"""
SMALL = """\
family: densenet
depth: {choice: [22, 40]}
growth_rate: {int: [6, 48], step: 2}
"""
OTHER = "family: resnet_preact\ndepth: {choice: [20, 56]}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "spaces").mkdir()
    (tmp_path / "spaces" / "small.yaml").write_text(SMALL)
    (tmp_path / "spaces" / "other.yaml").write_text(OTHER)
    (tmp_path / "s.yaml").write_text(FILE)
    return tmp_path


def read(written: dict[str, Any], **recipe: Any) -> Space:
    reader = Reader(from_plain({"space": written}, "s"))
    found = read_space(reader, ("space",), recipe)
    assert found and not reader.faults, reader.faults
    return found[0]


def knobs(study: Study) -> dict[str, Any]:
    assert study.search
    return {knob.name: knob.range for knob in study.search.space.knobs}


def test_every_kind_of_range() -> None:
    space = read(
        {
            **DENSE,
            "growth_rate": {"int": [6, 48], "step": 2},
            "bottleneck_width": {"choice": [None, 4]},
            "compression": {"float": [0.25, 1], "step": 0.05, "when": {"growth_rate": ">= 24"}},
            "connectivity": {"choice": ["dense", {"fraction": {"float": [0.1, 1.0]}}]},
            "recipe": {"lr": {"float": [0.01, 1], "log": True}},
        }
    )
    assert space.knobs == (
        Knob("growth_rate", IntRange(6, 48, 2)),
        Knob("bottleneck_width", Choice((None, 4))),
        Knob(
            "compression",
            FloatRange(0.25, 1.0, 0.05),
            (Condition("growth_rate", ">=", (24,)),),
        ),
        Knob("connectivity", Choice(("dense", "fraction"))),
        Knob(
            "connectivity.fraction",
            FloatRange(0.1, 1.0),
            (Condition("connectivity", "==", ("fraction",)),),
        ),
        Knob("recipe.lr", FloatRange(0.01, 1.0, log=True)),
    )


def test_lists_and_maps_are_labelled_by_their_text() -> None:
    options = [[6, 12, 24], {"window": 3}, None, True, 1.5, "log"]
    (knob,) = read({**DENSE, "connectivity": {"choice": options}}).knobs
    assert knob.range == Choice(("[6, 12, 24]", "{window: 3}", None, True, 1.5, "log"))


@pytest.mark.parametrize(
    ("growth", "names"), [(12, ["init"]), (24, ["compression", "dropout", "init"])]
)
def test_conditions_on_fixed_settings_are_decided_at_once(growth: int, names: list[str]) -> None:
    space = read(
        {
            **DENSE,
            "growth_rate": growth,
            "compression": {"choice": [0.5, 1.0], "when": {"growth_rate": ">= 24"}},
            "dropout": {"choice": [0.0, 0.1], "when": {"compression": 0.5}},
            "init": {"choice": ["he_fan_in", "he_fan_out"]},
        }
    )
    assert [knob.name for knob in space.knobs] == names


def test_a_condition_may_name_a_default_and_the_recipe() -> None:
    def names(**when: Any) -> list[str]:
        written = {
            **DENSE,
            "init": {"choice": ["he_fan_in", "he_fan_out"]},
            "dropout": {"float": [0.0, 0.2], "when": when},
            "recipe": {"momentum": 0.8},
        }
        return [knob.name for knob in read(written, lr=0.1, momentum=0.9).knobs]

    for when in ({"connectivity": "dense"}, {"recipe.lr": 0.1}, {"recipe.momentum": 0.8}):
        assert names(**when) == ["init", "dropout"]
    for when in ({"depth": 40}, {"recipe.lr": 1}, {"recipe.momentum": 0.9}):
        assert names(**when) == ["init"]


def test_a_condition_that_a_default_rules_out() -> None:
    written = {**DENSE, "dropout": {"float": [0.0, 0.2], "when": {"connectivity": "log"}}}
    written["growth_rate"] = {"int": [2, 4]}
    reader = Reader(from_plain({"space": written}, "s"))
    assert read_space(reader, ("space",), {}) is None
    rule = "can never hold: connectivity is no knob here and is 'dense' by default, got 'log'"
    assert [str(fault) for fault in reader.faults] == [
        f"s: space.dropout.when.connectivity: {rule}"
    ]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"depth": Choice((22, 40)), "growth_rate": IntRange(6, 48, 2)}),
        ({"profile": "fixed"}, {"depth": Choice((22, 40))}),
        ({"profile": "without"}, {"depth": Choice((22, 40))}),
        ({"profile": "narrow"}, {"depth": Choice((22, 40)), "growth_rate": IntRange(8, 12, 2)}),
        ({"profile": "other_kind"},
         {"depth": Choice((22, 40)), "growth_rate": Choice((8, 12))}),
        ({"profile": "other"}, {"depth": Choice((20, 56))}),
        ({"sets": ["space.depth=22"]}, {"growth_rate": IntRange(6, 48, 2)}),
        ({"profile": "other", "sets": ["space.width={int: [8, 16]}"]},
         {"depth": Choice((20, 56)), "width": IntRange(8, 16)}),
        ({"sets": ["space=spaces/other.yaml", "space.depth={choice: [20, 29]}"]},
         {"depth": Choice((20, 29))}),
    ],
)  # fmt: skip
def test_profiles_and_settings_merge_into_the_file(
    folder: Path, options: dict[str, Any], expected: dict[str, Any]
) -> None:
    assert knobs(load_study(folder / "s.yaml", **options)) == expected


def test_what_is_fixed_is_built(folder: Path) -> None:
    study = load_study(folder / "s.yaml", profile="fixed")
    assert study.search
    found, _ = study.search.space.build({"depth": 40})
    assert found.model_dump()["growth_rate"] == 8


def test_the_resolved_study_holds_the_space(folder: Path, tmp_path: Path) -> None:
    study = load_study(folder / "s.yaml", profile="narrow")
    (tmp_path / "elsewhere").mkdir()
    resolved = tmp_path / "elsewhere" / "study.yaml"
    resolved.write_text(as_yaml(study.tree.plain()))
    again = load_study(resolved)
    assert again.search == study.search and again.trains() == study.trains()


def test_faults_are_told_at_the_line_of_their_file(folder: Path) -> None:
    (folder / "spaces" / "small.yaml").write_text(SMALL.replace("48]", "49]"))
    with pytest.raises(SpecError) as caught:
        load_study(folder / "s.yaml", sets=["space.depth={choice: [22, 23]}"])
    assert str(caught.value).replace(f"{folder}/", "").splitlines() == [
        "spaces/small.yaml:3: space.growth_rate.int[1]: must be reached from 6 in steps of 2, "
        "got 49; nearest: 48 and 50"
    ]
    (folder / "spaces" / "small.yaml").write_text(SMALL)
    with pytest.raises(SpecError) as caught:
        load_study(folder / "s.yaml", sets=["space.depth={choice: [22, 23]}"])
    assert str(caught.value) == (
        "--set space.depth: space.depth.choice[1]: can never be built: must be 3n + 4 without a "
        "bottleneck, got 23; nearest: 22 and 25"
    )


def test_two_kinds_merged_are_a_fault(messages: Callable[..., list[str]]) -> None:
    found = messages(
        baseline=None,
        variants=None,
        budget={"trials": 3},
        space={**DENSE, "growth_rate": {"choice": [8, 12]}},
        profiles={"p": {"space": {"growth_rate": {"int": [6, 48]}}}},
    )
    assert found[-1] == (
        "space.growth_rate: must be one of int, float, choice, got int and choice; a profile that "
        "changes the kind removes the other: `int: null` (with profile p)"
    )

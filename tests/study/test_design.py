"""Designs read from a study: points with their architectures and recipes, and the rules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ablate.cells import DATASETS
from ablate.errors import SpecError
from ablate.study import Study, load_study
from ablate.study.design import point_on_path

BASE = {"family": "densenet", "depth": 22, "growth_rate": 12}
CHANGES: dict[str, Any] = {
    "bottleneck": {"bottleneck_width": 4},
    "compression": {"compression": 0.5},
    "plain momentum": {"recipe": {"nesterov": False}},
}
COMMON: dict[str, Any] = {
    "name": "s",
    "data": {"dataset": "cifar10", "augment": True},
    "recipe": {"epochs": 2, "lr": 0.05},
}
Load = Callable[..., Study]


def study(kind: str, **keys: Any) -> Study:
    """A study of that kind; what no design has stands at the top."""
    top = {k: keys.pop(k) for k in ("sweep", "seeds", "data", "recipe", "profiles") if k in keys}
    options = {k: keys.pop(k) for k in ("profile", "sets") if k in keys}
    design = {"kind": kind, "baseline": BASE, **keys}
    return load_study({**COMMON, "design": design, **top}, **options)


def faults(kind: str, **keys: Any) -> list[str]:
    with pytest.raises(SpecError) as caught:
        study(kind, **keys)
    return [f"{fault.key}: {fault.message}" for fault in caught.value.faults]


def test_changes_are_laid_over_the_baseline_and_over_the_recipe() -> None:
    found = study("one_at_a_time", changes=CHANGES)
    cells = {cell.variant: cell.cell for cell in found.cells()}
    assert list(cells) == ["baseline", *CHANGES]
    assert found.baseline == "baseline"
    assert cells["bottleneck"].architecture.bottleneck_width == 4  # type: ignore[attr-defined]
    assert cells["bottleneck"].recipe == found.file.recipe
    changed = cells["plain momentum"]
    assert (changed.recipe.nesterov, changed.recipe.lr, changed.recipe.epochs) == (False, 0.05, 2)
    assert changed.architecture == cells["baseline"].architecture
    assert len({cell.key for cell in cells.values()}) == 4


def test_cells_are_those_of_the_variants_written_out() -> None:
    written = {"baseline": BASE, **{name: {**BASE, **change} for name, change in CHANGES.items()}}
    variants = load_study({**COMMON, "baseline": "baseline", "variants": written})
    found = study("one_at_a_time", changes=CHANGES)
    assert [c.cell.key for c in found.cells()] == [c.cell.key for c in variants.cells()]


def test_null_takes_a_setting_back_to_its_default() -> None:
    full = {**BASE, "bottleneck_width": 4, "compression": 0.5}
    found = study("one_at_a_time", baseline=full, changes={"plain": {"bottleneck_width": None}})
    assert found.points[1].architecture.bottleneck_width is None  # type: ignore[attr-defined]


def test_dropout_follows_the_recipe_of_the_variant() -> None:
    changes = {"preset": {"recipe": {"preset": "densenet-2017"}}}
    found = study("one_at_a_time", changes=changes, data={"dataset": "cifar10"})
    dropouts = [cell.cell.architecture.dropout for cell in found.cells()]  # type: ignore[attr-defined]
    assert dropouts == [0.0, 0.2]


def test_a_sweep_makes_curves_of_a_design() -> None:
    base = {"family": "densenet"}
    found = study("leave_one_out", baseline=base, changes=CHANGES, sweep={"depth": [22, 40]})
    assert found.sweep_keys == ("depth",)
    assert [(p.variant, p.sweep["depth"]) for p in found.points[:3]] == [
        ("full", 22),
        ("full", 40),
        ("without bottleneck", 22),
    ]
    assert found.points[1].architecture.depth == 40  # type: ignore[attr-defined]


def test_factors_are_sweep_columns() -> None:
    factors = {"compression": [1.0, 0.5], "recipe.nesterov": [True, False]}
    found = study("factorial", factors=factors)
    assert found.sweep_keys == ("compression", "recipe.nesterov")
    assert (found.baseline, found.points[0].variant) == ("s", "s")
    cells = found.cells()
    assert [c.cell.recipe.nesterov for c in cells] == [True, False, True, False]
    assert len({c.cell.key for c in cells}) == 4


def test_a_profile_changes_the_baseline_of_a_design() -> None:
    profiles = {"smoke": {"design": {"baseline": {"growth_rate": 4}}}}
    found = study("path", changes=CHANGES, profiles=profiles, profile="smoke")
    assert {point.architecture.growth_rate for point in found.points} == {4}  # type: ignore[attr-defined]


def test_a_baseline_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text("{family: densenet, depth: 40}", encoding="utf-8")
    text = "{name: s, data: {dataset: cifar10}, recipe: {epochs: 1}, design: {kind: path, "
    text += "baseline: {from: FILE, growth_rate: 4}, changes: {c: {compression: 0.5}}}}"
    (tmp_path / "s.yaml").write_text(text.replace("FILE", "net.yaml"), encoding="utf-8")
    found = load_study(tmp_path / "s.yaml").points[0].architecture
    assert (found.depth, found.growth_rate) == (40, 4)  # type: ignore[attr-defined]
    (tmp_path / "s.yaml").write_text(text.replace("FILE", "other.yaml"), encoding="utf-8")
    with pytest.raises(SpecError) as caught:
        load_study(tmp_path / "s.yaml")
    (fault,) = caught.value.faults
    assert fault.key == "design.baseline.from" and "no such file" in fault.message


def test_a_point_of_a_path_has_its_changes_in_order() -> None:
    tree, facts = study("path", changes=CHANGES).tree, DATASETS["cifar10"]
    assert facts
    point = point_on_path(tree, ("compression", "plain momentum"), facts)
    assert point and point.variant == "compression + plain momentum"
    assert point.architecture.compression == 0.5  # type: ignore[attr-defined]
    assert point.recipe and not point.recipe.nesterov


def test_changes_that_exclude_each_other_are_no_point() -> None:
    changes = {"full": {"connectivity": "full"}, "compression": {"compression": 0.5}}
    found, facts = study("path", changes=changes), DATASETS["cifar10"]
    assert facts and len(found.points) == 3
    assert point_on_path(found.tree, ("full", "compression"), facts) is None


def test_a_fault_in_the_baseline_is_told_once() -> None:
    assert faults("one_at_a_time", baseline={**BASE, "depht": 3}, changes=CHANGES) == [
        "design.baseline.depht: unknown key `depht`. Did you mean `depth`?"
    ]


def test_a_fault_that_a_change_brings_about_names_its_variant() -> None:
    (found,) = faults("leave_one_out", baseline={**BASE, "depth": 25}, changes=CHANGES)
    assert found.startswith("design.baseline.depth: must be 6n + 4 with a bottleneck, got 25")
    assert found.endswith("(variant full)")
    (found,) = faults("factorial", baseline={**BASE, "depth": 25},
                      factors={"bottleneck_width": [None, 4], "compression": [1, 0.5]})  # fmt: skip
    assert found.endswith("(at bottleneck_width: 4, compression: 1)")


def test_the_study_s_recipe_may_not_go_with_a_change() -> None:
    changes = {"adamw": {"recipe": {"optimizer": "adamw"}}}
    recipe = {"epochs": 2, "momentum": 0.8}
    assert faults("path", changes=changes, recipe=recipe) == [
        "recipe.momentum: is read only with optimizer: sgd; this recipe has optimizer: adamw "
        "(variant adamw)"
    ]


@pytest.mark.parametrize(
    ("kind", "keys", "expected"),
    [
        (
            "path",
            {"changes": {"a + b": {"depth": 40}, "baseline": {"depth": 28}, ".x": {"depth": 34}}},
            [
                "design.changes.a + b: is no name for a change: `+` joins names",
                "design.changes.baseline: is no name for a change: is the name of the baseline",
                "design.changes..x: a variant's name must be printable, without slashes, and "
                "start with no dot or blank",
            ],
        ),
        (
            "path",
            {"changes": CHANGES, "sweep": {"depth": [22, 40]}},
            [
                "sweep: is not read with kind: path; it compares points",
                "design.baseline.depth: is set here and swept too, by `sweep`",
            ],
        ),
        (
            "path",
            {"changes": CHANGES, "data": {"dataset": "cifar10", "evaluate": "test"}},
            ["data.evaluate: must be validation: a path may not choose on the test set"],
        ),
        (
            "one_at_a_time",
            {"changes": {"a": {"growth_rate": 12}}},
            ["design.changes.a: changes nothing: a comes to the same as baseline"],
        ),
        (
            "one_at_a_time",
            {"changes": {"a": {"recipe": {"lr": 0.05}}}},
            ["design.changes.a: changes nothing: a comes to the same as baseline"],
        ),
        (
            "one_at_a_time",
            {"changes": {"a": {"recipe": {"lr": 0.1}}, "b": {"recipe": {"lr": 0.1}}}},
            ["design.changes.b: changes nothing: b comes to the same as a"],
        ),
        (
            "leave_one_out",
            {"changes": {"a": {"connectivity": {"window": 4}}, "b": {"connectivity": "log"}}},
            [
                "design.changes.b.connectivity: is set by a too; the full method can have one of "
                "them"
            ],
        ),
        (
            "factorial",
            {"factors": {"growth_rate": [4, 4], "compression": [0.5], "x": {"y": {}, "z": 3}}},
            [
                "design.factors.growth_rate: must not repeat a value, got [4, 4]",
                "design.factors.compression: must be a list of at least 2 values, or a map of "
                "level: settings, got [0.5]",
                "design.factors.x.z: must be a map of settings, got 3",
            ],
        ),
        (
            "factorial",
            {"factors": {k: list(range(1, 8)) for k in ("growth_rate", "bottleneck_width")},
             "seeds": list(range(7))},
            ["design.factors: must come to at most 300 cells, got 343; a variant with its own "
             "`sweep:` may have more, a search needs fewer"],
        ),
    ],
)  # fmt: skip
def test_rules(kind: str, keys: dict[str, Any], expected: list[str]) -> None:
    assert faults(kind, **keys) == expected


def test_a_design_of_nothing_is_a_fault(messages: Callable[..., list[str]]) -> None:
    found = messages(design=None, variants=None, baseline=None)
    assert "design: must be a map of settings, got null" in found


def test_a_name_that_is_no_text_is_told_beside_faults_that_name_it() -> None:
    levels = {"narrow": {"growth_rate": 12}, "usual": {}}
    study = {
        "name": {"a": 1},
        "data": {"dataset": "cifar10"},
        "design": {
            "kind": "factorial",
            "baseline": {"family": "densenet", "depth": 22},
            "factors": {"width": levels},
        },
    }
    with pytest.raises(SpecError) as caught:
        load_study(study)
    first, second = map(str, caught.value.faults)
    assert first.startswith("study: name: must be letters")
    assert "comes to the same as" in second

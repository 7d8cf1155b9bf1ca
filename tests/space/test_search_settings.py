"""Sampler, pruner, objectives, limits and budget. Most faults are in `tests/broken_studies/`."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from ablate.cells import AIMS, COUNTED, METRICS, MORE_ERRORS, QUALITY
from ablate.space import Limits, Objectives, Pruner, Sampler, broken_pruner


def test_costs_are_counted_or_measured() -> None:
    assert set(QUALITY) | set(COUNTED) | {"train_seconds"} == set(AIMS)
    assert set(METRICS) - set(AIMS) == {"step_seconds", "latency_seconds", *MORE_ERRORS}


def test_errors_of_some_datasets_are_no_objective() -> None:
    message = "ten_crop_error: is of few datasets, and known when cells are done: no search can"
    with pytest.raises(ValidationError, match=message):
        TypeAdapter(Objectives).validate_python({"error": "minimize", "ten_crop_error": "minimize"})


def test_what_is_measured_later_is_no_objective() -> None:
    message = "latency_seconds: is measured by `ablate measure` when cells are done"
    with pytest.raises(ValidationError, match=message):
        TypeAdapter(Objectives).validate_python(
            {"error": "minimize", "latency_seconds": "minimize"}
        )


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("none", {}),
        ("median", {"startup": 0}),
        ("asha", {"reduction": 2}),
        ("hyperband", {"reduction": 2}),
        ("pareto", {"margin": 0, "neighbours": 1}),
        ("pareto", {"margin": None, "neighbours": 1}),
    ],
)
def test_each_pruner_reads_its_own_settings(name: str, settings: dict[str, Any]) -> None:
    assert Pruner.model_validate({"name": name, **settings}).name == name
    others = {"startup": 1, "reduction": 2, "margin": 1.0, "neighbours": 1}
    for key in set(others) - set(settings):
        with pytest.raises(ValidationError, match=f"{key}: is read only with"):
            Pruner.model_validate({"name": name, key: others[key]})


def test_reductions_have_their_usual_number() -> None:
    assert Pruner(name="asha").reduction == 4
    assert Pruner(name="hyperband").reduction == 3
    assert Pruner(name="hyperband", reduction=5).reduction == 5


def test_a_grid_reads_no_other_setting() -> None:
    assert Sampler(name="grid").name == "grid"
    for settings in ({"seed": 0}, {"batch": 2}):
        with pytest.raises(ValidationError, match="is not read with grid"):
            Sampler.model_validate({"name": "grid", **settings})


@pytest.mark.parametrize(
    ("written", "limit"),
    [
        ({"params": 1000000}, 1e6),
        ({"params": "1.0M"}, 1e6),
        ({"macs": "300M"}, 3e8),
        ({"flops": "2G"}, 2e9),
        ({"peak_bytes": "2GiB"}, 2 * 2**30),
        ({"saved_bytes": "2GB"}, 2e9),
        ({"saved_bytes": 1e9}, 1e9),
    ],
)
def test_limits(written: dict[str, Any], limit: float) -> None:
    assert TypeAdapter(Limits).validate_python(written) == {next(iter(written)): limit}


def test_objectives_keep_their_order() -> None:
    written = {"params": "minimize", "train_seconds": "minimize", "error": "minimize"}
    assert list(TypeAdapter(Objectives).validate_python(written)) == list(written)


@pytest.mark.parametrize("name", ["median", "asha", "hyperband"])
def test_pruners_of_one_objective(name: Any) -> None:
    pruner = Pruner(name=name)
    assert broken_pruner(pruner, {"error": "minimize"}, set()) == ""
    assert "pareto any number" in broken_pruner(
        pruner, {"error": "minimize", "params": "minimize"}, set()
    )


def test_pareto_goes_with_any_number() -> None:
    pareto = Pruner(name="pareto")
    assert broken_pruner(pareto, {"loss": "minimize"}, {"depth"}) == ""
    assert broken_pruner(pareto, {"loss": "minimize", "macs": "minimize"}, set()) == ""
    assert "minimize only" in broken_pruner(pareto, {"loss": "maximize"}, set())
    assert "recipe.epochs" in broken_pruner(pareto, {"loss": "minimize"}, {"recipe.epochs"})


def test_no_pruner_goes_with_everything() -> None:
    assert broken_pruner(Pruner(), {"error": "maximize"}, {"recipe.epochs"}) == ""

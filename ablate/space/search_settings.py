"""How a space is searched: sampler, pruner, objectives, limits, budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from ablate.cells import AIMS, COUNTED, METRICS, QUALITY
from ablate.text import (
    Frozen,
    NotNegative,
    Positive,
    Real,
    Seed,
    check_rules,
    nearest,
    read_amount,
    show,
)

MOST_BATCH = 1_000  # suggestions: they are made while every worker waits


class Sampler(Frozen):
    """How points are suggested."""

    name: Literal["random", "qmc", "tpe", "gp", "nsga2", "grid"] = "gp"  # by a comparison
    """How the next point is suggested."""
    seed: Seed = 0
    """What random suggestions begin with."""
    batch: Annotated[Positive, Field(le=MOST_BATCH)] | None = None
    """Suggestions made at a time, when all before have ended, so that the sequence can be repeated;
    null: one whenever a worker is free."""

    @model_validator(mode="after")
    def _rules(self) -> Sampler:
        if self.name == "grid":
            read = "is not read with grid, which takes every point in order"
            check_rules((key, read) for key in ("seed", "batch") if key in self.model_fields_set)
        return self


# Settings that each pruner reads.
_READ = {
    "none": (),
    "median": ("startup",),
    "asha": ("reduction",),
    "hyperband": ("reduction",),
    "pareto": ("margin", "neighbours"),
}


class Pruner(Frozen):
    """Which cells are stopped early."""

    name: Literal["none", "median", "asha", "hyperband", "pareto"] = "none"
    """When a cell is stopped before its last epoch."""
    startup: NotNegative = 5
    """median: finished trials before the first is stopped."""
    reduction: Annotated[Positive, Field(ge=2)] = 4
    """One in so many goes on; hyperband: 3."""
    margin: Annotated[Real, Field(ge=0)] | None = None
    """pareto: points of error that are forgiven; null: twice the deviation of an epoch's error at
    that rung, at least 1."""
    neighbours: Positive = 3
    """pareto: cells, no more costly, that must be better."""

    @model_validator(mode="before")
    @classmethod
    def _usual_reduction(cls, value: Any) -> Any:
        if isinstance(value, dict) and value.get("name") == "hyperband":
            return {"reduction": 3, **value}
        return value

    @model_validator(mode="after")
    def _rules(self) -> Pruner:
        owners = {
            key: [name for name in _READ if key in _READ[name]] for key in Pruner.model_fields
        }
        check_rules(
            (key, f"is read only with {' and '.join(owners[key])}; this pruner is {self.name}")
            for key in Pruner.model_fields
            if key != "name" and key in self.model_fields_set and key not in _READ[self.name]
        )
        return self


class Budget(Frozen):
    """When a search ends: totals over all runs. Infeasible and repeated suggestions are free."""

    trials: Positive | None = None
    """Suggestions that train, whatever becomes of them."""
    device_hours: Annotated[Real, Field(gt=0)] | None = None
    """Hours of training, on all devices together."""


def _objectives(value: Any) -> Any:
    if not isinstance(value, dict) or not value:
        raise ValueError(f"must be a map of metric: minimize or maximize, got {show(value)}")
    broken = []
    for key, direction in value.items():
        if key not in METRICS:
            broken.append((key, f"unknown metric `{key}`{nearest(key, AIMS)}"))
        elif key not in AIMS:
            rule = "is measured by `ablate measure` when cells are done"
            if METRICS[key].source == "streamed":
                rule = "is of few datasets, and known when cells are done"
            broken.append((key, f"{rule}: no search can go by it"))
        elif direction not in ("minimize", "maximize"):
            broken.append((key, f"must be minimize or maximize, got {show(direction)}"))
    check_rules(broken)
    if not any(name in value for name in QUALITY):
        rule = f"must have one of {', '.join(QUALITY)}: costs alone need no training"
        raise ValueError(f"{rule}, got {', '.join(value)}")
    return value


def _limits(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"must be a map of metric: number, got {show(value)}")
    broken, limits = [], {}
    for key, written in value.items():
        if key not in COUNTED:
            rule = "must be a cost that is counted before training"
            broken.append((key, f"{rule}, got `{key}`{nearest(key, COUNTED)}"))
            continue
        try:
            limits[key] = read_amount(written, METRICS[key].unit)
        except ValueError as error:
            broken.append((key, str(error)))
    check_rules(broken)
    return limits


Direction = Literal["minimize", "maximize"]
Objectives = Annotated[
    dict[str, Direction],
    BeforeValidator(_objectives),
    WithJsonSchema(
        {
            "type": "object",
            "properties": {name: {"enum": ["minimize", "maximize"]} for name in AIMS},
            "additionalProperties": False,
            "minProperties": 1,
        }
    ),
]
Limits = Annotated[
    dict[str, float],
    BeforeValidator(_limits),
    WithJsonSchema(
        {
            "type": "object",
            "properties": {
                name: {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string"}]}
                for name in COUNTED
            },
            "additionalProperties": False,
        }
    ),
]


def error_alone() -> dict[str, Direction]:
    """The objectives of a search that names none."""
    return {"error": "minimize"}


def broken_pruner(pruner: Pruner, objectives: Mapping[str, Direction], knobs: set[str]) -> str:
    """The rule that a pruner breaks with these objectives and knobs; "" where it goes."""
    name = pruner.name
    if name == "none":
        return ""
    if len(objectives) > 1 and name != "pareto":
        return f"{name} knows one objective only, got {', '.join(objectives)}; pareto any number"
    if any(objectives.get(metric) == "maximize" for metric in QUALITY):
        return f"{name} stops cells of high error: it goes with minimize only"
    if "recipe.epochs" in knobs:
        return f"{name} compares cells of as many epochs: none goes with a range of recipe.epochs"
    return ""

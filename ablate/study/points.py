"""A variant and its sweep -> its points, with every fault."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Annotated, Any

from pydantic import BeforeValidator

from ablate.cells import Recipe, changed_recipe
from ablate.errors import Fault
from ablate.networks import Architecture, family_of
from ablate.study.match import Goal, Matched, read_goal, stand_ins
from ablate.text import (
    Node,
    Path,
    RuleErrors,
    below,
    check_rules,
    repeats,
    show,
    unknown_key,
    validate,
)


@dataclass(frozen=True)
class Point:
    """One architecture of a study: a variant at one point of its sweep. Not yet resolved."""

    variant: str
    sweep: Mapping[str, Any]
    architecture: Architecture
    path: Path  # where it was written
    goal: Goal | None = None  # still to be solved for; the solved settings have stand-ins
    matched: Matched | None = None  # how it was solved
    recipe: Recipe | None = None  # None: the study's

    def turned(self, knobs: Mapping[str, Any]) -> Architecture:
        """The architecture with other values of some settings. Raises ValueError."""
        written = self.architecture.model_dump(mode="json", exclude_unset=True)
        return type(self.architecture).model_validate({**written, **knobs})


def point_label(variant: str, sweep: Mapping[str, Any]) -> str:
    """`DenseNet-BC depth=40`."""
    values = {key: value if isinstance(value, str) else show(value) for key, value in sweep.items()}
    return " ".join([variant, *(f"{key}={value}" for key, value in values.items())])


VARIANT_NAME_RULE = (
    "a variant's name must be printable, without slashes, and start with no dot or blank"
)


def is_variant_name(name: str) -> bool:
    """Whether VARIANT_NAME_RULE holds; a name does not end with a blank either."""
    return bool(re.fullmatch(r"[^\s/\\.]([^/\\]*[^\s/\\])?", name)) and name.isprintable()


def _sweep(value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"must be a map of setting: [values], got {show(value)}")
    broken = []
    for key, values in value.items():
        if not isinstance(values, list | tuple) or not values:
            broken.append((key, f"must be a list with at least one value, got {show(values)}"))
        elif repeats(values):
            broken.append((key, f"must not repeat a value, got {show(values)}"))
    check_rules(broken)
    return value


Sweep = Annotated[dict[str, list[Any]], BeforeValidator(_sweep)]


def read_points(tree: Node, variant: str, faults: list[Fault]) -> Iterator[Point]:
    """A variant -> its points; faults are appended."""
    path: Path = ("variants", variant)
    if not is_variant_name(variant):
        faults.append(tree.fault(path, VARIANT_NAME_RULE))
    model = family_of(tree, path, faults)
    if model is None:
        return
    own = tree.at(path)
    sweep_path: Path = (*path, "sweep") if own.get("sweep") else ("sweep",)
    shared = "" if own.get("sweep") else f" (variant {variant})"
    written, sweep = readable_sweep(tree, sweep_path, faults)
    settings = [*model.model_fields, "recipe", "sweep", "match"]
    goal = read_goal(tree, variant, model, faults)
    for key in [key for key in sweep if key not in model.model_fields or key == "family"]:
        message = "cannot be swept" if key == "family" else unknown_key(key, model.model_fields)
        faults.append(tree.fault((*sweep_path, key), message + shared))
        del sweep[key]
    for key in [key for key in sweep if own.get(key)]:
        where = "its own sweep" if not shared else "the sweep of all variants; `sweep: {}` opts out"
        faults.append(tree.fault((*path, key), f"is set here and swept too, by {where}"))
    for key in goal.by if goal else ():
        if own.get(key):
            faults.append(tree.fault((*path, key), "is set here and solved too, by the match"))
        if key in sweep:
            message = "is swept here and solved too, by the match"
            faults.append(tree.fault((*sweep_path, key), message + shared))
    for key in [key for key, _ in own.items() if key not in settings]:
        faults.append(tree.fault((*path, key), unknown_key(key, [*settings, "from"])))
    known = Node({k: v for k, v in own.items() if k in model.model_fields}, own.place)
    # Without its goal a variant lacks the settings that are solved.
    whole = len(sweep) == written and not (tree.get("match") and goal is None)
    recipe = _recipe(tree, path, faults)
    for point in _sweep_points(
        tree, variant, model, known, sweep, sweep_path, faults, goal, rules=whole
    ):
        yield replace(point, recipe=recipe)


def _recipe(tree: Node, path: Path, faults: list[Fault]) -> Recipe | None:
    """The recipe of the variant at `path`, if it has one of its own; faults are appended."""
    found: list[Fault] = []
    recipe = changed_recipe(tree, tree.at(path), found)
    for fault in found:
        setting = tuple(fault.key.split(".")[:2])
        own = tree.at(path).get("recipe")
        if setting == ("recipe",) or (own and own.get(setting[-1].partition("[")[0])):
            faults.append(below(path, fault))
        else:  # what the study's recipe has does not go with what the variant changes
            faults.append(replace(fault, message=f"{fault.message} (variant {path[-1]})"))
    return recipe


def readable_sweep(tree: Node, path: Path, faults: list[Fault]) -> tuple[int, dict[str, list[Any]]]:
    """The sweep at `path`, less what is no list of different values, and how much was written.

    Faults are appended.
    """
    try:
        sweep = tree.at(path).plain()
    except KeyError:
        return 0, {}
    try:
        _sweep(sweep)
    except RuleErrors as error:
        faults += [tree.fault((*path, key), text) for key, text in error.broken]
        broken = {key for key, _ in error.broken}
        return len(sweep), {key: values for key, values in sweep.items() if key not in broken}
    except ValueError as error:
        faults.append(tree.fault(path, str(error)))
        return 1, {}
    return len(sweep), dict(sweep)


def _sweep_points(
    tree: Node,
    variant: str,
    model: type[Architecture],
    settings: Node,
    sweep: Mapping[str, list[Any]],
    sweep_path: Path,
    faults: list[Fault],
    goal: Goal | None,
    *,
    rules: bool,
) -> Iterator[Point]:
    """The points of a sweep, the last setting changing fastest; faults are appended."""
    path: Path = ("variants", variant)
    by = goal.by if goal else ()
    for choice in product(*(enumerate(values) for values in sweep.values())):
        index = {key: number for key, (number, _) in zip(sweep, choice, strict=True)}
        values = {key: value for key, (_, value) in zip(sweep, choice, strict=True)}
        found: list[Fault] = []
        filled = stand_ins(model, {**settings.plain(), **values}, by) | values
        architecture = validate(model, settings, (), found, filled, rules=rules)
        for fault in found:
            setting = re.split(r"[.\[]", fault.key, maxsplit=1)[0]
            if setting in index:
                # Both the key and the line are those of the value in the sweep's list.
                where = (*sweep_path, setting, index[setting])
                suffix = "" if sweep_path[:1] == path[:1] else f" (variant {variant})"
                faults.append(tree.fault(where, fault.message + suffix))
            else:
                faults.append(below(path, fault))
        if architecture is not None:
            yield Point(variant, values, architecture, path, goal)

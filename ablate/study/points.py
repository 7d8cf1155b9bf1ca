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
    VARIANT_NAME_RULE,
    Node,
    Path,
    Reader,
    RuleErrors,
    below,
    check_rules,
    is_variant_name,
    parse_path,
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


def read_points(reader: Reader, variant: str) -> Iterator[Point]:
    """A variant -> its points, with faults."""
    path: Path = ("variants", variant)
    if not is_variant_name(variant):
        reader.fault(path, VARIANT_NAME_RULE)
    model = family_of(reader, path)
    if model is None:
        return
    written = reader.tree.at(path)
    has_sweep = written.get("sweep") is not None
    sweep_path: Path = (*path, "sweep") if has_sweep else ("sweep",)
    suffix = "" if has_sweep else f" (variant {variant})"
    count, sweep = readable_sweep(reader, sweep_path)
    goal = read_goal(reader, variant, model)
    for key in [key for key in sweep if not model.takes(key) or key == "family"]:
        message = "cannot be swept" if key == "family" else unknown_key(key, model.model_fields)
        reader.fault((*sweep_path, key), message + suffix)
        del sweep[key]
    where = "its own sweep" if has_sweep else "the sweep of all variants; `sweep: {}` opts out"
    for key in [key for key in sweep if written.get(key)]:
        reader.fault((*path, key), f"is set here and swept too, by {where}")
    for key in goal.by if goal else ():
        if written.get(key):
            reader.fault((*path, key), "is set here and solved too, by the match")
        if key in sweep:
            message = "is swept here and solved too, by the match"
            reader.fault((*sweep_path, key), message + suffix)
    settings = [*model.model_fields, "recipe", "sweep", "match"]
    for key in [k for k, _ in written.items() if k not in settings and not model.takes(k)]:
        reader.fault((*path, key), unknown_key(key, [*settings, "from"]))
    # Without its goal a variant lacks the settings that are solved.
    is_whole = len(sweep) == count and (reader.tree.get("match") is None or goal is not None)
    recipe = _recipe(reader, path)
    for values, architecture in _swept(reader, path, model, sweep_path, sweep, goal, is_whole):
        yield Point(variant, values, architecture, path, goal, recipe=recipe)


def _recipe(reader: Reader, path: Path) -> Recipe | None:
    """The recipe of the variant at `path`, if it has one of its own; None with faults."""
    variant = reader.tree.at(path)
    recipe, faults = changed_recipe(reader, variant)
    for fault in faults:
        setting = parse_path(fault.key)[:2]
        if setting == ("recipe",) or variant.find(setting):
            reader.add([below(path, fault)])
        else:  # what the study's recipe has does not go with what the variant changes
            reader.add([replace(fault, message=f"{fault.message} (variant {path[-1]})")])
    return recipe


def readable_sweep(reader: Reader, path: Path) -> tuple[int, dict[str, list[Any]]]:
    """How many settings the sweep at `path` has, and it less what is no list of different values.

    The rest are faults.
    """
    if reader.tree.find(path) is None:
        return 0, {}
    sweep = reader.plain(*path)
    try:
        _sweep(sweep)
    except RuleErrors as error:
        broken = dict(error.broken)
        for key, message in broken.items():
            reader.fault((*path, key), message)
        return len(sweep), {key: values for key, values in sweep.items() if key not in broken}
    except ValueError as error:
        reader.fault(path, str(error))
        return 1, {}
    return len(sweep), dict(sweep)


def _swept(
    reader: Reader,
    path: Path,
    model: type[Architecture],
    sweep_path: Path,
    sweep: Mapping[str, list[Any]],
    goal: Goal | None,
    is_whole: bool,
) -> Iterator[tuple[dict[str, Any], Architecture]]:
    """(values, architecture) at each point of a sweep, the last setting changing fastest."""
    variant = reader.tree.at(path)
    written = Node({k: v for k, v in variant.items() if model.takes(k)}, variant.place)
    # A fault of a value of the study's sweep says which variant has it.
    suffix = "" if sweep_path[:1] == path[:1] else f" (variant {path[-1]})"
    for choice in product(*(enumerate(values) for values in sweep.values())):
        index = {key: number for key, (number, _) in zip(sweep, choice, strict=True)}
        values = {key: value for key, (_, value) in zip(sweep, choice, strict=True)}
        solved = stand_ins(model, {**written.plain(), **values}, goal.by if goal else ())
        faults: list[Fault] = []
        architecture = validate(model, written, (), faults, solved | values, rules=is_whole)
        for fault in faults:
            setting = re.split(r"[.\[]", fault.key, maxsplit=1)[0]
            if setting in index:
                # Both the key and the line are those of the value in the sweep's list.
                reader.fault((*sweep_path, setting, index[setting]), fault.message + suffix)
            else:
                reader.add([below(path, fault)])
        if architecture is not None:
            yield values, architecture

"""The search keys of a study file -> a search, with the faults between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ablate.cells import DatasetFacts, Recipe
from ablate.errors import Fault
from ablate.space import Broken, Dead, Space, dead, place_in_choice, read_space
from ablate.study.measured import ONLY_MEASURED
from ablate.study.search import (
    Budget,
    Pruner,
    Sampler,
    Search,
    broken_pruner,
    error_alone,
    suggestion,
)
from ablate.text import Node, Path, RuleErrors, Scalar, parse_path, show, validate

ONLY_SEARCHES = ("sampler", "pruner", "objectives", "limits", "budget")
ONLY_VARIANTS = ("variants", "baseline", "match")
ONLY_DESIGNS = (*ONLY_VARIANTS, "sweep", "design")
NO_BUDGET = "a search ends by `trials:` or `device_hours:`, unless its sampler is grid"


def check_kind(tree: Node, faults: list[Fault]) -> bool:
    """Whether a study that trains is a search; keys of two kinds, or of none, are faults."""
    is_search = tree.get("space") is not None
    for key in [key for key in ONLY_MEASURED if tree.get(key)]:
        faults.append(tree.fault((key,), "is read only with kind: measure"))
    if not is_search and tree.get("design"):
        for key in [key for key in ONLY_VARIANTS if tree.get(key)]:
            message = "is not read beside a design, which makes variants of its own baseline"
            faults.append(tree.fault((key,), message))
        for key in [key for key in ONLY_SEARCHES if tree.get(key)]:
            faults.append(tree.fault((key,), "is read only in a search, a study with a space"))
        return False
    if not is_search:
        given = [key for key in ("variants", "baseline") if tree.get(key)]
        stray = [key for key in ONLY_SEARCHES if tree.get(key)]
        if not given:
            kinds = "variants and a baseline, a design, or a space"
            message = f"required key is missing: a study has {kinds}"
            faults.append(tree.fault(("variants",), message))
        for key in [key for key in ("baseline", "variants") if key not in given]:
            if given:
                faults.append(tree.fault((key,), "required key is missing"))
        for key in stray:
            faults.append(tree.fault((key,), "is read only in a search, a study with a space"))
        return False
    for key in [key for key in ONLY_DESIGNS if tree.get(key)]:
        message = "is not read in a search: a study has variants or a space"
        faults.append(tree.fault((key,), message))
    return True


def read_search(tree: Node, facts: DatasetFacts | None, faults: list[Fault]) -> Search | None:
    """The search of a study that has a space; None with its faults appended.

    `facts` are of the study's dataset, where its name says them.
    """
    before = len(faults)
    _check_study(tree, faults)
    parts = {key: tree.get(key) for key in ("sampler", "pruner", "budget")}
    # A part's own faults are told with the rest of the file; here only what goes together.
    sampler = validate(Sampler, tree, ("sampler",), []) if parts["sampler"] else Sampler()
    pruner = validate(Pruner, tree, ("pruner",), []) if parts["pruner"] else Pruner()
    budget = validate(Budget, tree, ("budget",), []) if parts["budget"] else Budget()
    recipe = validate(Recipe, tree, ("recipe",), []) if tree.get("recipe") else None
    space = None
    if not isinstance(tree.at(("space",)).value, str):  # else its file could not be read: told
        space = _space(tree, recipe, facts, faults)
    if budget == Budget() and sampler and sampler.name != "grid":
        faults.append(tree.fault(("budget",), NO_BUDGET))
    if sampler and space and sampler.name == "grid":
        for knob in [knob for knob in space.knobs if knob.range.values is None]:
            message = f"grid needs steps, and {knob.name} has none"
            faults.append(tree.fault(("sampler", "name"), message))
    objectives = _objectives(tree)
    if pruner and objectives:
        names = {knob.name for knob in space.knobs} if space else set()
        if message := broken_pruner(pruner, objectives, names):
            faults.append(tree.fault(("pruner", "name"), message))
    if len(faults) > before or not (space and sampler and pruner and budget and objectives):
        return None
    return Search(space, sampler, pruner, objectives, {}, budget)


def _check_study(tree: Node, faults: list[Fault]) -> None:
    """Rules between a space and the keys that every study has."""
    seeds = tree.get("seeds")
    if seeds and isinstance(seeds.value, list) and len(seeds.value) > 1:
        message = f"must be one seed in a search, got {show(seeds.plain())}"
        faults.append(tree.fault(("seeds",), message))
    data = tree.get("data")
    evaluate = data.get("evaluate") if data else None
    if evaluate and evaluate.value == "test":
        message = "must be validation: a search may not choose on the test set"
        faults.append(tree.fault(("data", "evaluate"), message))


def _objectives(tree: Node) -> dict[str, Any] | None:
    """The objectives, as far as a pruner asks for them; None where they are no such map."""
    written = tree.get("objectives")
    if written is None:
        return dict(error_alone())
    plain = written.plain()
    return plain if isinstance(plain, dict) else None


def _space(
    tree: Node, recipe: Recipe | None, facts: DatasetFacts | None, faults: list[Fault]
) -> Space | None:
    """The space, all of whose options and bounds can be built; None with its faults appended."""
    plain = recipe.model_dump(mode="json") if recipe else {}
    found = read_space(tree, ("space",), plain, faults)
    if found is None:
        return None
    space, places = found
    # A faulty recipe is told on its own; any other stands in for it.
    usable = recipe or Recipe(epochs=1)

    def broken(values: Mapping[str, Scalar]) -> Broken:
        try:
            suggestion(space, values, usable, False, facts)
        except RuleErrors as error:
            return error.broken
        return ()

    unbuilt = [_fault(tree, one, places, space) for one in dead(space, broken)]
    faults += unbuilt
    return None if unbuilt else space


def _fault(tree: Node, one: Dead, places: Mapping[str, Path], space: Space) -> Fault:
    """What can never be built -> a fault where it was written."""
    path = places.get(one.knob, ("space",))
    if not one.rules:
        where = (*path, "when") if tree.at(path).get("when") else path
        return tree.fault(where, "its conditions never hold together: the knob is never there")
    # The knob's own rule says most.
    setting = one.knob.partition(".")[0] if not one.knob.startswith("recipe.") else one.knob
    own = [rule for rule in one.rules if rule[0].split("[")[0] == setting.split("[")[0]]
    key, message = (own or one.rules)[0]
    if not one.knob:
        return tree.fault(("space", *parse_path(key)), f"no point can be built: {message}")
    rule = message if own else f"{key}: {message}"
    return tree.fault((*path, *_end(tree.at(path), one.value)), f"can never be built: {rule}")


def _end(node: Node, value: Scalar) -> Path:
    """Where below a range an option or a bound of it was written."""
    for kind in ("int", "float"):
        if bounds := node.get(kind):
            return (kind, 0 if bounds.plain()[0] == value else 1)
    return ("choice", place_in_choice(node.at(("choice",)), value))

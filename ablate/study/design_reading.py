"""The `design:` of a study file -> points, with every fault where it was written."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import reduce

from ablate.cells import DatasetFacts, Recipe, changed_recipe
from ablate.errors import Fault
from ablate.networks import Architecture, read_architecture
from ablate.study.designs import COLUMNS, MOST_CELLS, Design, Laid, expand, laid_on_path
from ablate.study.greedy import AND, BASELINE, Changes
from ablate.study.points import (
    VARIANT_NAME_RULE,
    Point,
    is_variant_name,
    point_label,
    readable_sweep,
)
from ablate.text import Node, Path, RuleErrors, format_path, merge, repeats, show, validate

_CHANGES: Path = ("design", "changes")
_FACTORS: Path = ("design", "factors")


def read_design(tree: Node, facts: DatasetFacts | None, faults: list[Fault]) -> list[Point]:
    """The points of a study with a design; of a path those of its first round.

    `facts` are of the study's dataset, where its name says them. Faults are appended, but not those
    of the keys of `design:` themselves, which are told with the rest of the file.
    """
    if tree.at(("design",)).value is None:
        faults.append(tree.fault(("design",), "must be a map of settings, got null"))
    design = validate(Design, tree, ("design",), [])
    if design is None or "from" in design.baseline:  # else its file could not be read: told
        return []
    before = len(faults)
    _check_names(tree, design, faults)
    _check_factors(tree, design, faults)
    _check_path(tree, design, faults)
    if design.kind == "leave_one_out":
        _check_conflicts(tree, design, faults)
    _, sweep = readable_sweep(tree, ("sweep",), faults)
    _check_sweep(tree, design, sweep, faults)
    if len(faults) > before:
        return []
    name = tree.get("name")
    study = name.value if name and isinstance(name.value, str) else ""  # else a fault of its own
    found: list[Point] = []
    told: set[Fault] = set()  # as found, before it is said which variant has it
    for laid in expand(design, study, sweep):
        own: list[Fault] = []
        point = _read(tree, laid, facts, own)
        faults += [_of_variant(fault, laid) for fault in own if fault not in told]
        told.update(own)
        if point:
            found.append(point)
    if len(faults) == before:
        _check_different(tree, found, faults)
    return found


def point_on_path(tree: Node, changes: Changes, facts: DatasetFacts) -> Point | None:
    """A point of a checked study's path; None where these changes cannot be built together."""
    return _read(tree, laid_on_path(changes), facts, [])


def _read(tree: Node, laid: Laid, facts: DatasetFacts | None, faults: list[Fault]) -> Point | None:
    """Layers -> a point; None with its faults appended."""
    whole = reduce(merge, [layer.settings(tree) for layer in laid.layers])
    found: list[Fault] = []
    architecture = read_architecture(whole.without("recipe"), (), found)
    if architecture and facts:
        found += _unfitting(architecture, whole, facts)
    recipe = changed_recipe(tree, whole, found)
    faults += [_located(fault, tree, laid) for fault in found]
    if found or architecture is None:
        return None
    return Point(laid.variant, laid.sweep, architecture, laid.path, recipe=recipe)


def _unfitting(architecture: Architecture, tree: Node, facts: DatasetFacts) -> list[Fault]:
    """What an architecture and the data contradict each other in."""
    try:
        architecture.resolve(
            in_channels=facts.channels, classes=facts.classes, image_size=facts.image_size
        )
    except RuleErrors as error:
        return [tree.fault((key,), message) for key, message in error.broken]
    return []


def _located(fault: Fault, tree: Node, laid: Laid) -> Fault:
    """A fault of the layers as a whole, with the key it was written under."""
    key: Path = tuple(
        int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]]+", fault.key)
    )
    for layer in reversed(laid.layers):
        if path := layer.locate(tree, key):
            return replace(fault, key=format_path(path))
    if key[:1] == ("recipe",) or not key:
        return fault
    return replace(fault, key=format_path((*laid.layers[0].path, *key)))


def _of_variant(fault: Fault, laid: Laid) -> Fault:
    """A fault with the variant that has it, unless its place says so."""
    own = format_path(laid.layers[-1].path)
    if len(laid.layers) == 1 or fault.key == own or fault.key.startswith((f"{own}.", f"{own}[")):
        return fault
    values = ", ".join(f"{key}: {show(value)}" for key, value in laid.sweep.items())
    who = f"at {values}" if values else f"variant {laid.variant}"
    return replace(fault, message=f"{fault.message} ({who})")


def _check_names(tree: Node, design: Design, faults: list[Fault]) -> None:
    for name in design.changes:
        path = (*_CHANGES, name)
        if not is_variant_name(name):
            faults.append(tree.fault(path, VARIANT_NAME_RULE))
        elif name == BASELINE or AND in name:
            what = f"`{AND.strip()}` joins names" if AND in name else "is the name of the baseline"
            faults.append(tree.fault(path, f"is no name for a change: {what}"))


def _check_factors(tree: Node, design: Design, faults: list[Fault]) -> None:
    before = len(faults)
    for factor, levels in design.factors.items():
        path = (*_FACTORS, factor)
        if factor in COLUMNS:
            faults.append(
                tree.fault(path, f"is no name for a factor: a column of tables is `{factor}`")
            )
        if not isinstance(levels, list | dict) or len(levels) < 2:
            rule = "must be a list of at least 2 values, or a map of level: settings"
            faults.append(tree.fault(path, f"{rule}, got {show(levels)}"))
        elif isinstance(levels, list) and repeats(levels):
            faults.append(tree.fault(path, f"must not repeat a value, got {show(levels)}"))
        for level, settings in levels.items() if isinstance(levels, dict) else ():
            if not isinstance(settings, dict):  # an empty one is the baseline as it is
                message = f"must be a map of settings, got {show(settings)}"
                faults.append(tree.fault((*path, level), message))
    seeds = tree.get("seeds")
    count = len(seeds.value) if seeds and isinstance(seeds.value, list) else 1
    if design.kind == "factorial" and len(faults) == before:
        cells = count * math.prod(len(levels) for levels in design.factors.values())
        if cells > MOST_CELLS:
            rule = f"must come to at most {MOST_CELLS} cells, got {cells}"
            instead = "a variant with its own `sweep:` may have more, a search needs fewer"
            faults.append(tree.fault(_FACTORS, f"{rule}; {instead}"))


def _check_sweep(tree: Node, design: Design, sweep: Iterable[str], faults: list[Fault]) -> None:
    if design.kind in ("factorial", "path") and tree.get("sweep"):
        instead = "its factors are one" if design.kind == "factorial" else "it compares points"
        message = f"is not read with kind: {design.kind}; {instead}"
        faults.append(tree.fault(("sweep",), message))
    for key in sweep:
        for layer in [("design", "baseline"), *((*_CHANGES, name) for name in design.changes)]:
            if tree.at(layer).get(key):
                faults.append(tree.fault((*layer, key), "is set here and swept too, by `sweep`"))


def _check_path(tree: Node, design: Design, faults: list[Fault]) -> None:
    data = tree.get("data")
    evaluate = data.get("evaluate") if data else None
    if design.kind == "path" and evaluate and evaluate.value == "test":
        message = "must be validation: a path may not choose on the test set"
        faults.append(tree.fault(("data", "evaluate"), message))


def _check_conflicts(tree: Node, design: Design, faults: list[Fault]) -> None:
    """Changes of one setting cannot all be in the full method."""
    owners: dict[Path, str] = {}
    for name in design.changes:
        path = (*_CHANGES, name)
        for leaf in _leaves(tree.at(path), ()):
            other = next((owners[o] for o in owners if o[: len(leaf)] == leaf[: len(o)]), None)
            if other is not None and other != name:
                message = f"is set by {other} too; the full method can have one of them"
                faults.append(tree.fault((*path, *leaf), message))
            owners.setdefault(leaf, name)


def _leaves(node: Node, path: Path) -> Iterator[Path]:
    if not isinstance(node.value, dict):
        yield path
    for key, child in node.items():
        yield from _leaves(child, (*path, key))


def _check_different(tree: Node, points: Sequence[Point], faults: list[Fault]) -> None:
    """A variant that comes to the same as another compares nothing, so it was not meant."""
    recipe = validate(Recipe, tree, ("recipe",), []) if tree.get("recipe") else None
    seen: dict[tuple[Architecture, Recipe | None], Point] = {}
    for point in points:
        trained = (point.architecture, point.recipe or recipe)
        if other := seen.get(trained):
            what = f"{point_label(point.variant, point.sweep)} comes to the same as"
            message = f"changes nothing: {what} {point_label(other.variant, other.sweep)}"
            faults.append(tree.fault(point.path, message))
        seen.setdefault(trained, point)

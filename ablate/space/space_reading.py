"""The map of a `space:` -> knobs, their conditions and the fixed settings, with every fault."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping
from typing import Any

from ablate.cells import Recipe
from ablate.errors import Fault
from ablate.networks import Architecture, family_of
from ablate.space.conditions import Condition
from ablate.space.knob_reading import Written, knobs_of
from ablate.space.range_reading import KINDS, is_range, kind_of, read_numbers
from ablate.space.ranges import Choice, Range, same
from ablate.space.space import Slot, Space, slots
from ablate.text import (
    Frozen,
    Node,
    Path,
    Reader,
    Scalar,
    below,
    format_path,
    from_plain,
    show,
    unknown_key,
    validate,
)

MOST_OPTIONS = 1_000  # of a choice: each is built to see whether it can be


def read_space(
    reader: Reader, path: Path, recipe: Mapping[str, Any]
) -> tuple[Space, dict[str, Path]] | None:
    """The space at `path`, and where each knob was written; None with faults.

    `recipe` is the study's, by setting: conditions may name it. Whether points can be built is
    looked at by `buildable`.
    """
    written = reader.plain(*path)
    if not isinstance(written, dict):
        rule = "must be a map of settings and ranges, or the path of a file of them"
        reader.fault(path, f"{rule}, got {show(written)}")
        return None
    model = family_of(reader, path)
    if model is None:
        return None
    before = len(reader.faults)
    walk, recipe_path = _Walk(reader), (*path, "recipe")
    settings = walk.map(path, (), model, also=("recipe",))
    if "recipe" in written:
        settings["recipe"] = walk.map(recipe_path, ("recipe",), Recipe)
    changes = settings.get("recipe", {})
    reader.add(_fixed_faults(reader.tree, path, model, settings, {}))
    reader.add(_fixed_faults(reader.tree, recipe_path, Recipe, changes, recipe))
    trained = {**recipe, **changes}
    chosen = {*settings, *(f"recipe.{key}" for key in trained)}
    knobs = knobs_of(reader, walk.ranges, _fixed(model, settings, trained), chosen)
    places = {each.name: each.path for each in walk.ranges}
    if not knobs and len(reader.faults) == before:
        message = "must have at least one range: {int: ..}, {float: ..} or {choice: ..}"
        if places:
            message = f"no range is left, as no `when` holds: {', '.join(places)}"
        reader.fault(path, message)
    return None if len(reader.faults) > before else (Space(knobs, settings), places)


def label(value: Any) -> Scalar:
    """What stands for a value: itself, or the text of a list or map, `[6, 12, 24]`."""
    return value if isinstance(value, Scalar) else show(value, sys.maxsize)


def _fixed(
    model: type[Architecture], settings: Mapping[str, Any], trained: Mapping[str, Any]
) -> dict[str, Scalar]:
    """Setting -> its value or default, of all that hold no knob: what conditions may name too."""
    own = {key: value for key, value in settings.items() if key != "recipe"}
    found = {key: field.default for key, field in model.model_fields.items()} | own
    found |= {f"recipe.{key}": value for key, value in trained.items()}
    return {key: label(value) for key, value in found.items() if not any(slots(value))}


def _fixed_faults(
    tree: Node,
    path: Path,
    model: type[Frozen],
    settings: Mapping[str, Any],
    base: Mapping[str, Any],
) -> list[Fault]:
    """What is wrong with settings that hold no knob, each by itself. `base` is known to be good."""
    fixed = [key for key, value in settings.items() if key != "recipe" and not any(slots(value))]
    if not fixed:
        return []
    part = tree.at(path)
    written = {key: from_plain(value, part.place) for key, value in base.items()}
    faults: list[Fault] = []
    shown = Node(written | {key: part.at((key,)) for key in fixed}, part.place)
    validate(model, shown, (), faults, rules=False)
    # A part of a recipe may lack its epochs.
    own = [fault for fault in faults if re.split(r"[.\[]", fault.key, maxsplit=1)[0] in fixed]
    return [below(path, fault) for fault in own]


class _Walk:
    """Through the settings of a space, putting slots where ranges are."""

    def __init__(self, reader: Reader) -> None:
        self.reader, self.tree = reader, reader.tree
        self.ranges: list[Written] = []

    def map(
        self, path: Path, name: Path, model: type[Frozen], also: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        """The settings of a `model` at `path`, less the keys that it does not know."""
        node = self.tree.at(path)
        if not isinstance(node.value, dict) or (name and is_range(node)):
            message = f"must be a map of settings, got {show(node.plain())}"
            self.reader.fault(path, message)
            return {}
        valid = [*model.model_fields, *also]
        known = [key for key, _ in node.items() if model.takes(key)]
        for key in [key for key, _ in node.items() if key not in (*known, *also)]:
            self.reader.fault((*path, key), unknown_key(key, valid))
        return {key: self.settings((*path, key), (*name, key)) for key in known}

    def settings(self, path: Path, name: Path) -> Any:
        """What is at `path`, plain, with a slot for each range. `name` is the knob's."""
        node = self.tree.at(path)
        if is_range(node):
            return self.range(path, name)
        if isinstance(node.value, dict):
            return {key: self.settings((*path, key), (*name, key)) for key, _ in node.items()}
        if isinstance(node.value, list):
            return [self.settings((*path, i), (*name, i)) for i in range(len(node.value))]
        return node.value

    def range(self, path: Path, name: Path, option: Condition | None = None) -> Slot:
        """The range at `path`."""
        node, knob = self.tree.at(path), format_path(name)
        kind = kind_of(self.reader, path)
        when: tuple[tuple[str, Any], ...] = ()
        condition = node.get("when")
        if condition and option:
            message = "exists where its option is chosen: it takes no `when` of its own"
            self.reader.fault((*path, "when"), message)
        elif condition and not (isinstance(condition.value, dict) and condition.value):
            message = "must be a map of knob: condition, like {growth_rate: '>= 24'}"
            found = f"{message}, got {show(condition.plain())}"
            self.reader.fault((*path, "when"), found)
        elif condition:
            when = tuple((key, child.plain()) for key, child in condition.items())
        place = len(self.ranges)  # before those inside its options
        options: list[tuple[Scalar, Any]] = []
        range_: Range | None = None
        if kind == "choice":
            range_ = self.choice(path, name, options)
        elif kind:
            range_ = read_numbers(self.reader, path, kind)
        self.ranges.insert(place, Written(knob, path, range_, when, option))
        return Slot(knob, tuple((label, plain) for label, plain in options if label != plain))

    def choice(self, path: Path, name: Path, options: list[tuple[Scalar, Any]]) -> Choice | None:
        """The choice at `path`; its (label, meaning) pairs are appended to `options`."""
        listed = (*path, "choice")
        node = self.tree.at(listed)
        if not isinstance(node.value, list) or not node.value:
            message = f"must be a list of at least one option, got {show(node.plain())}"
            self.reader.fault(listed, message)
            return None
        if len(node.value) > MOST_OPTIONS:
            message = f"must be a list of at most {MOST_OPTIONS} options, got {len(node.value)}"
            self.reader.fault(listed, message)
            return None
        before = len(self.reader.faults)
        for index in range(len(node.value)):
            here = (*listed, index)
            option = self.option(here, name)
            if option is None:
                continue
            if any(same(option[0], other) for other, _ in options):
                message = f"must not be there twice, got {show(option[0])}"
                self.reader.fault(here, message)
            options.append(option)
        if len(self.reader.faults) > before:
            return None
        return Choice(tuple(label for label, _ in options))

    def option(self, path: Path, name: Path) -> tuple[Scalar, Any] | None:
        """(label, meaning) of an option; None with its fault."""
        node = self.tree.at(path)
        if is_range(node):  # {choice: [auto, {float: [0, 0.3]}]}
            kind = str(_label_of(node))
            return self.inside(path, name, kind, ())
        if isinstance(node.value, dict) and len(node.value) == 1:
            ((key, child),) = node.items()
            if is_range(child):  # {choice: [dense, {fraction: {float: [0.1, 1]}}]}
                return self.inside((*path, key), name, key, (key,))
        plain = node.plain()
        if _holds_range(node):
            rule = "a range in an option must stand alone or below one key, {fraction: {float: ..}}"
            self.reader.fault(path, f"{rule}, got {show(plain)}")
            return None
        if isinstance(plain, float) and not math.isfinite(plain):
            message = f"must be a finite number, got {show(plain)}"
            self.reader.fault(path, message)
            return None
        return label(plain), plain

    def inside(
        self, path: Path, name: Path, label: str, keys: tuple[str, ...]
    ) -> tuple[Scalar, Any] | None:
        """The option whose range is at `path`, below `keys`."""
        if self.tree.at(path).get("choice"):
            message = "a choice inside a choice: list its options in the outer one"
            self.reader.fault(path, message)
            return None
        slot = self.range(path, (*name, label), Condition(format_path(name), "==", (label,)))
        return label, ({keys[0]: slot} if keys else slot)


def place_in_choice(node: Node, wanted: Scalar) -> int:
    """The index of the option that is labelled `wanted`, among the options of a choice."""
    labels = [_label_of(child) for child in node.value] if isinstance(node.value, list) else []
    return next(index for index, found in enumerate(labels) if same(found, wanted))


def _label_of(option: Node) -> Scalar:
    if is_range(option):
        return next((key for key in KINDS if option.get(key)), "range")
    if _holds_range(option):
        return next(key for key, _ in option.items())
    return label(option.plain())


def _holds_range(node: Node) -> bool:
    children = node.value if isinstance(node.value, list) else [c for _, c in node.items()]
    return is_range(node) or any(map(_holds_range, children))

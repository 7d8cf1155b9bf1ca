"""The map of a `space:` -> knobs, their conditions and the fixed settings, with every fault."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ablate.errors import Fault
from ablate.spec.conditions import Condition, meeting, parse_condition
from ablate.spec.families import family_of
from ablate.spec.ranges import (
    KINDS,
    Choice,
    Range,
    is_range,
    kind_of,
    read_numbers,
    same,
)
from ablate.spec.reading import Node, Path, Scalar, format_path
from ablate.spec.recipe import Recipe
from ablate.spec.space import Knob, Slot, Space, slots
from ablate.spec.validating import near_miss, show, unknown_key


@dataclass(frozen=True)
class Written:
    """A range as it was found in a file."""

    name: str  # of its knob
    path: Path  # in the tree
    range: Range | None  # None: faulty, and told so
    when: tuple[tuple[str, Any], ...] = ()  # knob or setting -> what it must be, as written
    option: Condition | None = None  # that its option is chosen, for a range inside a choice


def read_space(
    tree: Node, path: Path, recipe: Mapping[str, Any], faults: list[Fault]
) -> tuple[Space, dict[str, Path]] | None:
    """The space at `path`, and where each knob was written; None with its faults appended.

    `recipe` is the study's, by setting: conditions may name it. Whether points can be built is
    looked at by `buildable`.
    """
    model = family_of(tree, path, faults)
    if model is None:
        return None
    found: list[Fault] = []
    reader = _Reader(tree, found)
    settings: dict[str, Any] = {}
    for key, node in tree.at(path).items():
        if key == "recipe":
            settings[key] = _recipe(reader, node, (*path, key))
        elif key in model.model_fields:
            settings[key] = reader.settings((*path, key), (key,))
        else:
            valid = [*model.model_fields, "recipe"]
            found.append(tree.fault((*path, key), unknown_key(key, valid)))
    if not reader.written and not found:
        message = "must have at least one range: {int: ..}, {float: ..} or {choice: ..}"
        found.append(tree.fault(path, message))
    fixed = {key: f.default for key, f in model.model_fields.items()} | settings
    fixed |= {f"recipe.{key}": value for key, value in recipe.items()}
    fixed |= {f"recipe.{key}": value for key, value in settings.get("recipe", {}).items()}
    known = {key: label(v) for key, v in fixed.items() if key != "recipe" and not any(slots(v))}
    knobs = _knobs(tree, reader.written, known, found)
    faults += found
    if found:
        return None
    return Space(knobs, settings), {knob.name: knob.path for knob in reader.written}


def _recipe(reader: _Reader, node: Node, path: Path) -> dict[str, Any]:
    if not isinstance(node.value, dict) or is_range(node):
        message = f"must be a map of settings, got {show(node.plain())}"
        reader.faults.append(reader.tree.fault(path, message))
        return {}
    settings = {}
    for key, _ in node.items():
        if key in Recipe.model_fields:
            settings[key] = reader.settings((*path, key), ("recipe", key))
        else:
            fault = reader.tree.fault((*path, key), unknown_key(key, Recipe.model_fields))
            reader.faults.append(fault)
    return settings


def label(value: Any) -> Scalar:
    """What stands for a value: itself, or the text of a list or map, `[6, 12, 24]`."""
    return value if isinstance(value, Scalar) else show(value, sys.maxsize)


class _Reader:
    """Walks the settings of a space, putting slots where ranges are."""

    def __init__(self, tree: Node, faults: list[Fault]) -> None:
        self.tree, self.faults = tree, faults
        self.written: list[Written] = []

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
        kind = kind_of(self.tree, path, self.faults)
        when: tuple[tuple[str, Any], ...] = ()
        condition = node.get("when")
        if condition and option:
            message = "exists where its option is chosen: it takes no `when` of its own"
            self.faults.append(self.tree.fault((*path, "when"), message))
        elif condition and not (isinstance(condition.value, dict) and condition.value):
            message = "must be a map of knob: condition, like {growth_rate: '>= 24'}"
            found = f"{message}, got {show(condition.plain())}"
            self.faults.append(self.tree.fault((*path, "when"), found))
        elif condition:
            when = tuple((key, child.plain()) for key, child in condition.items())
        place = len(self.written)  # before those inside its options
        options: list[tuple[Scalar, Any]] = []
        range_: Range | None = None
        if kind == "choice":
            range_ = self.choice(path, name, options)
        elif kind:
            range_ = read_numbers(self.tree, path, kind, self.faults)
        self.written.insert(place, Written(knob, path, range_, when, option))
        return Slot(knob, tuple((label, plain) for label, plain in options if label != plain))

    def choice(self, path: Path, name: Path, options: list[tuple[Scalar, Any]]) -> Choice | None:
        """The choice at `path`; its (label, meaning) pairs are appended to `options`."""
        listed = (*path, "choice")
        node = self.tree.at(listed)
        if not isinstance(node.value, list) or not node.value:
            message = f"must be a list of at least one option, got {show(node.plain())}"
            self.faults.append(self.tree.fault(listed, message))
            return None
        before = len(self.faults)
        for index in range(len(node.value)):
            here = (*listed, index)
            option = self.option(here, name)
            if option is None:
                continue
            if any(same(option[0], other) for other, _ in options):
                message = f"must not be there twice, got {show(option[0])}"
                self.faults.append(self.tree.fault(here, message))
            options.append(option)
        if len(self.faults) > before:
            return None
        return Choice(tuple(label for label, _ in options))

    def option(self, path: Path, name: Path) -> tuple[Scalar, Any] | None:
        """(label, meaning) of an option; None with its fault appended."""
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
            self.faults.append(self.tree.fault(path, f"{rule}, got {show(plain)}"))
            return None
        if isinstance(plain, float) and not math.isfinite(plain):
            message = f"must be a finite number, got {show(plain)}"
            self.faults.append(self.tree.fault(path, message))
            return None
        return label(plain), plain

    def inside(
        self, path: Path, name: Path, label: str, keys: tuple[str, ...]
    ) -> tuple[Scalar, Any] | None:
        """The option whose range is at `path`, below `keys`."""
        if self.tree.at(path).get("choice"):
            message = "a choice inside a choice: list its options in the outer one"
            self.faults.append(self.tree.fault(path, message))
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


def _knobs(
    tree: Node, written: Sequence[Written], fixed: Mapping[str, Scalar], faults: list[Fault]
) -> tuple[Knob, ...]:
    """Written ranges -> knobs in an order that their conditions allow; faults are appended.

    A condition on a fixed setting is decided here: a knob that it rules out is no knob.
    """
    ranges = {one.name: one.range for one in written}
    conditions: dict[str, tuple[Condition, ...]] = {}
    absent: set[str] = set()
    for one in written:
        own = [one.option] if one.option else []
        for key, wanted in one.when:
            condition = _condition(tree, one, key, wanted, ranges, fixed, faults)
            if condition and key in ranges:
                own.append(condition)
            elif condition and not condition.met_by(fixed[key]):
                absent.add(one.name)
        conditions[one.name] = tuple(own)
    ordered = _ordered(tree, written, conditions, faults)
    for one in ordered:
        if any(condition.key in absent for condition in conditions[one.name]):
            absent.add(one.name)
    return tuple(
        Knob(one.name, one.range, conditions[one.name])
        for one in ordered
        if one.range is not None and one.name not in absent
    )


def _condition(
    tree: Node,
    one: Written,
    key: str,
    wanted: Any,
    ranges: Mapping[str, Range | None],
    fixed: Mapping[str, Scalar],
    faults: list[Fault],
) -> Condition | None:
    """An entry of a `when:` -> condition; None with its fault appended."""
    path = (*one.path, "when", key)
    if key not in ranges and key not in fixed:
        hint = near_miss(key, [*ranges, *fixed]) or f"; knobs: {', '.join(ranges)}"
        faults.append(tree.fault(path, f"no knob or setting `{key}`{hint}"))
        return None
    try:
        condition = parse_condition(key, wanted)
    except ValueError as error:
        faults.append(tree.fault(path, str(error)))
        return None
    range_ = ranges.get(key)
    if range_ is not None and not meeting(range_, [condition]):
        rule = f"must be met by some value of {key}, {range_}"
        hint = _near_option(range_, condition.values)
        faults.append(tree.fault(path, f"{rule}, got {show(wanted)}{hint}"))
        return None
    return condition


def _near_option(range_: Range, values: Iterable[Scalar]) -> str:
    texts = [value for value in values if isinstance(value, str)]
    if not isinstance(range_, Choice) or len(texts) != 1:
        return ""
    return near_miss(texts[0], [text for text in range_.options if isinstance(text, str)])


def _ordered(
    tree: Node,
    written: Sequence[Written],
    conditions: Mapping[str, tuple[Condition, ...]],
    faults: list[Fault],
) -> list[Written]:
    """As written, but each behind those that its conditions name; a circle is a fault."""
    ordered: list[Written] = []
    left = list(written)
    while left:
        names = {one.name for one in left}
        free = [one for one in left if not {c.key for c in conditions[one.name]} & names]
        if not free:
            circle = ", ".join(one.name for one in left)
            message = f"conditions go in a circle, so that none comes first: {circle}"
            faults.append(tree.fault((*left[0].path, "when"), message))
            return ordered
        ordered.append(free[0])
        left.remove(free[0])
    return ordered

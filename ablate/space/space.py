"""A search space: knobs, the settings they stand in, and the networks its points are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ablate.networks import Architecture, read_architecture
from ablate.space.conditions import Condition
from ablate.space.counting import count_points
from ablate.space.ranges import Range, same
from ablate.text import Reader, RuleErrors, Scalar, from_plain, show


@dataclass(frozen=True)
class Knob:
    """A setting that a search turns."""

    name: str  # growth_rate, block_layers[0], connectivity.fraction, recipe.lr
    range: Range
    when: tuple[Condition, ...] = ()  # all must hold for the knob to exist; empty: it always does

    def snap(self, value: Any) -> Scalar:
        """A sampler's raw value -> the value as a person would write it."""
        return self.range.snap(value)

    def exists(self, values: Mapping[str, Scalar]) -> bool:
        """Whether it exists, given the values of the knobs before it."""
        return all(condition.holds(values) for condition in self.when)


@dataclass(frozen=True)
class Slot:
    """The place of a knob among the settings of a space."""

    knob: str
    options: tuple[tuple[Scalar, Any], ...] = ()  # what the labels of a choice stand for


class _Absent:
    """What a knob that does not exist leaves in its slot."""


_ABSENT = _Absent()


def slots(settings: Any) -> Iterator[Slot]:
    """Every slot in maps and lists of settings, those inside options included."""
    if isinstance(settings, Slot):
        yield settings
        for _, option in settings.options:
            yield from slots(option)
    elif isinstance(settings, dict | list):
        for child in settings.values() if isinstance(settings, dict) else settings:
            yield from slots(child)


def _filled(settings: Any, values: Mapping[str, Scalar]) -> Any:
    """Settings with each slot replaced by its knob's value, and those of absent knobs left out."""
    if isinstance(settings, Slot):
        if settings.knob not in values:
            return _ABSENT
        value = values[settings.knob]
        meant = [option for label, option in settings.options if same(label, value)]
        return _filled(meant[0], values) if meant else value
    if isinstance(settings, dict):
        filled = {key: _filled(child, values) for key, child in settings.items()}
        return {key: child for key, child in filled.items() if child is not _ABSENT}
    if isinstance(settings, list):
        return [child for child in (_filled(c, values) for c in settings) if child is not _ABSENT]
    return settings


@dataclass(frozen=True)
class Space:
    """The networks, and maybe recipes, that a search chooses among."""

    knobs: tuple[Knob, ...]  # a knob stands after every knob that its conditions name
    settings: Mapping[str, Any]  # family, settings and recipe, with a Slot for each knob

    def walk(self, choose: Callable[[Knob], Scalar]) -> dict[str, Scalar]:
        """Ask for each knob that exists, given the values so far -> snapped values, in order."""
        values: dict[str, Scalar] = {}
        for knob in self.knobs:
            if knob.exists(values):
                values[knob.name] = knob.snap(choose(knob))
        return values

    def build(self, values: Mapping[str, Scalar]) -> tuple[Architecture, dict[str, Any]]:
        """A point -> (unresolved architecture, what it changes in the recipe).

        Raises RuleErrors for values that break a rule of the family, and ValueError where they
        are no point: a knob is missing, or one does not exist.
        """
        missing = [k.name for k in self.knobs if k.exists(values) != (k.name in values)]
        unknown = [name for name in values if name not in {knob.name for knob in self.knobs}]
        if missing or unknown:
            names = ", ".join([*missing, *unknown])
            raise ValueError(f"must have a value for each knob that exists and no other: {names}")
        settings = _filled(dict(self.settings), values)
        recipe = settings.pop("recipe", {})
        reader = Reader(from_plain(settings, ""))
        architecture = read_architecture(reader)
        if architecture is None:
            raise RuleErrors((fault.key, fault.message) for fault in reader.faults)
        return architecture, recipe

    @property
    def size(self) -> int | None:
        """Number of points; None where some range is continuous."""
        return count_points([(knob.name, knob.range, knob.when) for knob in self.knobs])

    def grid(self) -> Iterator[dict[str, Scalar]]:
        """Every point, the last knob changing fastest. Raises ValueError where continuous."""
        for knob in self.knobs:
            if knob.range.values is None:
                raise ValueError(f"{knob.name}: has no steps, so that its points have no end")
        return self._points(0, {})

    def _points(self, index: int, values: dict[str, Scalar]) -> Iterator[dict[str, Scalar]]:
        if index == len(self.knobs):
            yield values
        elif not self.knobs[index].exists(values):
            yield from self._points(index + 1, values)
        else:
            knob = self.knobs[index]
            for value in knob.range.values or ():
                yield from self._points(index + 1, {**values, knob.name: value})

    def narrowed_from(self, old: Space) -> list[str]:
        """What `old` allowed and this space does not, a sentence each; [] where it is as wide.

        Other conditions, knobs or fixed settings count: with them old points mean something else.
        """
        before = {knob.name: knob for knob in old.knobs}
        after = {knob.name: knob for knob in self.knobs}
        fixed, fixed_now = _fixed(old.settings), _fixed(self.settings)
        said = []
        for name in [name for name in before if name not in after]:
            now_text = f"became {fixed_now[name]}" if name in fixed_now else "is gone"
            said.append(f"{name}: {before[name].range} {now_text}")
        for name in [name for name in after if name not in before]:
            said.append(f"{name}: {fixed.get(name, 'its default')} became {after[name].range}")
        for name in [name for name in before if name in after]:
            was, now = before[name], after[name]
            if not now.range.covers(was.range):
                said.append(f"{name}: {was.range} became {now.range}")
            if set(now.when) != set(was.when):
                said.append(f"{name}: existed {_when(was)}, now {_when(now)}")
        for key in dict.fromkeys((*fixed, *fixed_now)):
            was_text, now_text = fixed.get(key, "its default"), fixed_now.get(key, "its default")
            if was_text != now_text and key not in before and key not in after:
                said.append(f"{key}: {was_text} became {now_text}")
        return said


def _when(knob: Knob) -> str:
    conditions = " and ".join(map(str, knob.when))
    return f"when {conditions}" if conditions else "always"


def _fixed(settings: Mapping[str, Any]) -> dict[str, str]:
    """Dotted key -> text, of the settings that hold no knob."""
    plain = {
        **{key: value for key, value in settings.items() if key != "recipe"},
        **{f"recipe.{key}": value for key, value in settings.get("recipe", {}).items()},
    }
    return {key: show(value, 1000) for key, value in plain.items() if not any(slots(value))}

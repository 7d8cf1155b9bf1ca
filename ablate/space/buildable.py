"""Which options and bounds of a space can never be built, tried on a bounded number of points.

A combination that breaks a rule is an infeasible suggestion and no fault: a depth may go with some
bottleneck widths only. But what builds with nothing at all was not meant.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ablate.space.conditions import Condition, meeting
from ablate.space.ranges import Choice, FloatRange, ends, same
from ablate.space.space import Knob, Space
from ablate.text import Scalar, show

SMALL = 256  # points that are all tried
TRIES = 100  # of each option and bound of a larger space
MOST_FAILURES = 400  # in a row at the start: nothing at all can be built

Broken = Sequence[tuple[str, str]]  # (setting, rule) pairs; empty where a point can be built


@dataclass(frozen=True)
class Dead:
    """An option or a bound that no point could be built with; or, without a knob, the space."""

    knob: str
    value: Scalar
    rules: tuple[tuple[str, str], ...]  # that were broken, the most frequent first; (): never there


def dead(space: Space, broken: Callable[[Mapping[str, Scalar]], Broken]) -> list[Dead]:
    """A space and what is broken at a point -> what can never be built. The same at every call."""
    open_ = {
        (knob.name, _text(value)): (knob, value, Counter[tuple[str, str]]())
        for knob in space.knobs
        for value in ends(knob.range)
    }
    failures: list[Broken] = []
    built = False
    for values in _points(space, open_):
        rules = broken(values)
        built = built or not rules
        if not built:
            failures.append(rules)
        for name, value in values.items():
            key = (name, _text(value))
            if key in open_ and rules:
                open_[key][2].update(rules)
            elif key in open_:
                del open_[key]
        if not open_ or (not built and len(failures) >= MOST_FAILURES):
            break
    if failures and not built:
        return [Dead("", None, (rule,)) for rule in _everywhere(failures)]
    return [Dead(knob.name, value, _frequent(rules)) for knob, value, rules in open_.values()]


def _text(value: Scalar) -> str:
    return show(value, sys.maxsize)  # `1` and `true` differ, and so do 'null' and null


def _everywhere(failures: Sequence[Broken]) -> list[tuple[str, str]]:
    """A rule of each setting that is wrong at every point; if there is none, the most frequent."""
    keys = Counter(key for rules in failures for key in dict(rules))
    rules = _frequent(Counter(rule for broken in failures for rule in broken))
    always = {key for key, count in keys.items() if count == len(failures)}
    firsts: dict[str, str] = {}
    for key, rule in rules:
        if key in always:
            firsts.setdefault(key, rule)
    return list(firsts.items()) or list(rules[:1])


def _frequent(rules: Counter[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(rule for rule, _ in rules.most_common())


def _points(
    space: Space, open_: Mapping[tuple[str, str], tuple[Knob, Scalar, object]]
) -> Iterator[Mapping[str, Scalar]]:
    """All points of a small space; of a larger one those that may close what is still open."""
    size = space.size
    if size is not None and size <= SMALL:
        yield from space.grid()
        return
    generator = random.Random(0)
    needs = _needs(space.knobs)
    for key, (knob, value, _) in list(open_.items()):
        for _ in range(TRIES):
            if key not in open_:
                break
            if values := _completion(space, knob, value, needs[knob.name], generator):
                yield values


def _needs(knobs: Iterable[Knob]) -> dict[str, tuple[Condition, ...]]:
    """Every condition that a knob hangs on, those of the knobs that its own name included."""
    needs: dict[str, tuple[Condition, ...]] = {}
    for knob in knobs:
        above = [needs[condition.key] for condition in knob.when]
        needs[knob.name] = tuple(dict.fromkeys((*knob.when, *(c for one in above for c in one))))
    return needs


def _completion(
    space: Space,
    knob: Knob,
    value: Scalar,
    needs: Sequence[Condition],
    generator: random.Random,
) -> dict[str, Scalar] | None:
    """A random point with `knob` at `value`; None where its conditions cannot hold together."""

    def choose(other: Knob) -> Scalar:
        if other.name == knob.name:
            return value
        wanted = [condition for condition in needs if condition.key == other.name]
        if wanted and (fitting := meeting(other.range, wanted)):
            return generator.choice(fitting)
        return _draw(other, generator)

    values = space.walk(choose)
    return values if knob.name in values and same(values[knob.name], value) else None


def _draw(knob: Knob, generator: random.Random) -> Scalar:
    """A random value; bounds come often, as many rules hold at one of them only."""
    found = knob.range
    if isinstance(found, Choice):
        return generator.choice(found.options)
    if generator.random() < 0.5:
        return generator.choice((found.low, found.high))
    if isinstance(found, FloatRange) and found.values is None:
        return generator.uniform(found.low, found.high)
    values: Sequence[Scalar] = found.values or ()
    return values[generator.randrange(len(values))]

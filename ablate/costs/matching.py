"""A study with a match -> the same study, every variant's settings solved for the same cost."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

from ablate.cells import DatasetFacts, hash_of, point_label, settings_of
from ablate.costs.nearest import nearest_pair, nearest_value
from ablate.costs.pricing import price
from ablate.errors import Fault, SpecError, UsageError
from ablate.models import build
from ablate.networks import Architecture
from ablate.study import MEASURED, Goal, Matched, Point, Study, target_key
from ablate.text import RuleErrors

CostOf = Callable[[Architecture, int], float]  # of a resolved architecture at a batch size


def solve(
    study: Study,
    facts: DatasetFacts,
    *,
    cache: Path | None = None,
    seconds_of: CostOf | None = None,
    known: Mapping[str, Matched] | None = None,
) -> Study:
    """A study -> its points at each target of its match; any other study as it is.

    One setting: of its valid values the one whose cost is nearest to the target. Two: as
    `nearest_pair` says, the second being the one that has a default, such as the growth rate.
    A step time is what `seconds_of` measures on a device. `known` are earlier answers by
    `Matched.asked`: what was measured once is not measured again. Raises SpecError, for all points
    at once, where no value comes within tolerance, and UsageError where a step time is matched and
    nothing measures it.
    """
    goal = next((point.goal for point in study.points if point.goal), None)
    if goal is None:
        return study
    if goal.metric != MEASURED:
        cost_of = _counted(goal.metric, cache)
    elif seconds_of is None:
        raise UsageError(f"match: {MEASURED} is measured, which needs a device")
    else:
        cost_of = seconds_of
    solver = _Solver(study, facts, functools.cache(cost_of), known or {})
    points = solver.points()
    if solver.faults:
        raise SpecError(solver.faults)
    return replace(study, points=points)


def _counted(metric: str, cache: Path | None) -> CostOf:
    """What tells a network's costs by a metric that nothing is measured for."""

    def cost_of(architecture: Architecture, batch_size: int) -> float:
        if metric == "params":  # they need no traced step, which takes fifty times as long
            return sum(p.numel() for p in build(architecture, device="meta").parameters())
        (counted,) = price([architecture], batch_size=batch_size, cache=cache)
        return float(getattr(counted, metric))

    return cost_of


class _Solver:
    def __init__(
        self, study: Study, facts: DatasetFacts, cost_of: CostOf, known: Mapping[str, Matched]
    ) -> None:
        self.study, self.facts, self.cost_of, self.known = study, facts, cost_of, known
        self.faults: list[Fault] = []

    def points(self) -> tuple[Point, ...]:
        """Every point at every target, in the order written; faults are kept."""
        # The baseline's costs may be the targets of variants that were written before it.
        as_written = {
            number: found
            for number, point in enumerate(self.study.points)
            if point.goal and not point.goal.by
            for found in self.fitting(point, self.as_written(point, point.goal))
        }
        targets = self.costs_of(as_written.values())
        points: list[Point] = []
        for number, point in enumerate(self.study.points):
            if number in as_written:
                points.append(as_written[number])
            elif point.goal and point.goal.by:
                solved = self.solved(point, point.goal, point.goal.targets or targets)
                points += self.fitting(point, solved)
        return tuple(points)

    def fitting(self, point: Point, found: Iterator[Point]) -> Iterator[Point]:
        """What was found; settings that do not go with the data are faults."""
        try:
            yield from found
        except RuleErrors as error:
            place = self.study.tree.fault
            self.faults += [place((*point.path, key), text) for key, text in error.broken]

    def as_written(self, point: Point, goal: Goal) -> Iterator[Point]:
        """A point of the baseline that others are matched to, known by what it costs."""
        asked = self.asked(point, goal, None)
        matched = self.known.get(asked)
        if matched is None:
            matched = Matched(asked, dict(point.sweep), self.priced(point), 0.0)
        sweep = {target_key(goal.metric): _number(matched.value)}
        yield replace(point, sweep=sweep, goal=None, matched=matched)

    def costs_of(self, baseline: Iterable[Point]) -> tuple[float, ...]:
        """The targets that a baseline sets; points that set the same one are faults."""
        first: dict[float, Matched] = {}
        for point in baseline:
            assert point.matched is not None
            twin = first.setdefault(point.matched.value, point.matched)
            if twin is not point.matched:
                same = f"{_shown(twin.knobs)} and {_shown(point.matched.knobs)} cost the same"
                message = f"{same}, so that they would be one target of the match"
                self.faults.append(self.study.tree.fault((*point.path, "sweep"), message))
        return tuple(first)

    def solved(self, point: Point, goal: Goal, targets: Sequence[float]) -> Iterator[Point]:
        """A variant's point at each target. Raises RuleErrors where it does not fit the data."""
        self.study.fitted(point, self.facts)
        for target in targets:
            asked = self.asked(point, goal, target)
            matched = self.known.get(asked)
            if matched is None:
                knobs, value = self.nearest(point, goal, target)
                matched = Matched(asked, knobs, value, (value - target) / target)
            if abs(matched.deviation) > goal.tolerance:
                self.faults.append(self.out_of_reach(point, goal, target, matched))
                continue
            sweep = {target_key(goal.metric): _number(target), **point.sweep}
            turned = point.turned(matched.knobs)
            yield replace(point, sweep=sweep, architecture=turned, goal=None, matched=matched)

    def nearest(self, point: Point, goal: Goal, target: float) -> tuple[dict[str, int], float]:
        """The solved settings, and what they cost."""
        model = type(point.architecture)
        settings = settings_of(point.architecture)
        scales = model.scales(settings)

        def cost_of(**knobs: int) -> float:
            try:
                architecture = point.turned(knobs)
            except ValueError:  # so narrow that compression leaves no map, say
                return -inf
            return self.priced(replace(point, architecture=architecture))

        names = sorted(goal.by, key=lambda name: model.usual(name, settings) is not None)
        if len(names) == 1:
            (name,) = names
            guess = model.usual(name, settings)
            found = [nearest_value(scales[name], lambda v: cost_of(**{name: v}), target, guess)]
        else:
            first, second = names
            middle = model.usual(second, settings)
            assert middle is not None
            found = [
                *nearest_pair(
                    scales[first],
                    scales[second],
                    lambda v, w: cost_of(**{first: v, second: w}),
                    target,
                    usual=middle,
                    tolerance=goal.tolerance,
                )
            ]
        knobs = dict(zip(names, found, strict=True))
        return knobs, cost_of(**knobs)

    def priced(self, point: Point) -> float:
        """What a point costs. Raises RuleErrors where it does not fit the data."""
        batch_size = self.study.recipe_of(point).images_at_once
        return self.cost_of(self.study.fitted(point, self.facts), batch_size)

    def asked(self, point: Point, goal: Goal, target: float | None) -> str:
        """A hash of all that an answer hangs on, but the device: a resumed run asks the same."""
        facts, recipe = self.facts, self.study.recipe_of(point)
        settings = settings_of(point.architecture)
        return hash_of(
            {
                "goal": [goal.metric, target, goal.by, goal.tolerance],
                "settings": {key: v for key, v in settings.items() if key not in goal.by},
                "input": [facts.channels, facts.classes, facts.image_size],
                "dropout": recipe.dropout(self.study.file.data.augment),
                "batch_size": recipe.images_at_once,
            }
        )

    def out_of_reach(self, point: Point, goal: Goal, target: float, found: Matched) -> Fault:
        what = "pair of " * (len(goal.by) - 1) + " and ".join(goal.by)
        wanted = f"{100 * goal.tolerance:g}% of {_amount(target)} {goal.metric}"
        reached = f"{_amount(found.value)} ({found.deviation:+.1%})"
        at = f" ({point_label(point.variant, point.sweep)})" if point.sweep else ""
        message = (
            f"no {what} comes within {wanted}; nearest: {_shown(found.knobs)} with {reached}{at}"
        )
        return self.study.tree.fault((*point.path, "match"), message)


def _number(value: float) -> float:
    """A whole number as an int, for a column of them."""
    return int(value) if value == int(value) else value


def _amount(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:.4g}"


def _shown(knobs: Mapping[str, Any]) -> str:
    return point_label("", knobs).strip()

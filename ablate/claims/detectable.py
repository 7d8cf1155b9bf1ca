"""What a study would find, told before anything is spent on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ablate.analysis import Results
from ablate.cells import METRICS
from ablate.contrasts import Differences, Measured
from ablate.statistics import POWER, deviation_interval, power, seeds_for
from ablate.text import points_text

_FEWEST = 2  # seeds of which there is an interval
_USUAL = 3  # seeds that are told of where fewer are planned than have an interval


@dataclass(frozen=True)
class Spread:
    """How much the errors of cells varied over seeds in another run, in points."""

    run: str
    deviation: float  # pooled over points, what a seed adds to all of them taken out
    low: float  # of its 95% interval
    high: float
    freedom: float

    def times(self, deviations: float) -> str:
        """So many deviations, in points: `1.26 [0.88, 2.21]`."""
        low, high = deviations * self.low, deviations * self.high
        return f"{deviations * self.deviation:.2f} [{low:.2f}, {high:.2f}]"


@dataclass(frozen=True)
class Detectable:
    """What the comparisons of a study would find with a chance of POWER.

    Differences are in standard deviations of a cell's error, as `Spread` has it, and are those of
    the comparison for which they are the largest.
    """

    planned: int  # seeds
    seeds: int  # that the numbers are of: those planned, or 3 where these decide nothing
    comparisons: int
    between: str  # `a variant and DenseNet at equal parameters`; of no comparison why it has none
    difference: float = 0.0  # the least that is found
    tie: float = 0.0  # the least margin within which equals are told to be equal
    margin: float | None = None  # of the study, in points
    spread: Spread | None = None  # None: no other run is alike
    seeds_for_ties: int | None = None  # that tell equals within the margin; None: not known
    is_race: bool = False  # whether the seeds planned are the most that a point may have
    left_out: tuple[str, ...] = ()  # variants that cannot be compared, and why

    def document(self) -> dict[str, Any]:
        """A plain map, for programs; differences in points where a spread is known."""
        known = asdict(self)
        if self.spread:
            for name in ("difference", "tie"):
                known[f"{name}_points"] = known[name] * self.spread.deviation
        return {"power": POWER, **known, "text": " ".join(self.sentences)}

    @property
    def sentences(self) -> list[str]:
        """What it comes to, for people: one to four."""
        if not self.comparisons:
            return [f"Nothing can be compared: {self.between}."]
        opening = f"With {'up to ' if self.is_race else ''}{self.seeds} seeds"
        if self.planned < _FEWEST:
            opening = (
                f"With 1 seed nothing can be decided, as it has no interval; with {self.seeds}"
            )
        what = "1 comparison" if self.comparisons == 1 else f"{self.comparisons} comparisons"
        sentences = [
            f"{opening} a difference of {self.difference:.2g} standard deviations of a cell's "
            f"error between {self.between} would be found with {POWER:.0%} power ({what})."
        ]
        if spread := self.spread:
            degrees = "1 degree" if round(spread.freedom) == 1 else f"{spread.freedom:.0f} degrees"
            sentences.append(
                f"In {spread.run} that deviation was {spread.times(1)} points over seeds "
                f"({degrees} of freedom), so the difference is {spread.times(self.difference)} "
                "points."
            )
        if self.margin:
            sentences.append(self._of_ties(self.margin))
        if self.left_out:
            sentences.append(f"Not compared: {', '.join(self.left_out)}.")
        return sentences

    def _of_ties(self, margin: float) -> str:
        """Whether equals would be told to be equal within the study's margin."""
        told = "A tie would be told to be equal"
        if not self.spread:
            most = f"where that deviation is {margin / self.tie:.2g} points or less"
            return f"{told} within {points_text(margin)} {most}."
        if self.tie * self.spread.deviation <= margin:
            return f"{told} within {points_text(margin)}."
        seeds = f"{self.seeds_for_ties} seeds" if self.seeds_for_ties else "more than 1,000 seeds"
        return (
            f"{told} within {self.spread.times(self.tie)} points, not within the margin of "
            f"{margin:g}: that takes {seeds}."
        )


def detectable(results: Results, alike: Iterable[tuple[Path, Results]] = ()) -> Detectable | None:
    """What is known of a study, and runs that are alike -> what it would find.

    None of a search and of a single point, which compare nothing.

    The comparisons are those that `compare` makes once all cells are done, of a path those of its
    first round. Of the runs that with the most degrees of freedom says what a deviation is.
    """
    if results.is_search:
        return None
    # Its errors are not looked at: what is compared follows from costs, sweeps and seeds.
    done = results.of(results.cells.assign(state="done", error=0.0))
    cost = results.cost()
    asked = Differences.of(done, cost)
    family, is_of_lines = asked.decide
    planned = results.head.race.get("most") or results.cells["seed"].nunique()
    label = METRICS[cost].label
    if len(asked.measured.names) < 2:
        return None
    if not len(family):
        why = f"no {label} or settings are those of {asked.plan.against}"
        return Detectable(planned, planned, 0, why)
    seeds = planned if planned >= _FEWEST else _USUAL
    reach = power(family, seeds)
    spread = max((s for s in map(_spread, alike) if s), key=lambda s: s.freedom, default=None)
    margin, tie = results.head.margin, float(reach.margin.max())
    wanted = None
    if margin and spread and tie * spread.deviation > margin:
        wanted = seeds_for(family, margin / spread.deviation)
    return Detectable(
        planned=planned,
        is_race=bool(results.head.race),
        seeds=seeds,
        comparisons=len(family),
        between=_between(asked, label if is_of_lines else ""),
        difference=float(reach.difference.max()),
        tie=tie,
        margin=margin,
        spread=spread,
        seeds_for_ties=wanted,
        left_out=tuple(f"{e.variant} ({e.reason})" for e in asked.lines if e.reason)
        if is_of_lines
        else (),
    )


def _between(asked: Differences, cost: str) -> str:
    """What the differences are between; `cost` is what lines are at."""
    plan = asked.plan
    if plan.steps:
        return f"a change and {plan.against}, in the first round,"
    names = {name for name, _ in asked.measured.names}
    who = f"{'a variant' if len(names) > 1 else 'a point'} and {plan.against}"
    if cost:
        return f"{who} at equal {cost}"
    keys = " and ".join(key.replace("_", " ") for key in plan.matched)
    return f"{who} at equal {keys}" if keys else who


def _spread(run: tuple[Path, Results]) -> Spread | None:
    """How much the errors of a run vary; None where they tell nothing of it."""
    path, results = run
    measured = Measured.of(results.cells)
    blocks = measured.fit(next(iter(measured.same), 0)).blocks
    if blocks is None or not blocks.has_spread:
        return None
    freedom, deviation = float(blocks.freedom.sum()), float(blocks.pooled().deviations[0])
    return Spread(str(path), deviation, *deviation_interval(deviation, freedom), freedom)

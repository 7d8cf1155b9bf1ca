"""A greedy path: from the baseline one change at a time, each round the one that helps most.

Pure: what came of the points in, the points to train next out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ablate.cells import is_lost
from ablate.text import points_text

BASELINE = "baseline"
AND = " + "
OUTCOMES = ("pruned", "infeasible", "oom", "diverged", "timeout")  # ends without a result
NOISE = 0.05  # the chance that a round in which nothing helps ends in a step
_ROUNDING = 1e-9  # errors are counts of images over a total

Changes = tuple[str, ...]  # laid over the baseline in this order; none: the baseline itself
# Whether a step must beat the noise, or its observed difference is enough.
Steps = Literal["tested", "observed"]


@dataclass(frozen=True)
class Tried:
    """What came of a point: a cell a seed."""

    errors: tuple[float, ...]  # percent, in the order of the seeds; NaN: no result
    lost: bool = False  # whether cells count against it, see `cells.losses`
    is_open: bool = False  # whether a cell may still have a result

    @property
    def has_error(self) -> bool:
        """Whether any seed has a result."""
        return not all(map(math.isnan, self.errors))

    @property
    def mean(self) -> float:
        """Over all seeds: infinite where one of them has no result."""
        if any(map(math.isnan, self.errors)):
            return math.inf
        return math.fsum(self.errors) / len(self.errors)


@dataclass(frozen=True)
class Walk:
    """How far a path is."""

    points: tuple[Changes, ...]  # everything to be trained so far, round by round
    accepted: Changes
    ending: str  # why nothing more is tried; empty while the last round is open
    steps_are: Steps  # what decided them
    rounds: int = 0  # that have decided

    @property
    def steps(self) -> tuple[Changes, ...]:
        """The path: the baseline, then what each round accepted on top."""
        return tuple(self.accepted[:count] for count in range(len(self.accepted) + 1))


def walk(
    changes: Sequence[str],
    margin: float,
    tried: Callable[[Changes], Tried],
    fits: Callable[[Changes], bool] = lambda point: True,
    steps_are: Steps = "tested",
) -> Walk:
    """The path as far as what is known decides it.

    Round after round tries every change that is left, and `fits`, on top of those accepted. One is
    accepted whose error is lower by more than `margin` points and by more than noise makes it:
    one-sided, for all candidates of the round together, with a deviation from all points so far and
    the seed as a block. Cells that count against a point keep it from being accepted; others that
    gave no result are missing. Of several the one of the lowest error is accepted, of equals the
    first written. Where steps are `observed`, as those of a single seed are, the difference itself
    decides; a point that lacks a result is passed over then.
    """
    steps_are = decided_by(steps_are, len(tried(()).errors))
    accepted: Changes = ()
    points: list[Changes] = [()]
    rounds = 0
    while True:
        candidates = [(*accepted, change) for change in changes if change not in accepted]
        candidates = [point for point in candidates if fits(point)]
        points += candidates
        if not candidates:
            return Walk(tuple(points), accepted, "no change is left", steps_are, rounds)
        if any(tried(point).is_open for point in (accepted, *candidates)):
            return Walk(tuple(points), accepted, "", steps_are, rounds)
        rounds += 1
        results, base = [tried(point) for point in points], points.index(accepted)
        last = range(len(points) - len(candidates), len(points))
        decide = _tested if steps_are == "tested" else _observed
        best, none = decide(results, base, last, margin)
        if best is None:
            return Walk(tuple(points), accepted, none, steps_are, rounds)
        accepted = points[best]


def decided_by(steps_are: Steps, seeds: int) -> Steps:
    """What decides with so many seeds: a single one tells no noise."""
    return steps_are if seeds > 1 else "observed"


def _observed(
    results: Sequence[Tried], base: int, candidates: Sequence[int], margin: float
) -> tuple[int | None, str]:
    """The candidate of the lowest mean error, if that is lower; else why there is none."""
    best = min(candidates, key=lambda point: results[point].mean)
    if results[base].mean - results[best].mean > margin + _ROUNDING:
        return best, ""
    return None, f"no change lowers the error{_by(margin)}"


def _tested(
    results: Sequence[Tried], base: int, candidates: Sequence[int], margin: float
) -> tuple[int | None, str]:
    """The candidate of the lowest error of those that beat the noise; else why there is none."""
    import numpy as np  # here, as few studies are paths

    from ablate.statistics import against_one

    sound = [point for point in candidates if results[point].has_error and not results[point].lost]
    if sound and not results[base].has_error:  # whatever has a result is better than that
        return min(sound, key=lambda point: np.nanmean(results[point].errors)), ""
    errors = np.array([result.errors for result in results])
    differences, chances = against_one(errors, base, candidates)
    if sound and np.isnan(chances).all():
        return None, "the seeds leave no spread by which a step could be told from noise"
    beating = {
        point: difference
        for point, difference, chance in zip(candidates, differences, chances, strict=True)
        if point in sound and chance <= NOISE and -difference > margin + _ROUNDING
    }
    if beating:
        return min(beating, key=lambda point: beating[point]), ""
    return (
        None,
        f"no change beats the noise{' and lowers the error' if margin else ''}{_by(margin)}",
    )


def _by(margin: float) -> str:
    return f" by more than {points_text(margin)}" if margin else ""


def variant_of(point: Changes) -> str:
    """What a point is called in tables: `baseline`, `wide + bottleneck`."""
    return AND.join(point) or BASELINE


def changes_of(variant: str, changes: Sequence[str]) -> Changes | None:
    """The point of that name; None where it is none of these changes'."""
    found = () if variant == BASELINE else tuple(variant.split(AND))
    return found if set(found) <= set(changes) and len(set(found)) == len(found) else None


def tried_by(
    cells: Iterable[tuple[str, int, str, float | None]], seeds: Iterable[int]
) -> Callable[[Changes], Tried]:
    """(variant, seed, state, error) of cells -> what `walk` asks for, of these `seeds`."""
    by_name = {(variant, seed): (state, error) for variant, seed, state, error in cells}
    wanted = tuple(seeds)

    def tried(point: Changes) -> Tried:
        each = [by_name.get((variant_of(point), seed), ("waiting", None)) for seed in wanted]
        states = [state for state, _ in each]
        return Tried(
            tuple(math.nan if state != "done" or error is None else error for state, error in each),
            lost=any(map(is_lost, states)),
            is_open=not wanted or any(s != "done" and s not in OUTCOMES for s in states),
        )

    return tried


def chance_note(rounds: int, steps_are: Steps, changes: int, margin: float = 0.0) -> str:
    """How likely it is that a path of so many rounds takes a step that helps nothing."""
    if steps_are == "tested":
        over = f", over {rounds} rounds at most {1 - (1 - NOISE) ** rounds:.0%}" * (rounds > 1)
        return f"a round in which nothing helps ends in a step with a chance of {NOISE:.0%}{over}"
    what = "a step is by the observed difference, which noise makes, too"
    share = changes / (changes + 1)
    return what if margin else f"{what}: where nothing helps, in {share:.0%} of first rounds"

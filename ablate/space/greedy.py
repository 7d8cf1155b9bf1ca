"""A greedy path: from the baseline one change at a time, each round the one that helps most.

Pure: the errors that are known in, the points to train next out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

BASELINE = "baseline"
AND = " + "
OUTCOMES = ("pruned", "infeasible", "oom", "diverged", "timeout")  # ends without a result
_ROUNDING = 1e-9  # errors are counts of images over a total

Changes = tuple[str, ...]  # laid over the baseline in this order; none: the baseline itself


@dataclass(frozen=True)
class Walk:
    """How far a path is."""

    points: tuple[Changes, ...]  # everything to be trained so far, round by round
    accepted: Changes
    ending: str  # why nothing more is tried; empty while the last round is open

    @property
    def steps(self) -> tuple[Changes, ...]:
        """The path: the baseline, then what each round accepted on top."""
        return tuple(self.accepted[:count] for count in range(len(self.accepted) + 1))


def walk(
    changes: Sequence[str],
    margin: float,
    error_of: Callable[[Changes], float | None],
    fits: Callable[[Changes], bool] = lambda point: True,
) -> Walk:
    """The path as far as errors decide it.

    Round after round tries every change that is left, and `fits`, on top of those accepted. The one
    of the lowest error is accepted, of equals the first written, if it wins more than `margin`
    points. `error_of` is None for what is not known yet, and infinite for what gave no result.
    """
    accepted: Changes = ()
    points: list[Changes] = [()]
    while True:
        tried = [(*accepted, change) for change in changes if change not in accepted]
        tried = [point for point in tried if fits(point)]
        points += tried
        if not tried:
            return Walk(tuple(points), accepted, "no change is left")
        current, errors = error_of(accepted), [error_of(point) for point in tried]
        known = [error for error in errors if error is not None]
        if current is None or len(known) < len(errors):
            return Walk(tuple(points), accepted, "")
        if not current - min(known) > margin + _ROUNDING:
            by = f" by more than {margin:g} points" if margin else ""
            return Walk(tuple(points), accepted, f"no change lowers the error{by}")
        accepted = tried[known.index(min(known))]


def mean_error(errors: Iterable[float | None]) -> float | None:
    """Errors of a point's seeds, infinite where there is no result -> what `walk` asks for."""
    found = list(errors)
    if not found or any(error is None for error in found):
        return None
    return math.fsum(error for error in found if error is not None) / len(found)


def variant_of(point: Changes) -> str:
    """What a point is called in tables: `baseline`, `wide + bottleneck`."""
    return AND.join(point) or BASELINE


def changes_of(variant: str, changes: Sequence[str]) -> Changes | None:
    """The point of that name; None where it is none of these changes'."""
    found = () if variant == BASELINE else tuple(variant.split(AND))
    return found if set(found) <= set(changes) and len(set(found)) == len(found) else None


def errors_of(
    cells: Iterable[tuple[str, int, str, float | None]], seeds: Iterable[int]
) -> Callable[[Changes], float | None]:
    """(variant, seed, state, error) of cells -> `error_of` for `walk`: means over `seeds`."""
    found = {(variant, seed): (state, error) for variant, seed, state, error in cells}
    wanted = tuple(seeds)

    def error_of(point: Changes) -> float | None:
        ended = [found.get((variant_of(point), seed), ("waiting", None)) for seed in wanted]
        return mean_error(
            error if state == "done" else math.inf if state in OUTCOMES else None
            for state, error in ended
        )

    return error_of

"""Made-up greedy paths, decided by the function that decides them in runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ablate.space import Changes, Tried, Walk, walk
from benchmarks.validity.studies import SHARED

HELPS = "c0"  # the change that lowers the error, where one does


@dataclass(frozen=True)
class PathCondition:
    """Paths of one kind; errors are in standard deviations of a cell's error over seeds."""

    name: str
    changes: int
    seeds: int = 3
    effect: float = 0.0  # by which one of the changes lowers the error; the others do nothing


def conditions() -> Iterator[PathCondition]:
    """Every condition, in the order of the table."""
    for changes in (3, 5, 8):
        yield PathCondition("useless changes", changes)
    for seeds in (2, 5):
        yield PathCondition("useless changes", 5, seeds)
    for seeds, effect in ((3, 2.0), (3, 3.0), (5, 2.0)):
        yield PathCondition("one change helps", 5, seeds, effect)


def told(condition: PathCondition, number: int) -> dict[str, float]:
    """One path by the rule that stands, and by the observed differences alone."""
    draw = np.random.default_rng([20_161, number])
    of_seeds, known = draw.normal(0, SHARED, condition.seeds), dict[Changes, Tried]()
    changes = [f"c{i}" for i in range(condition.changes)]

    def tried(point: Changes) -> Tried:
        """A point's errors, drawn when they are asked for first."""
        if point not in known:
            noise: NDArray[np.float64] = draw.normal(0, 1, condition.seeds)
            errors = of_seeds + noise - condition.effect * (HELPS in point)
            known[point] = Tried(tuple(errors.tolist()))
        return known[point]

    tested = _counted(walk(changes, 0.0, tried), condition)
    observed = _counted(walk(changes, 0.0, tried, steps_are="observed"), condition)
    return tested | {f"observed_{name}": value for name, value in observed.items()}


def _counted(path: Walk, condition: PathCondition) -> dict[str, float]:
    helps = condition.effect > 0
    useless = [change for change in path.accepted if not (helps and change == HELPS)]
    return {
        "wrong_step": float(bool(useless)),
        "found_step": float(HELPS in path.accepted) if helps else np.nan,
        "rounds": float(path.rounds),
    }


def summary(condition: PathCondition, all_told: Sequence[dict[str, float]]) -> dict[str, Any]:
    """Paths of one condition -> a row of the table."""
    given = asdict(condition)
    shares = pd.DataFrame(all_told).mean()
    known = {str(name): None if np.isnan(value) else float(value) for name, value in shares.items()}
    return {"condition": given.pop("name"), **given, **known, "studies": len(all_told)}

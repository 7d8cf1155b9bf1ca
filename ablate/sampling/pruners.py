"""When a cell of a search is not worth finishing. Pure, but for Optuna's own pruners."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

import optuna

from ablate.space import Pruner

# Of a cell's epochs. The last two stand just after the learning rate of `densenet-2017` drops.
RUNGS = (0.25, 0.55, 0.80)
LEAST_MARGIN = 1.0  # points that are forgiven at a rung of less noise, or of unknown
FORGIVEN = 2.0  # deviations of an epoch's error
# Of the median distance of differences of two normal values from their median, in their deviation.
_DISTANCE = 0.6745 * math.sqrt(2)


@dataclass(frozen=True)
class Rung:
    """A cell at a rung: what it costs, and how it does there."""

    costs: tuple[float, ...]  # of each cost objective, less is better
    error: float  # percent
    change: float | None = None  # of that error, with the last epoch


def rung_at(epoch: int, epochs: int) -> int | None:
    """The rung that is reached with the end of `epoch`; None for an epoch between two.

    Where a cell is too short to tell rungs apart the later one counts. None of them is its end.
    """
    ends = [math.ceil(share * epochs) for share in RUNGS]
    found = [number for number, end in enumerate(ends) if end == epoch and end < epochs]
    return found[-1] if found else None


def is_behind(cell: Rung, others: Iterable[Rung], *, margin: float, neighbours: int) -> bool:
    """Whether a cell is far from every front that a search could end with.

    That is where at least `neighbours` of the `others` at its rung, none of them dearer in any
    cost, have an error lower by more than `margin` points.
    """
    better = sum(
        other.error < cell.error - margin
        and all(theirs <= own for theirs, own in zip(other.costs, cell.costs, strict=True))
        for other in others
    )
    return better >= neighbours


def margin_at(rungs: Iterable[Rung]) -> float:
    """All cells at a rung -> the points of error to forgive there for the noise of an epoch.

    The noise is how far each cell's change lies from the median of the changes: what an epoch does
    to all cells alike is none.
    """
    changes = [rung.change for rung in rungs if rung.change is not None]
    if not changes:
        return LEAST_MARGIN
    middle = median(changes)
    deviation = median(abs(change - middle) for change in changes) / _DISTANCE
    return max(LEAST_MARGIN, FORGIVEN * deviation)


def optuna_pruner(pruner: Pruner, epochs: int) -> optuna.pruners.BasePruner:
    """Optuna's pruner of the same name; one that never prunes for `none` and `pareto`."""
    # Two rounds of halving at most: Optuna would begin at a hundredth, in the middle of an epoch.
    first = max(1, epochs // pruner.reduction**2)
    match pruner.name:
        case "median":
            return optuna.pruners.MedianPruner(
                n_startup_trials=pruner.startup, n_warmup_steps=math.ceil(RUNGS[0] * epochs)
            )
        case "asha":
            return optuna.pruners.SuccessiveHalvingPruner(
                min_resource=first, reduction_factor=pruner.reduction
            )
        case "hyperband":
            return optuna.pruners.HyperbandPruner(
                min_resource=first, max_resource=epochs, reduction_factor=pruner.reduction
            )
        case _:
            return optuna.pruners.NopPruner()

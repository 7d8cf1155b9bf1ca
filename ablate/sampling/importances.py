"""Which knobs of a search mattered for the error, and how sure that is.

By PED-ANOVA (Watanabe et al., arXiv 2304.10255), as Optuna has it: how unlike the values of a knob
among the best cells are to those among all. It needs nothing but Optuna and knows knobs that exist
under a condition only; fANOVA, the other choice, leaves those out and grows a forest per resample.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import optuna
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, create_trial

from ablate.records import Attempt, Attempts
from ablate.storage import quiet
from ablate.text import Scalar

Floats = NDArray[np.float64]
Importance = tuple[str, float, float, float, float]  # knob, share, low, high, by chance
FEW = 30  # cells; with fewer, the ranges of most knobs span each other
LEVEL = 0.9
CHANCE = 0.95  # of searches in which no knob matters none clears what it has by chance
BEST = 0.25  # share of cells that count as the best: Optuna's own 10% would be 3 of 30
REPEATS = 100
PERMUTATIONS = 199
# Ended early for the error that they had there.
_STOPPED = ("pruned", "diverged")


@dataclass(frozen=True)
class RatedCells:
    """Cells of a search that are known to be better or worse than others."""

    points: tuple[Mapping[str, Scalar], ...]  # values of the active knobs
    values: tuple[float, ...]  # errors in percent, or of what ended early what stands for one
    distributions: Mapping[str, BaseDistribution]

    @property
    def note(self) -> str:
        """How importances of these cells come about, for a caption."""
        return (
            f"PED-ANOVA: how much a knob decides whether a cell is among the best {BEST:.0%} by "
            f"error, of {len(self.points)} cells; middle {LEVEL:.0%} of {REPEATS} bootstrap "
            f"resamples; grey: what it has by chance, which no knob exceeds in {CHANCE:.0%} of "
            f"searches in which none matters ({PERMUTATIONS} permutations)"
        )

    @property
    def warning(self) -> str:
        """What to say where the cells are too few; empty where they are enough."""
        if len(self.points) >= FEW:
            return ""
        return f"fewer than {FEW} cells: do not read an order into these"


def importances(
    points: Sequence[Mapping[str, Scalar]],
    values: Sequence[float],
    distributions: Mapping[str, BaseDistribution],
    *,
    repeats: int = REPEATS,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
) -> list[Importance]:
    """Knob values of cells and their errors -> each knob's importance, the highest first.

    A point holds its active knobs only. Importances are shares that sum to 1, with the middle 90%
    of `repeats` bootstrap resamples of the cells. The last number is what a knob has by chance, as
    a share of the same sum: of searches in which none matters all knobs stay at or below theirs in
    95%, as permutations of the errors among the cells have it. A knob that never varied has 0.
    Raises ValueError for fewer than two cells.
    """
    if len(points) < 2:
        raise ValueError(f"importances need at least 2 cells, got {len(points)}")
    trials = [
        create_trial(
            params=dict(point),
            distributions={name: distributions[name] for name in point},
            value=value,
        )
        for point, value in zip(points, values, strict=True)
    ]
    draw, number = np.random.default_rng(seed), len(trials)
    errors, names = np.array(values), list(distributions)
    with quiet(), warnings.catch_warnings():
        # That a resample has few cells of a kind is what the ranges are there to show.
        warnings.simplefilter("ignore", UserWarning)
        study = _study(trials)
        own = _divergences(study, errors, names)
        orders = [draw.permutation(number) for _ in range(permutations)]
        permuted = [_divergences(study, errors[order], names) for order in orders]
        drawn = [draw.integers(0, number, number) for _ in range(repeats)]
        resampled = [
            _divergences(_study([trials[i] for i in cells]), errors[cells], names)
            for cells in drawn
        ]
    tail = (1 - LEVEL) / 2
    low, high = np.quantile([_shares(each) for each in resampled], [tail, 1 - tail], axis=0)
    # By the own sum, as shares of the permuted ones' would be large where none is.
    chance = np.minimum(by_chance(np.array(permuted)) / (own.sum() or 1.0), 1.0)
    columns = (_shares(own), low, high, chance)
    knobs = zip(names, *(column.tolist() for column in columns), strict=True)
    return sorted(knobs, key=lambda knob: -knob[1])


def by_chance(permuted: Floats, level: float = CHANCE) -> Floats:
    """Divergences (permutations, knobs) where no knob matters -> what each has at most, (knobs,).

    All at once, by the largest over knobs of what one is above its own mean, in its own deviations
    (Westfall and Young 1993), so that knobs of many values, which have more, are no more often
    beyond theirs. Of roots, as divergences are skewed like squares.
    """
    roots = np.sqrt(permuted)
    middle, deviation = roots.mean(axis=0), roots.std(axis=0)
    largest = np.sort(((roots - middle) / np.maximum(deviation, 1e-12)).max(axis=1))
    # Counted with the search itself.
    beyond = largest[min(len(largest), math.ceil(level * (len(largest) + 1))) - 1]
    limits: Floats = (middle + beyond * deviation) ** 2
    return limits


def _study(trials: Sequence[FrozenTrial]) -> optuna.Study:
    study = optuna.create_study()
    study.add_trials(trials)
    return study


def _divergences(study: optuna.Study, errors: Floats, knobs: Sequence[str]) -> Floats:
    """How far the values of each knob among the best cells are from those among all."""
    # Here, as it loads scikit-learn, for which every worker would wait.
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

    divergence_of = get_param_importances(
        study,
        evaluator=PedAnovaImportanceEvaluator(target_quantile=BEST),
        target=lambda trial: float(errors[trial.number]),
        normalize=False,
    )
    return np.array([divergence_of.get(knob, 0.0) for knob in knobs])


def _shares(divergences: Floats) -> Floats:
    return divergences / (divergences.sum() or 1.0)


def rated_cells(cells: Iterable[Attempts]) -> RatedCells:
    """The attempts at each cell of a search -> those trained far enough to be told apart.

    Without those that were stopped it would be the knobs of survivors only. The `pareto` pruner
    stops what is far from the front at its cost, which may be better than most: such a cell counts
    as the finished one that was nearest to it in error where it was stopped. What another pruner
    stopped, or diverged, counts as worse than all others.
    """
    rated = [each for each in cells if each.state == "done" or each.state in _STOPPED]
    done = [each.done for each in rated if each.done]
    worst = max((attempt.result["error"] for attempt in done), default=0.0) + 1
    lasts = [each.done or each.ended[-1] for each in rated]
    distributions: dict[str, BaseDistribution] = {}
    for last in lasts:
        distributions |= last.ranges
    values = tuple(
        _stands_for(last, done, worst) if each.done is None else float(last.result["error"])
        for each, last in zip(rated, lasts, strict=True)
    )
    return RatedCells(tuple(last.knobs for last in lasts), values, distributions)


def _stands_for(stopped: Attempt, done: Sequence[Attempt], worst: float) -> float:
    """What an attempt that ended early counts as."""
    if stopped.outcome != "pruned" or not stopped.rungs:
        return worst
    rung = max(stopped.rungs)
    there = [attempt for attempt in done if rung in attempt.rungs]
    if not there:
        return worst
    nearest = min(there, key=lambda attempt: abs(attempt.rungs[rung] - stopped.rungs[rung]))
    return float(nearest.result["error"])

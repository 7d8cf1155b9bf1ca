"""Which knobs of a search mattered for the error, and how sure that is.

By PED-ANOVA (Watanabe et al., arXiv 2304.10255), as Optuna has it: how unlike the values of a knob
among the best cells are to those among all. It needs nothing but Optuna and knows knobs that exist
under a condition only; fANOVA, the other choice, leaves those out and grows a forest per resample.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, create_trial

from ablate.records import Attempts, quiet
from ablate.text import Scalar

Importance = tuple[str, float, float, float]  # knob, median, low, high
FEW = 30  # cells; with fewer, the ranges of most knobs span each other
LEVEL = 0.9
BEST = 0.25  # share of cells that count as the best: Optuna's own 10% would be 3 of 30
REPEATS = 100
# Ended in a way that says that the error would have been worse than that of cells that went on.
_WORSE = ("pruned", "diverged")


@dataclass(frozen=True)
class RatedCells:
    """Cells of a search that are known to be better or worse than others."""

    points: tuple[Mapping[str, Scalar], ...]  # values of the active knobs
    values: tuple[float, ...]  # errors in percent; of what was stopped, one above all others
    distributions: Mapping[str, BaseDistribution]

    @property
    def note(self) -> str:
        """How importances of these cells come about, for a caption."""
        return (
            f"PED-ANOVA: how much a knob decides whether a cell is among the best {BEST:.0%} by "
            f"error, of {len(self.points)} cells; median and middle {LEVEL:.0%} of {REPEATS} "
            "bootstrap resamples"
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
    seed: int = 0,
) -> list[Importance]:
    """Knob values of cells and their errors -> each knob's importance, the highest first.

    A point holds its active knobs only. Importances are shares that sum to 1; each is the median
    over `repeats` bootstrap resamples of the cells, with the range of their middle 90%. A knob that
    never varied has 0. Raises ValueError for fewer than two cells.
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
    draw = np.random.default_rng(seed)
    with quiet(), warnings.catch_warnings():
        # That a resample has few cells of a kind is what the ranges are there to show.
        warnings.simplefilter("ignore", UserWarning)
        resampled = [
            _shares([trials[i] for i in draw.integers(0, len(trials), len(trials))])
            for _ in range(repeats)
        ]
    found = np.array([[share.get(name, 0.0) for name in distributions] for share in resampled])
    tail = (1 - LEVEL) / 2
    low, middle, high = np.quantile(found, [tail, 0.5, 1 - tail], axis=0).tolist()
    rows = zip(distributions, middle, low, high, strict=True)
    return sorted(rows, key=lambda row: -row[1])


def _shares(trials: Sequence[FrozenTrial]) -> dict[str, float]:
    # Here, as it loads scikit-learn, for which every worker would wait.
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

    study = optuna.create_study()
    study.add_trials(trials)
    return get_param_importances(study, evaluator=PedAnovaImportanceEvaluator(target_quantile=BEST))


def rated_cells(cells: Iterable[Attempts]) -> RatedCells:
    """The attempts at each cell of a search -> those trained far enough to be told apart.

    Cells that were pruned or diverged count as worse than all others: without them it would be the
    knobs of survivors only.
    """
    points, errors = [], []
    distributions: dict[str, BaseDistribution] = {}
    for attempts in cells:
        if attempts.state != "done" and attempts.state not in _WORSE:
            continue
        last = attempts.done or attempts.ended[-1]
        points.append(last.knobs)
        errors.append(last.result["error"] if attempts.done else None)
        distributions |= last.ranges
    worst = max((error for error in errors if error is not None), default=0.0) + 1
    values = tuple(worst if error is None else error for error in errors)
    return RatedCells(tuple(points), values, distributions)

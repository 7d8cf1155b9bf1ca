"""What a family of comparisons would decide, before there is a value: in deviations of one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ablate.statistics.intervals import LEVEL, Numbers
from ablate.statistics.seeds import first_enough
from ablate.statistics.simultaneous import chance_deviations, largest_of

POWER = 0.8
_STEPS = 30  # of a bisection, after which it is exact to nine digits


@dataclass(frozen=True)
class Power:
    """What each of a family of contrasts decides with probability POWER, in deviations."""

    difference: Numbers  # (contrasts,): the least true one that the interval excludes zero for
    margin: Numbers  # (contrasts,): the least within which nothing is told to be equal


def power(contrasts: Numbers, seeds: int, *, level: float = LEVEL) -> Power:
    """Contrasts (contrasts, points) of points with `seeds` each -> what they would decide.

    The deviation of a value, what its seed adds to all points taken out, is estimated from all
    points together, and the intervals hold with `level` together, as those of `simultaneous()`: a
    difference is found where the noncentral t exceeds their critical value, in the right direction.
    Raises ValueError for fewer than two seeds or points, of which there is no interval.
    """
    from scipy.special import nctdtrinc

    critical, chance, freedom = _critical(contrasts, seeds, level)
    errors = _errors(contrasts, seeds)
    low, high = 0.0, float(critical * chance.max()) + 10
    for _ in range(_STEPS):
        middle = (low + high) / 2
        is_enough = _is_told_equal(middle, critical * chance) > POWER
        low, high = (low, middle) if is_enough else (middle, high)
    return Power(errors * float(nctdtrinc(freedom, 1 - POWER, critical)), errors * high)


def seeds_for(contrasts: Numbers, margin: float, *, level: float = LEVEL) -> int | None:
    """The seeds with which equals are told to be equal within `margin`, in deviations.

    With probability POWER for each of the contrasts; None for more than MOST_SEEDS.
    """

    def is_enough(seeds: int) -> bool:
        critical, chance, _ = _critical(contrasts, seeds, level)
        in_errors = margin / float(_errors(contrasts, seeds).max())
        return _is_told_equal(in_errors, critical * chance) >= POWER

    return first_enough(is_enough)


def _critical(contrasts: Numbers, seeds: int, level: float) -> tuple[float, Numbers, float]:
    """The critical |t| of a family, draws of a deviation's estimate, its degrees of freedom."""
    points = contrasts.shape[1]
    if seeds < 2 or points < 2:
        raise ValueError(f"power is of 2 points and 2 seeds or more, got {points} and {seeds}")
    freedom = float((points - 1) * (seeds - 1))
    chance = chance_deviations(freedom)
    return float(np.quantile(largest_of(contrasts) / chance, level)), chance, freedom


def _errors(contrasts: Numbers, seeds: int) -> Numbers:
    """(contrasts,): standard errors, in deviations; what seeds add cancels out."""
    return np.asarray(np.sqrt((contrasts**2).sum(axis=1) / seeds))


def _is_told_equal(margin: float, halves: Numbers) -> float:
    """Draws of an interval's half width -> the chance that equals are told so; in standard errors.

    The interval has zero in it and lies within the margin.
    """
    from scipy.special import ndtr

    reach = np.clip(np.minimum(margin - halves, halves), 0, None)
    return float((2 * ndtr(reach) - 1).mean())

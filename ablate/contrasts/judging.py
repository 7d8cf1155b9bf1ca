"""A family of comparisons: what each comes to, and what its interval decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ablate.contrasts.measured import Fit, Measured
from ablate.statistics import (
    LEVEL,
    Blocks,
    Critical,
    Family,
    at_critical,
    half_widths,
    seeds_needed,
    share_contrasts,
    simultaneous,
    verdict,
)

Contrast = Mapping[int, float]  # point -> its weight; they sum to 0
_ROUNDING = 1e-12  # of a weight
_NONE = Critical(nan)


@dataclass(frozen=True)
class Basis:
    """How the intervals of a family of comparisons came about."""

    comparisons: int = 0
    over: str = ""  # seeds, seeds and images, images; nothing where there is no interval
    points: int = 0  # whose deviations are pooled
    freedom: float = 0.0
    deviation: float = 0.0  # of an error, over seeds, in points
    differ: bool | None = None  # whether variants have deviations of their own; None: untold
    critical: Critical = _NONE  # that intervals are of
    # Of seeds that race: how many each comparison was last looked at with, and the most.
    looked: tuple[int, ...] = ()
    most_seeds: int = 0


def judge(
    measured: Measured,
    fit: Fit,
    contrasts: Sequence[Contrast | None],
    *,
    images: int = 0,
    margin: float | None = None,
    limit: Callable[[float], float] | None = None,
    level: float = LEVEL,
) -> tuple[list[dict[str, Any]], Basis]:
    """Contrasts of one family -> of each the columns of a difference, and how they came about.

    Without a contrast, or where its points have no seed in common with those of the fit, a map is
    empty; of the very same cells it has a difference of 0 and no more. `images` is how many an
    error is of, 0 where that is not known; the intervals hold together with `level`. Degrees of
    freedom have the critical |t| that `limit` says, where the family's own is not what is wanted;
    there is no p then.
    """
    merged = [_merged(measured, each) if each else None for each in contrasts]
    can_be, matrix = _of_fit(fit, merged)
    # Of the very same cells nothing is left: that is no finding.
    judged: list[dict[str, Any]] = [{"difference": 0.0} if each == {} else {} for each in merged]
    if not can_be or fit.blocks is None:
        return judged, Basis()
    blocks = fit.blocks
    if limit and blocks.has_spread:
        family = at_critical(blocks, matrix, limit(float(blocks.freedom.min())), level)
    else:
        family = simultaneous(blocks, matrix, level=level)
    low, high, over = ends(blocks, matrix, family, images)
    needed: list[int | None] = [None] * len(can_be)
    if margin and over in ("seeds", "seeds and images") and not limit:
        left = half_widths(blocks, matrix, replace(family.critical, seeds=0.0))
        needed = seeds_needed(blocks, matrix, measured.seeds_each, margin, over_images=left)
    for row, i in enumerate(can_be):
        decided = verdict(low[row], high[row], margin)
        numbers = (family.estimates[row], low[row], high[row], family.p[row])
        names = ("difference", "difference_low", "difference_high", "p")
        judged[i] = dict(zip(names, map(float, numbers), strict=True))
        judged[i]["verdict"] = decided
        judged[i]["seeds_needed"] = needed[row] if decided == "undecided" else None
    freedom = float(blocks.freedom.sum())
    pooled = float(np.sqrt((blocks.residuals**2).sum() / freedom)) if freedom > 0.5 else 0.0
    basis = Basis(len(can_be), over, blocks.points, freedom, pooled, fit.differ, family.critical)
    return judged, basis


def weights_of(
    measured: Measured, fit: Fit, contrasts: Sequence[Contrast | None]
) -> NDArray[np.float64]:
    """Contrasts -> those that `judge` makes a family of, as weights of the fit's points."""
    return _of_fit(fit, [_merged(measured, each) if each else None for each in contrasts])[1]


def _of_fit(
    fit: Fit, merged: Sequence[Mapping[int, float] | None]
) -> tuple[list[int], NDArray[np.float64]]:
    """Which contrasts are of the fit's points, and what these weigh in them: (such, points)."""
    can_be = [i for i, each in enumerate(merged) if each and each.keys() <= fit.place.keys()]
    matrix = np.zeros((len(can_be), len(fit.place)))
    for row, i in enumerate(can_be):
        for point, weight in (merged[i] or {}).items():
            matrix[row, fit.place[point]] += weight
    return can_be, matrix


def _merged(measured: Measured, contrast: Contrast) -> dict[int, float]:
    """A contrast in which the very same cells have one weight; empty where they cancel out."""
    weights: dict[int, float] = {}
    for point, weight in contrast.items():
        first = measured.same.get(point, point)
        weights[first] = weights.get(first, 0.0) + weight
    return {point: weight for point, weight in weights.items() if abs(weight) > _ROUNDING}


def ends(
    blocks: Blocks, matrix: NDArray[np.float64], family: Family, images: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], str]:
    """The intervals' ends, and what they are over.

    Where seeds leave no spread, though there are several, that of the images stands.
    """
    if blocks.has_spread:
        return family.low, family.high, "seeds and images" if blocks.images else "seeds"
    if blocks.freedom.sum() < 0.5 or not images:
        return family.low, family.high, ""
    each = 1 - (1 - family.level) / len(matrix)  # Bonferroni's
    low, high = share_contrasts(matrix, blocks.means / 100, images, each)
    return 100 * low, 100 * high, "images"

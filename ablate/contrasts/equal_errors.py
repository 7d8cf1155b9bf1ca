"""What variants cost at the error of the baseline: ratios of efficiency curves."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isnan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ablate.cells import METRICS
from ablate.contrasts.equal_cost import Line
from ablate.contrasts.judging import Basis
from ablate.contrasts.measured import Fit, Measured
from ablate.statistics import Blocks, Critical, bonferroni, cost_ratio
from ablate.text import count


def ratios(
    measured: Measured, fit: Fit, lines: Sequence[Line], basis: Basis, cost: str
) -> list[dict[str, Any]]:
    """Lines -> of each the columns of its ratio at equal error, or why it has none.

    `basis` is that of the lines' differences: both intervals are of one family, so that one
    excludes 1 where the other one excludes 0.
    """
    blocks, costs = fit.blocks, measured.costs(cost)
    if blocks is None or not lines:
        return [{"ratio_reason": "no cell is done"} for _ in lines]
    critical = basis.critical
    if blocks.has_spread and (isnan(critical.seeds) or any(not line.contrast for line in lines)):
        over_images = bonferroni(inf, len(lines)) if blocks.images else 0.0
        critical = Critical(bonferroni(float(blocks.freedom.sum()), len(lines)), over_images)
    return [_ratio(measured, fit, blocks, line, costs, critical, cost) for line in lines]


def _ratio(
    measured: Measured,
    fit: Fit,
    blocks: Blocks,
    line: Line,
    costs: NDArray[np.float64],
    critical: Critical,
    cost: str,
) -> dict[str, Any]:
    label = METRICS[cost].label
    curves = []
    for points in (line.own, line.base):
        place = [fit.place.get(measured.same.get(point, point), -1) for point in points]
        if not points or min(place) < 0:
            why = "no seed in common with the baseline" if points else "no cell is done"
            return {"ratio_reason": why}
        curves.append((np.array(place, dtype=np.intp), costs[list(points)]))
    if all(np.ptp(known) == 0 for _, known in curves):
        return {"ratio_reason": f"one value of {label} each, which is no curve"}
    found = cost_ratio(blocks, curves[0], curves[1], critical)
    if found is None:
        return {"ratio_reason": _no_ratio(measured, line, costs)}
    ends = {"ratio_low": found.low, "ratio_high": found.high} if found.has_interval else {}
    return {
        "ratio": found.value,
        **ends,
        "ratio_covered": None if found.value is None else found.covered,
        "ratio_reason": "" if found.has_interval else "no interval",
    }


def _no_ratio(measured: Measured, line: Line, costs: NDArray[np.float64]) -> str:
    """Why two curves have no error in common that they reach by falling."""
    errors = measured.means["error"].to_numpy(np.float64, na_value=np.nan)
    ours, theirs = (errors[list(points)] for points in (line.own, line.base))
    if ours.min() > theirs.max() or theirs.min() > ours.max():
        reach = [f"{each.min():.2f} to {each.max():.2f}" for each in (ours, theirs)]
        return f"no error in common: {' against '.join(reach)} %"
    return f"errors do not fall with cost from {count(costs[list(line.own)].min())} on"

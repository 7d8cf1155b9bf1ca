"""Axes with readable ticks, and labels that carry metric, unit and split."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import Formatter, FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from ablate.cells import METRICS
from ablate.text import count

_LOG_FROM = 3  # largest over smallest
_UNITS = {
    "bytes": ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"), (1, "bytes")),
    "s": ((3600, "h"), (60, "min"), (1, "s"), (1e-3, "ms")),
}
# Digits that get a tick, for a span below the first number.
_LOG_TICKS = ((20, (1.0, 2.0, 5.0)), (500, (1.0, 3.0)), (inf, (1.0,)))


def error_label(subject: str, split: str) -> str:
    """`C10+ validation error (%)`."""
    return " ".join(filter(None, [subject, split, METRICS["error"].axis]))


def unit_of(cost: str, low: float, high: float) -> tuple[float, str]:
    """What costs from `low` to `high` are divided by on an axis, and their unit after that.

    3e9 to 5e9 bytes -> (2**30, GiB). The middle decides, so that small costs are not 0.03 hours.
    """
    unit = METRICS[cost].unit
    options = _UNITS.get(unit, ((1, unit),))
    middle = (low * high) ** 0.5
    return next((option for option in options if option[0] <= middle), options[-1])


def cost_axis(ax: Axes, cost: str, low: float, high: float, unit: str) -> None:
    """Label, scale and ticks of an x axis whose data, in `unit`, go from `low` to `high`."""
    label = METRICS[cost].full_label
    ax.set_xlabel(f"{label} ({unit})" if unit else label)
    span = high / low if low > 0 else 1
    if span > _LOG_FROM:
        ax.set_xscale("log")
        digits = next(digits for below, digits in _LOG_TICKS if span < below)
        ax.xaxis.set_major_locator(LogLocator(subs=digits))
        ax.xaxis.set_minor_formatter(NullFormatter())
    else:
        ax.xaxis.set_major_locator(MaxNLocator(5))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}") if unit else Counts())


class Counts(Formatter):
    """Ticks as 5.4k, or 5.35k and 5.4k where fewer decimals would make two of them the same."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return count(x)

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        labels: list[str] = []
        for digits in range(1, 6):
            labels = [count(value, digits) for value in values]
            if len(set(labels)) == len(set(values)):
                break
        return labels


def log_where_wide(ax: Axes, low: float, high: float) -> None:
    """A log y axis for values from `low` to `high` where the small ones, close together, count."""
    if low > 0 and high / low > _LOG_FROM:
        span = high / low
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if span < 100 else (1.0,)))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
        ax.yaxis.set_minor_formatter(NullFormatter())


def error_limits(
    mean: np.ndarray[Any, Any], low: np.ndarray[Any, Any], high: np.ndarray[Any, Any]
) -> tuple[float, float, bool]:
    """Means and intervals -> ends of the error axis, and whether it cuts intervals off.

    The axis shows the intervals unless they dwarf the means' range (at n=2 they are 9 deviations
    to each side); then the means and a quarter of their range around. A range below a tenth of the
    errors counts as a tenth, so that noise is not blown up.
    """
    bottom, top = float(mean.min()), float(mean.max())
    lowest, highest = float(np.nanmin([*low, bottom])), float(np.nanmax([*high, top]))
    missing_height = max(0.1 * top, 0.1) - (top - bottom)
    if missing_height > 0:
        bottom, top = bottom - missing_height / 2, top + missing_height / 2
    height = top - bottom
    if highest - lowest > 2 * height:
        bottom, top = max(lowest, bottom - height / 4), min(highest, top + height / 4)
    else:
        bottom, top = min(lowest, bottom), max(highest, top)
    margin = 0.05 * (top - bottom)
    bottom, top = max(0.0, bottom - margin), top + margin
    return bottom, top, lowest < bottom or highest > top

"""Figure `interactions`: what a level comes to, apart by the levels of another factor."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from ablate.analysis import conditions, plain_rows, split_of
from ablate.contrasts import has_effects, level_text
from ablate.drawing import WHISKER, WIDTH, Page, error_label, looks, panels, put_below
from ablate.errors import HolesError
from ablate.figures.captions import intervals_text, missing_text
from ablate.figures.run import Run

_HEIGHT = 1.9  # inches of a panel with its legend
_COLUMNS = 3  # of panels on a page
_APART = 0.06  # of the way to the next level, so that intervals do not lie on each other
_LETTERS = 32  # of all ticks or labels beside each other: with more they are turned, or stacked
_LINE = 5  # letters that a line in a legend takes


def draw_interactions(run: Run) -> Page:
    """A run -> a figure, a panel per pair of factors. Raises as `effects_of()` does.

    HolesError also where there is no pair, or none can be told.
    """
    pairs = [own for _, own in run.effects.pairs.groupby(["factor", "other"], sort=False)]
    if not pairs:
        raise HolesError("interactions: no two settings have levels that were combined")
    columns = min(_COLUMNS, len(pairs))
    width = WIDTH if columns == 1 else 2 * WIDTH
    figure, axes = panels(ceil(len(pairs) / columns), columns, width, _HEIGHT)
    for ax in axes[len(pairs) :]:
        ax.remove()
    for ax, own in zip(axes, pairs, strict=False):
        paint_pair(ax, own)
    for ax in axes[: len(pairs) : columns]:
        ax.set_ylabel(error_label(run.subject, split_of(run.results.cells)))
    clear = [
        f"{level_text(row['factor'], row['level'])} and "
        f"{level_text(row['other'], row['other_level'])}"
        for row in plain_rows(run.effects.interactions)
        if row["verdict"] == "clear"
    ]
    has_ends = bool(run.effects.pairs["low"].notna().any())
    bars = ", 95% t interval of each mean, without what a seed adds to all" if has_ends else ""
    caption = [
        f"mean error, over all levels of the other factors{bars}",
        f"{'clear interactions: ' + ', '.join(clear) if clear else 'no interaction is clear'}"
        f"{intervals_text(run.effects)}",
        conditions(run.results),
        missing_text(run.results.cells),
    ]
    put_below(figure, [], caption)
    return figure


def has_interactions(run: Run) -> bool:
    """Whether every combination was planned, of two factors at least, and enough are done."""
    return has_effects(run.results.cells) and len(run.effects.pairs) > 0


def paint_pair(ax: Axes, own: pd.DataFrame) -> None:
    """Rows of two factors: the one with more levels along x, a line per level of the other."""
    along, lines = "level", "other_level"
    if own[lines].nunique() > own[along].nunique():
        along, lines = lines, along
    names = {"level": "factor", "other_level": "other"}
    ticks = list(dict.fromkeys(own[along]))
    known = looks(own[lines])
    for number, (level, of_line) in enumerate(own.groupby(lines, sort=False)):
        shift = _APART * (number - (len(known) - 1) / 2)
        at = np.array([ticks.index(tick) for tick in of_line[along]]) + shift
        error, low, high = (
            of_line[name].to_numpy(float, na_value=np.nan) for name in ("error", "low", "high")
        )
        look = known[str(level)]
        style: dict[str, Any] = {"color": look.colour, "marker": look.marker, "markeredgewidth": 0}
        ax.plot(at, error, label=str(level), **style)
        if not np.isnan(low).all():
            reach = np.array([error - low, high - error])
            ax.errorbar(at, error, yerr=reach, fmt="none", ecolor=look.colour, **WHISKER)
    turned = max(map(len, ticks)) * len(ticks) > _LETTERS
    ax.set_xticks(range(len(ticks)), ticks, rotation=30 if turned else 0)
    ax.set_xlim(-0.4, len(ticks) - 0.6)
    ax.set_xlabel(str(own[names[along]].iloc[0]).replace("_", " "))
    ax.yaxis.set_major_locator(MaxNLocator(5))
    ax.grid(visible=False, axis="x")
    ax.legend(
        title=str(own[names[lines]].iloc[0]).replace("_", " "),
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=max(1, min(len(known), _LETTERS // (max(map(len, known)) + _LINE))),
        frameon=False,
        title_fontsize=7.5,
        borderpad=0.2,
        columnspacing=1.2,
        handlelength=1.8,
    )

"""Figure `effects`: what each setting does to the error; in a search, how much it decides."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from ablate.analysis import Results, conditions, plain_rows, split_of
from ablate.contrasts import Effects, level_text
from ablate.drawing import COLOUR, HOLLOW, WHISKER, Page, error_label, put_below, stacked
from ablate.errors import UsageError
from ablate.figures.captions import intervals_text, missing_text, number_text
from ablate.figures.run import Importances, Run

_ROW = 0.17  # inches of a level or a knob
_LINE = 0.12  # inches of each further line of its name
_AROUND = 0.3  # inches of a panel's title and margins
_ALONE = 1.2  # inches that a single panel has at least, as ticks and axis label take most of them
_LETTERS = 28  # of a level's name in a line
_LABEL = 40  # letters of the axis label in a line


def draw_effects(run: Run) -> Page:
    """A run -> a figure, of a search its importances. Raises as `effects_of()` does."""
    results = run.results
    if results.is_search:
        if run.importances is None:
            raise UsageError("effects: of a search this is drawn from its importances")
        return draw_importances(results, run.importances())
    factors = [own for _, own in run.effects.levels.groupby("factor", sort=False)]
    heights = [_height(own["level"].tolist()) for own in factors]
    figure, axes = stacked(heights if len(heights) > 1 else [max(*heights, _ALONE)])
    for ax, own in zip(axes, factors, strict=True):
        paint_levels(ax, own, run.effects.is_difference)
        ax.set_title(str(own["factor"].iloc[0]).replace("_", " "), loc="left", pad=3)
    label = error_label(run.subject, split_of(results.cells))
    if run.effects.is_difference:
        label = f"difference in {label}".replace("%", "points")
    axes[-1].set_xlabel(textwrap.fill(label, _LABEL))
    axes[-1].xaxis.set_major_locator(MaxNLocator(6))
    reference = Line2D([], [], color=COLOUR, label="reference level", **HOLLOW)
    put_below(figure, [reference] if run.effects.is_difference else [], _caption(run))
    return figure


def paint_levels(ax: Axes, rows: pd.DataFrame, is_difference: bool) -> None:
    """A row per level with its mean and interval, the first on top."""
    down, is_reference = np.arange(len(rows)), rows["is_reference"].to_numpy(bool)
    names = ("difference", "difference_low", "difference_high")
    middle, low, high = (rows[name].to_numpy(float, na_value=np.nan) for name in names)
    if not is_difference:
        middle = rows["error"].to_numpy(float, na_value=np.nan)
    middle = np.where(is_reference & is_difference, 0.0, middle)
    has = ~np.isnan(low)
    reach = np.array([middle - low, high - middle])[:, has]
    ax.errorbar(middle[has], down[has], xerr=reach, fmt="none", ecolor=COLOUR, **WHISKER)
    hollow = is_reference & is_difference
    for own, inside in ((hollow, "white"), (~hollow, COLOUR)):
        style: dict[str, Any] = {"linestyle": "", "marker": "o", "markeredgewidth": 0.8}
        ax.plot(middle[own], down[own], color=COLOUR, markerfacecolor=inside, **style)
    if is_difference:
        ax.axvline(0, color="0.35", linewidth=0.7, zorder=1)
    _name_rows(ax, rows["level"].tolist())


def draw_importances(results: Results, importances: Importances) -> Page:
    """Knobs of a search and their importances -> bars with ranges, the highest on top."""
    rows = importances.rows
    names = [str(name).replace("_", " ") for name in rows["knob"]]
    figure, (ax,) = stacked([max(_height(names), _ALONE)])
    down = np.arange(len(names))
    middle = rows["importance"]
    reach = np.array([middle - rows["low"], rows["high"] - middle])
    ax.barh(down, middle, height=0.6, color=COLOUR, linewidth=0)
    ax.errorbar(middle, down, xerr=reach.clip(0), fmt="none", ecolor="0.2", **WHISKER)
    ax.barh(down, rows["chance"], height=0.85, color="0.5", alpha=0.3, linewidth=0, zorder=0.5)
    longest = float(rows[["importance", "high", "chance"]].to_numpy(float).max())
    ax.set_xlim(0, max(1.02 * longest, 0.1))
    ax.set_xlabel("importance for the error")
    _name_rows(ax, names)
    put_below(figure, [], [importances.note, importances.warning, conditions(results)])
    return figure


def _height(names: list[str]) -> float:
    """Inches of a panel whose rows are all as high as the longest name needs."""
    lines = max(len(textwrap.wrap(name, _LETTERS)) for name in names)
    return _AROUND + (_ROW + _LINE * (lines - 1)) * len(names)


def _name_rows(ax: Axes, names: list[str]) -> None:
    ax.set_yticks(range(len(names)), [textwrap.fill(name, _LETTERS) for name in names])
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.grid(visible=False, axis="y")


def _caption(run: Run) -> list[str]:
    depends = [
        f"{level_text(row['factor'], row['level'])} depends on {row['depends_on']}"
        for row in plain_rows(run.effects.levels)
        if row["depends_on"]
    ]
    return [
        _what(run.effects),
        f"not the same everywhere: {'; '.join(depends)} (figure `interactions`)" if depends else "",
        conditions(run.results),
        missing_text(run.results.cells),
    ]


def _what(effects: Effects) -> str:
    """What the differences and their intervals are."""
    n = effects.levels["n"]
    if not effects.is_difference:
        return f"mean over the cells at a level, whatever else they differ in, {number_text(n)}"
    others = ", mean over all levels of the others" if len(effects.pairs) else ""
    return f"difference to the reference level{others}{intervals_text(effects)}"

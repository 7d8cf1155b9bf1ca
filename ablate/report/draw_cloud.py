"""Figure `frontier` of a search: every cell a dot, the Pareto front as a line of steps."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ablate.analysis import (
    Results,
    conditions,
    frontier_data,
    published_points,
    split_of,
    stopped_data,
)
from ablate.report.axes import cost_axis, error_label, log_where_wide, unit_of
from ablate.report.captions import cells_text, infeasible_text, shares_text, stopped_text
from ablate.report.draw_published import near_ours, paint_published, published_text
from ablate.report.layout import Page, put_below, stacked
from ablate.report.style import DOT, FRONT, HOLLOW, looks

_PANEL = 2.3  # inches
_TOP = 1.5  # of the worst done cell: what stopped above that is beyond the frame


def draw_cloud(results: Results, cost: str) -> Page:
    """Cells of a search -> a figure. Raises as `frontier_data()` does."""
    table = results.cells
    data = frontier_data(table, cost)
    done = data[data["cost"].notna() & data["error"].notna()]
    done = done.astype({"cost": "float64", "error": "float64"})
    stopped = stopped_data(table, cost)
    costs = pd.concat([done["cost"], stopped["cost"]])
    factor, unit = unit_of(cost, costs.min(), costs.max())
    done["cost"] /= factor
    stopped["cost"] /= factor
    top = _TOP * done["error"].max()
    shown = stopped[stopped["error"] <= top]
    printed = published_points(results, cost)
    printed["cost"] /= factor
    near = near_ours(printed, done["cost"], done["error"].min(), top)
    costs = pd.concat([costs / factor, near["cost"]])

    figure, (ax,) = stacked([_PANEL])
    ax.set_ylabel(error_label(results.head.subject, split_of(table)))
    cost_axis(ax, cost, costs.min(), costs.max(), unit)
    errors = pd.concat([done["error"], shown["error"], near["error"]])
    log_where_wide(ax, errors.min(), errors.max())
    entries = _paint(ax, done, shown)
    entries += paint_published(ax, near, done["variant"], {})
    caption = [
        cells_text(len(done)),
        shares_text(done),
        stopped_text(stopped, len(stopped) - len(shown)),
        infeasible_text(table),
        conditions(results),
        published_text(results, near, len(printed) - len(near)),
    ]
    put_below(figure, entries, caption)
    return figure


def _paint(ax: Axes, done: pd.DataFrame, stopped: pd.DataFrame) -> list[Line2D]:
    colour = looks(done["variant"])[done["variant"].iloc[0]].colour
    dots = ax.plot(done["cost"], done["error"], color=colour, label="cell", **DOT)
    entries = list(dots)
    if len(stopped):
        label = "stopped early"
        entries += ax.plot(stopped["cost"], stopped["error"], color=colour, label=label, **HOLLOW)
    return [*entries, *paint_front(ax, done)]


def paint_front(ax: Axes, drawn: pd.DataFrame) -> list[Line2D]:
    """The lowest error that each cost buys, as steps, and its entry of the legend.

    Nothing where there are no two points for it.
    """
    front = drawn[drawn["on_front"]].sort_values("cost")
    if len(front) < 2:
        return []
    ax.plot(front["cost"], front["error"], drawstyle="steps-post", zorder=1, **FRONT)
    return [Line2D([], [], **FRONT)]


def _caption(results: Results, done: pd.DataFrame, stopped: pd.DataFrame, beyond: int) -> list[str]:
    return [
        cells_text(len(done)),
        stopped_text(stopped, beyond),
        infeasible_text(results.cells),
        conditions(results),
    ]

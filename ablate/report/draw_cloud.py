"""Figure `frontier` of a search: every cell a dot, the Pareto front as a line of steps."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
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
from ablate.report.draw_published import near_ours, paint_published, published_text
from ablate.report.layout import panels, put_below
from ablate.report.style import DOT, FRONT, HOLLOW, looks

_PANEL = 2.3  # inches
_TOP = 1.5  # of the worst done cell: what stopped above that is beyond the frame


def draw_cloud(results: Results, cost: str) -> Figure:
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

    figure, (ax,) = panels(1, _PANEL)
    ax.set_ylabel(error_label(results.head.subject, split_of(table)))
    cost_axis(ax, cost, costs.min(), costs.max(), unit)
    errors = pd.concat([done["error"], shown["error"], near["error"]])
    log_where_wide(ax, errors.min(), errors.max())
    entries = _paint(ax, done, shown)
    entries += paint_published(ax, near, done["variant"], {})
    caption = _caption(results, done, stopped, len(stopped) - len(shown))
    beside = published_text(results, near, len(printed) - len(near))
    put_below(figure, entries, [*caption, beside])
    return figure


def _paint(ax: Axes, done: pd.DataFrame, stopped: pd.DataFrame) -> list[Line2D]:
    colour = looks(done["variant"])[done["variant"].iloc[0]].colour
    dots = ax.plot(done["cost"], done["error"], color=colour, label="cell", **DOT)
    entries = list(dots)
    if len(stopped):
        label = "stopped early"
        entries += ax.plot(stopped["cost"], stopped["error"], color=colour, label=label, **HOLLOW)
    front = done[done["on_front"]].sort_values("cost")
    if len(front) > 1:
        ax.plot(front["cost"], front["error"], drawstyle="steps-post", zorder=1, **FRONT)
        entries.append(Line2D([], [], **FRONT))
    return entries


def _caption(results: Results, done: pd.DataFrame, stopped: pd.DataFrame, beyond: int) -> list[str]:
    return [
        cells_text(len(done)),
        stopped_text(stopped, beyond),
        infeasible_text(results.cells),
        conditions(results),
    ]


def stopped_text(stopped: pd.DataFrame, beyond: int) -> str:
    """What hollow points are, and how many are not in the frame."""
    if stopped.empty:
        return ""
    states = ", ".join(f"{n} {state}" for state, n in stopped["state"].value_counts().items())
    cut = f" ({beyond} of them beyond the frame)" if beyond else ""
    return f"hollow: the last error of cells that ended early, {states}{cut}"


def cells_text(done: int) -> str:
    """How many cells, and that none has a spread."""
    return "1 cell of one seed" if done == 1 else f"{done} cells of one seed each"


def infeasible_text(table: pd.DataFrame) -> str:
    """How many suggestions broke a limit before anything was trained."""
    number = int(table["state"].eq("infeasible").sum())
    suggestions = "suggestion" if number == 1 else "suggestions"
    return f"{number} infeasible {suggestions}, not trained" if number else ""

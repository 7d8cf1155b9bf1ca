"""Figure `frontier` of a search: every cell a dot, the Pareto front as a line of steps."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ablate.analysis import (
    Results,
    choose,
    conditions,
    frontier_data,
    is_done,
    published_points,
    split_of,
    stopped_data,
)
from ablate.drawing import (
    DOT,
    FRONT,
    HOLLOW,
    Label,
    Page,
    cost_axis,
    error_label,
    log_where_wide,
    looks,
    paint_labels,
    put_below,
    stacked,
    unit_of,
)
from ablate.figures.captions import cells_text, infeasible_text, shares_text, stopped_text
from ablate.figures.draw_published import near_ours, paint_published, published_text

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
    in_sight = [done, _steps(done), shown, near]
    places = pd.concat([each[["cost", "error"]].astype("float64") for each in in_sight])
    figure.arranged = partial(paint_labels, ax, _labels(results, cost, factor), places.to_numpy())
    put_below(figure, entries, caption)
    return figure


def _labels(results: Results, cost: str, factor: float) -> list[Label]:
    """The names of what `best` and `knee` choose; no knee of one cell, or of another cost."""
    done = results.cells[is_done(results.cells)]
    has_knee = cost == results.cost() and len(done) > 1
    ways: dict[str, list[str]] = {}
    for which in ("best", "knee")[: 1 + has_knee]:
        choice, _ = choose(results, which)
        ways.setdefault(choice.keys[0], []).append(which)
    rows = done.drop_duplicates("key").set_index("key").loc[list(ways)]
    return [
        Label(row[cost] / factor, row["error"], f"{', '.join(named)}: trial {row['trial']}")
        for named, (_, row) in zip(ways.values(), rows.iterrows(), strict=True)
        if pd.notna(row[cost])
    ]


def _steps(done: pd.DataFrame) -> pd.DataFrame:
    """Places along the line of the front, which has steps."""
    front = done[done["on_front"]].sort_values("cost")
    costs, errors = (np.repeat(front[name].to_numpy(), 2) for name in ("cost", "error"))
    corners = np.column_stack([costs[1:], errors[:-1]])
    shares = np.linspace(0, 1, 30)[:, None, None]
    places = corners[:-1] + shares * np.diff(corners, axis=0)
    return pd.DataFrame(places.reshape(-1, 2), columns=["cost", "error"])


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

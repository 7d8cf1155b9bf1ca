"""Figure `frontier`: mean error against a cost, a line per variant."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from ablate.analysis import conditions, frontier_data, published_points, split_of, stopped_data
from ablate.drawing import (
    HOLLOW,
    WHISKER,
    Look,
    Page,
    by_label,
    cost_axis,
    error_label,
    error_limits,
    key_of,
    looks,
    put_below,
    stacked,
    unit_of,
)
from ablate.figures.captions import missing_text, seeds_text, shares_text, stopped_text
from ablate.figures.draw_cloud import draw_cloud, paint_front
from ablate.figures.draw_published import near_ours, paint_published, published_text, room_for
from ablate.figures.run import Run

_PANEL = 2.3  # inches
_SMALL, _LARGE = 2.0, 5.5  # points of a marker that surely is not, or is, on the front


def draw_frontier(run: Run, cost: str) -> Page:
    """A run -> a figure. Raises as `frontier_data()` does.

    Without a cost, a search is drawn against its first cost objective, anything else against its
    parameters.
    """
    results, table = run.results, run.results.cells
    cost = results.cost(cost)
    if results.is_search:
        return draw_cloud(results, cost)
    data = frontier_data(table, cost)
    variant_looks = looks(data["label"])
    drawn = data[data["cost"].notna() & data["error"].notna()]
    numbers = ["cost", "error", "low", "high"]
    drawn = drawn.astype(dict.fromkeys(numbers, "float64"))
    factor, unit = unit_of(cost, drawn["cost"].min(), drawn["cost"].max())
    drawn["cost"] /= factor

    bottom, top, cut = error_limits(*(drawn[name].to_numpy() for name in ("error", "low", "high")))
    printed = published_points(results, cost)
    printed["cost"] /= factor
    near = near_ours(printed, drawn["cost"], bottom, top)
    costs = pd.concat([drawn["cost"], near["cost"]])
    bottom, top = room_for(near, bottom, top)

    figure, (ax,) = stacked([_PANEL])
    ax.set_ylabel(error_label(run.subject, split_of(table)))
    cost_axis(ax, cost, costs.min(), costs.max(), unit)
    paint_points(ax, drawn, variant_looks)
    paint_shares(ax, drawn, variant_looks)
    ax.set_ylim(bottom, top)
    stopped = stopped_data(table, cost)
    stopped["cost"] /= factor
    shown = stopped[stopped["error"].between(bottom, top)]
    paint_stopped(ax, shown, variant_looks)

    entries = [key_of(name, variant_looks[name]) for name in drawn["label"].unique()]
    entries += paint_front(ax, drawn)
    entries += paint_published(ax, near, data["label"], variant_looks)
    longer = ", cut off at the frame where longer" if cut else ""
    caption = [
        seeds_text(drawn["n"], ", 95% t interval") + longer,
        shares_text(drawn),
        conditions(results),
        missing_text(table),
        stopped_text(stopped, len(stopped) - len(shown)),
        published_text(results, near, len(printed) - len(near)),
    ]
    put_below(figure, entries, caption)
    return figure


def paint_points(ax: Axes, drawn: pd.DataFrame, variant_looks: dict[str, Look]) -> None:
    """Means, joined along a sweep, with their intervals."""
    has_shares = drawn["front_share"].notna().any()  # over which others are painted
    small: dict[str, Any] = {"markersize": _SMALL} if has_shares else {}
    sns.lineplot(
        drawn,
        x="cost",
        y="error",
        units="line",
        estimator=None,
        **by_label(variant_looks),
        **small,
        ax=ax,
    )
    ax.set_xlabel(ax.get_xlabel())
    for label, own in drawn[drawn["low"].notna()].groupby("label", sort=False):
        reach = [own["error"] - own["low"], own["high"] - own["error"]]
        colour = variant_looks[str(label)].colour
        style = WHISKER | {"ecolor": colour, "alpha": 0.8}
        ax.errorbar(own["cost"], own["error"], yerr=np.array(reach), fmt="none", **style)


def paint_shares(ax: Axes, drawn: pd.DataFrame, variant_looks: dict[str, Look]) -> None:
    """The surer a point is on the front, the larger its marker."""
    for _, point in drawn[drawn["front_share"].notna()].iterrows():
        look, share = variant_looks[str(point["label"])], float(point["front_share"])
        size = (_SMALL + share * (_LARGE - _SMALL)) ** 2
        style: dict[str, Any] = {"marker": look.marker, "color": look.colour, "linewidths": 0}
        ax.scatter(point["cost"], point["error"], s=size, zorder=2.5, **style)


def paint_stopped(ax: Axes, stopped: pd.DataFrame, variant_looks: dict[str, Look]) -> None:
    """Cells that ended early, hollow, at the error where they stopped."""
    for variant, own in stopped.groupby("variant", sort=False):
        # Of a variant that is drawn as several lines a stopped cell has the look of the first.
        look = variant_looks.get(str(variant), next(iter(variant_looks.values())))
        style = HOLLOW | {"marker": look.marker}
        ax.plot(own["cost"], own["error"], color=look.colour, **style)

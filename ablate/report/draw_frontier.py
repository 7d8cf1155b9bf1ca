"""Figure `frontier`: mean error against a cost, a line per variant."""

from __future__ import annotations

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ablate.analysis import (
    Results,
    conditions,
    frontier_data,
    holes_text,
    published_points,
    split_of,
    stopped_data,
)
from ablate.report.axes import cost_axis, error_label, error_limits, unit_of
from ablate.report.draw_cloud import draw_cloud, stopped_text
from ablate.report.draw_published import near_ours, paint_published, published_text, room_for
from ablate.report.layout import key_of, panels, put_below
from ablate.report.run import Run
from ablate.report.style import FRONT, HOLLOW, Look, looks

_PANEL = 2.3  # inches


def draw_frontier(run: Run, cost: str) -> Figure:
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

    figure, (ax,) = panels(1, _PANEL)
    ax.set_ylabel(error_label(run.subject, split_of(table)))
    cost_axis(ax, cost, costs.min(), costs.max(), unit)
    paint_points(ax, drawn, variant_looks)
    ax.set_ylim(bottom, top)
    stopped = stopped_data(table, cost)
    stopped["cost"] /= factor
    shown = stopped[stopped["error"].between(bottom, top)]
    paint_stopped(ax, shown, variant_looks)

    entries = [key_of(name, variant_looks[name]) for name in drawn["label"].unique()]
    if paint_front(ax, drawn):
        entries.append(Line2D([], [], **FRONT))
    entries += paint_published(ax, near, data["label"], variant_looks)
    notes = [
        stopped_text(stopped, len(stopped) - len(shown)),
        published_text(results, near, len(printed) - len(near)),
    ]
    put_below(figure, entries, [*_caption(results, drawn, cut), *notes])
    return figure


def paint_points(ax: Axes, drawn: pd.DataFrame, variant_looks: dict[str, Look]) -> None:
    """Means, joined along a sweep, with their intervals."""
    sns.lineplot(
        drawn,
        x="cost",
        y="error",
        hue="label",
        style="label",
        units="line",
        estimator=None,
        palette={name: look.colour for name, look in variant_looks.items()},
        markers={name: look.marker for name, look in variant_looks.items()},
        dashes=False,
        legend=False,
        markeredgewidth=0,
        ax=ax,
    )
    ax.set_xlabel(ax.get_xlabel())
    for label, own in drawn[drawn["low"].notna()].groupby("label", sort=False):
        reach = [own["error"] - own["low"], own["high"] - own["error"]]
        colour = variant_looks[str(label)].colour
        ax.errorbar(
            own["cost"],
            own["error"],
            yerr=np.array(reach),
            fmt="none",
            ecolor=colour,
            elinewidth=0.7,
            capsize=1.5,
            capthick=0.7,
            alpha=0.8,
        )


def paint_stopped(ax: Axes, stopped: pd.DataFrame, variant_looks: dict[str, Look]) -> None:
    """Cells that ended early, hollow, at the error where they stopped."""
    for variant, own in stopped.groupby("variant", sort=False):
        # Of a variant that is drawn as several lines a stopped cell has the look of the first.
        look = variant_looks.get(str(variant), next(iter(variant_looks.values())))
        style = HOLLOW | {"marker": look.marker}
        ax.plot(own["cost"], own["error"], color=look.colour, **style)


def paint_front(ax: Axes, drawn: pd.DataFrame) -> bool:
    """The lowest mean error that each cost buys, as steps; whether there are two points for it."""
    front = drawn[drawn["on_front"]].sort_values("cost")
    if len(front) < 2:
        return False
    ax.plot(front["cost"], front["error"], drawstyle="steps-post", zorder=1, **FRONT)
    return True


def seeds_text(n: pd.Series[int]) -> str:
    """Numbers of seeds -> the caption's first sentence."""
    few, many = int(n.min()), int(n.max())
    if many == 1:
        return "n=1"
    seeds = f"n={many}" if few == many else f"n={few} to {many}"
    return f"mean of {seeds} seeds, 95% t interval"


def _caption(results: Results, drawn: pd.DataFrame, cut: bool) -> list[str]:
    holes = holes_text(results.cells)
    missing = int((results.cells["state"] != "done").sum())
    return [
        seeds_text(drawn["n"]) + (", cut off at the frame where longer" if cut else ""),
        conditions(results),
        f"{missing} {'cell' if missing == 1 else 'cells'} missing ({holes})" if missing else "",
    ]

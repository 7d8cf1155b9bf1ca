"""Figure `history`: what a search had found after so many cells."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from ablate.analysis import (
    HistoryData,
    Results,
    conditions,
    history_data,
    luck_of_one_seed,
    split_of,
)
from ablate.cells import COSTS, METRICS, Metric
from ablate.drawing import DOT, HOLLOW, Page, error_label, log_where_wide, looks, put_below, stacked
from ablate.figures.captions import cells_text, infeasible_text, stopped_text
from ablate.figures.run import Run
from ablate.text import count

_PANEL = 1.6  # inches
_TOP = 1.5  # of the worst done cell: what stopped above that is beyond the frame
_LINE: dict[str, Any] = {"color": "0.2", "drawstyle": "steps-post", "linewidth": 1.0}
_TICK: dict[str, Any] = {"color": "0.4", "linestyle": "", "marker": "|", "markersize": 4}


def draw_history(run: Run, reference: str) -> Page:
    """A search -> a figure. Raises as `history_data()` does."""
    found, table = history_data(run.results, reference), run.results.cells
    several = "hypervolume" in found.cells
    figure, axes = stacked([_PANEL] * 2 if several else [1.4 * _PANEL])
    colour = looks(table["variant"])[table["variant"].iloc[0]].colour
    entries = paint_cells(axes[0], found.cells, colour)
    split = split_of(table)
    is_error = found.objective == "error"
    axes[0].set_ylabel(
        error_label(run.subject, split) if is_error else METRICS[found.objective].axis
    )
    if several:
        axes[1].plot(found.cells["trained"], found.cells["hypervolume"], **_LINE)
        axes[1].set_ylabel("hypervolume")
        axes[1].set_ylim(bottom=0)
    axes[-1].set_xlabel("cells trained")
    axes[-1].set_xlim(0, found.cells["trained"].max() + 1)
    axes[-1].xaxis.set_major_locator(MaxNLocator(6, integer=True))
    figure.align_ylabels()
    put_below(figure, entries, _caption(run.results, found))
    return figure


def paint_cells(ax: Axes, cells: pd.DataFrame, colour: str) -> list[Line2D]:
    """Every cell, the best so far, and a tick below for what was infeasible; their keys."""
    done, stopped = cells[cells["value"].notna()], _in_frame(cells)
    x = cells["trained"]
    entries = ax.plot(done["trained"], done["value"], color=colour, label="cell", **DOT)
    if len(stopped):
        label = "stopped early"
        entries += ax.plot(
            stopped["trained"], stopped["stopped"], color=colour, label=label, **HOLLOW
        )
    entries += ax.plot(x, cells["best"], label="best so far", **_LINE)
    infeasible = cells[cells["state"] == "infeasible"]
    if len(infeasible):
        at = infeasible["trained"]
        below = ax.get_xaxis_transform()
        entries += ax.plot(at, [0.03] * len(at), label="infeasible", transform=below, **_TICK)
        ax.margins(y=0.1)
    drawn = pd.concat([done["value"], stopped["stopped"]])
    log_where_wide(ax, drawn.min(), drawn.max())
    return entries


def _in_frame(cells: pd.DataFrame) -> pd.DataFrame:
    within = cells["stopped"].le(_TOP * cells["value"].max())
    return cells.loc[within]


def _caption(results: Results, found: HistoryData) -> list[str]:
    cells = found.cells
    stopped = cells[cells["stopped"].notna()]
    engine = {"sampler": results.head.sampler, "pruner": results.head.pruner}
    return [
        f"{cells_text(int(cells['value'].notna().sum()))}, in the order suggested",
        _luck_text(found),
        stopped_text(stopped, len(stopped) - len(_in_frame(cells))),
        infeasible_text(results.cells),
        _hypervolume_text(found),
        ", ".join(f"{what} {name}" for what, name in engine.items() if name and name != "none"),
        conditions(results),
    ]


def _luck_text(found: HistoryData) -> str:
    """How much too good the best so far is where all cells are equal."""
    done = int(found.cells["value"].notna().sum())
    if METRICS[found.objective].is_cost or done < 2:
        return ""
    return f"the lowest of so many falls by luck alone: the last is {luck_of_one_seed(done)}"


def _number(metric: Metric, value: float) -> str:
    """`error 18.8 %`, `parameters 3.3M`."""
    number = f"{value:.4g}" if metric.unit else count(value)
    return " ".join(filter(None, [metric.label, number, metric.unit]))


def _hypervolume_text(found: HistoryData) -> str:
    """Over which axes the volume is, and up to where."""
    if not found.reference:
        return ""
    axes = [
        f"log10 {METRICS[n].label}" if n in COSTS else METRICS[n].label for n in found.reference
    ]
    ends = [_number(METRICS[n], value) for n, value in found.reference.items()]
    return f"hypervolume over {' and '.join(axes)}, to the reference {', '.join(ends)}"

"""Figure `curves`: training loss and error per epoch, what is compared in colours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from ablate.analysis import (
    Results,
    compares_points,
    conditions,
    curves_data,
    epoch_intervals,
    points,
    published_ends,
    split_of,
)
from ablate.drawing import (
    Look,
    Page,
    by_label,
    error_label,
    key_of,
    log_where_wide,
    looks,
    put_below,
    stacked,
)
from ablate.figures.captions import seeds_text
from ablate.figures.draw_published import ends_text, paint_ends
from ablate.figures.run import Run

_PANEL = 1.6  # inches
_BAND = ", band: 95% t interval of each epoch alone, of one relative deviation for all lines"
_OTHER: dict[str, Any] = {"color": "0.75", "linewidth": 0.5}


def draw_curves(run: Run) -> Page:
    """A run -> a figure. Raises as `curves_data()` does."""
    results = run.results
    found = curves_data(run.folder, results)
    data, grey = found[found["label"].ne("")], found[found["label"].eq("")]
    label_looks = _looks(results.cells, data)

    figure, (loss, error) = stacked([_PANEL] * 2)
    for ax, metric in ((loss, "train_loss"), (error, "error")):
        paint_curves(ax, data, metric, label_looks)
        paint_others(ax, grey, metric)
    loss.set_ylabel("training loss (nats)")
    log_where_wide(loss, found["train_loss"].min(), found["train_loss"].max())
    # Where an epoch is picked, the curve is of what picks it.
    split = "validation" if results.head.picks else split_of(results.cells)
    error.set_ylabel(error_label(run.subject, split))
    error.set_xlabel("epoch")
    ends, epochs = published_ends(results, data), found["epoch"]
    errors = pd.concat([found["error"], ends["error"]])
    log_where_wide(error, errors.min(), errors.max())
    if epochs.nunique() == 1:
        error.set_xlim(epochs.min() - 1, epochs.max() + 1)
    error.xaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
    figure.align_ylabels()
    entries = [key_of(*item) for item in label_looks.items()]
    if len(grey):
        entries.append(Line2D([], [], label="other cells", **_OTHER))
    entries += paint_ends(error, ends, epochs.max(), label_looks)
    put_below(figure, entries, [*_caption(results, data, grey), ends_text(results, ends)])
    return figure


def _looks(table: pd.DataFrame, data: pd.DataFrame) -> dict[str, Look]:
    """Label -> its variant's look, as in every figure; where there is one variant, its own."""
    labels = data.drop_duplicates("label").set_index("label")["variant"]
    if compares_points(table):
        return looks(str(label) for label in labels.index)
    of_variant = looks(table["variant"])
    return {str(label): of_variant[variant] for label, variant in labels.items()}


def paint_curves(ax: Axes, data: pd.DataFrame, metric: str, label_looks: dict[str, Look]) -> None:
    """Mean over seeds, a line per label, with a band of its epochs' 95% t intervals."""
    sns.lineplot(
        data[data[metric].notna()],
        x="epoch",
        y=metric,
        hue_order=list(label_looks),
        style_order=list(label_looks),
        errorbar=None,
        markersize=3.5,
        **by_label(label_looks),
        ax=ax,
    )
    for label, own in epoch_intervals(data, metric).groupby("label", sort=False):
        colour = label_looks[str(label)].colour
        ax.fill_between(own["epoch"], own["low"], own["high"], color=colour, alpha=0.2, linewidth=0)
    # A few markers per line, not at the same epochs, tell lines apart without colour.
    for i, line in enumerate(ax.lines):
        if np.size(line.get_xdata()) > 8:
            line.set_markevery((0.15 * i / len(ax.lines), 0.15))


def paint_others(ax: Axes, data: pd.DataFrame, metric: str) -> None:
    """A thin grey line per cell, behind all else; a dot for one that has a single epoch."""
    for _, own in data[data[metric].notna()].groupby("key", sort=False):
        marker = "." if len(own) == 1 else ""
        ax.plot(own["epoch"], own[metric], zorder=1, marker=marker, markersize=2, **_OTHER)


def _caption(results: Results, data: pd.DataFrame, grey: pd.DataFrame) -> list[str]:
    n = data.groupby("label")["seed"].nunique()
    variants = results.cells["variant"].unique()
    absent = [name for name in variants if name not in set(data["variant"])]
    return [
        seeds_text(n, _BAND),
        _shown(results, data, grey),
        conditions(results),
        f"without a finished curve: {', '.join(absent)}" if absent else "",
    ]


def _shown(results: Results, data: pd.DataFrame, grey: pd.DataFrame) -> str:
    """Which of a study's points have a colour, where not all have one."""
    labels, table = data["label"].nunique(), results.cells
    if results.is_search:
        several = len(results.head.objectives) > 1
        what = f"{labels} of the Pareto front" if several else f"the best {labels}"
        rest = f", {grey['key'].nunique()} others grey, up to where they ended" if len(grey) else ""
        return f"{what} in colours{rest}"
    if compares_points(table):
        number = sum(len(point.done) > 0 for point in points(table))
        return f"the best {labels} of {number} combinations" if labels < number else ""
    more = len(points(table)) > table["variant"].nunique()
    return "each variant at its largest point" if more else ""

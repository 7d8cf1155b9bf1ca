"""Figure `curves`: training loss and error per epoch, each variant at its largest point."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ablate.analysis import conditions, curves_data, points, split_of
from ablate.report.axes import error_label, log_where_wide
from ablate.report.layout import key_of, panels, put_below
from ablate.report.style import Look, looks

_PANEL = 1.6  # inches


def draw_curves(folder: Path, table: pd.DataFrame, subject: str) -> Figure:
    """Run folder and cells -> a figure. Raises as `curves_data()` does."""
    data = curves_data(folder, table)
    of_variant = looks(table["variant"])
    labels = data.drop_duplicates("label").set_index("label")["variant"]
    label_looks = {str(label): of_variant[variant] for label, variant in labels.items()}

    figure, (loss, error) = panels(2, _PANEL)
    paint_curves(loss, data, "train_loss", label_looks)
    paint_curves(error, data, "error", label_looks)
    loss.set_ylabel("training loss (nats)")
    log_where_wide(loss, data["train_loss"].min(), data["train_loss"].max())
    error.set_ylabel(error_label(subject, split_of(table)))
    error.set_xlabel("epoch")
    log_where_wide(error, data["error"].min(), data["error"].max())
    epochs = data["epoch"]
    if epochs.nunique() == 1:
        error.set_xlim(epochs.min() - 1, epochs.max() + 1)
    error.xaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
    figure.align_ylabels()
    put_below(
        figure, [key_of(*item) for item in label_looks.items()], _caption(table, data, of_variant)
    )
    return figure


def paint_curves(ax: Axes, data: pd.DataFrame, metric: str, label_looks: dict[str, Look]) -> None:
    """Mean over seeds with a band from the lowest to the highest, a line per label."""
    sns.lineplot(
        data[data[metric].notna()],
        x="epoch",
        y=metric,
        hue="label",
        hue_order=list(label_looks),
        style="label",
        style_order=list(label_looks),
        palette={name: look.colour for name, look in label_looks.items()},
        markers={name: look.marker for name, look in label_looks.items()},
        dashes=False,
        errorbar=("pi", 100),
        err_kws={"alpha": 0.2, "linewidth": 0},
        legend=False,
        markeredgewidth=0,
        markersize=3.5,
        ax=ax,
    )
    # A few markers per line, not at the same epochs, tell lines apart without colour.
    for i, line in enumerate(ax.lines):
        if np.size(line.get_xdata()) > 8:
            line.set_markevery((0.15 * i / len(ax.lines), 0.15))


def _caption(table: pd.DataFrame, data: pd.DataFrame, variants: dict[str, Look]) -> list[str]:
    n = data.groupby("label")["seed"].nunique()
    few, many = int(n.min()), int(n.max())
    seeds = f"n={many}" if few == many else f"n={few} to {many}"
    absent = [name for name in variants if name not in set(data["variant"])]
    return [
        "n=1" if many == 1 else f"mean of {seeds} seeds, band from the lowest to the highest",
        "each variant at its largest point" if len(points(table)) > len(variants) else "",
        conditions(table),
        f"without a finished curve: {', '.join(absent)}" if absent else "",
    ]

"""Published numbers in our figures: hollow stars, and what the caption says of them."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ablate.analysis import Results
from ablate.cells import PUBLISHED
from ablate.drawing import Look

# A marker that no variant has: hollow ones of theirs are cells that ended early.
_STAR: dict[str, Any] = {
    "linestyle": "",
    "marker": "*",
    "markersize": 7,
    "markeredgewidth": 0.7,
    "markerfacecolor": "none",
}
_GREY = "0.45"
_FACTOR = 4  # of our costs, and as often our frame's height: what is farther away is left out


def near_ours(
    printed: pd.DataFrame, costs: pd.Series[float], bottom: float, top: float
) -> pd.DataFrame:
    """The published points that the frame is widened for; others would crush ours into a corner.

    They cost a `_FACTOR` more or less than ours at most, and their errors are no farther from
    those between `bottom` and `top` than these from each other.
    """
    height = top - bottom
    inside = printed["cost"].between(costs.min() / _FACTOR, costs.max() * _FACTOR)
    inside &= printed["error"].between(bottom - height, top + height)
    return printed[inside.astype(bool)].astype({"cost": "float64", "error": "float64"})


def room_for(near: pd.DataFrame, bottom: float, top: float) -> tuple[float, float]:
    """Ends of an error axis that also has the published points."""
    if near.empty:
        return bottom, top
    low, high = min(bottom, near["error"].min()), max(top, near["error"].max())
    margin = 0.05 * (high - low)
    low = bottom if low == bottom else max(0.0, low - margin)
    return low, top if high == top else high + margin


def paint_published(
    ax: Axes, near: pd.DataFrame, labels: pd.Series[str], variant_looks: dict[str, Look]
) -> list[Line2D]:
    """Stars, in a line's colour where it has the same network; their entries of the legend.

    `near` are rows of `published_points()`, `labels` those of `frontier_data()`.
    """
    for _, point in near.iterrows():
        own = None if pd.isna(point["row"]) else variant_looks.get(str(labels[point["row"]]))
        colour = own.colour if own else _GREY
        ax.plot(point["cost"], point["error"], color=colour, zorder=1.5 + bool(own), **_STAR)
    return _entries(near)


def paint_ends(
    ax: Axes, ends: pd.DataFrame, epoch: float, label_looks: dict[str, Look]
) -> list[Line2D]:
    """`published_ends()` as stars at the last of our epochs, and their entries of the legend."""
    for _, end in ends.iterrows():
        colour = label_looks[str(end["label"])].colour
        ax.plot(epoch, end["error"], color=colour, zorder=2.5, **_STAR)
    return _entries(ends)


def ends_text(results: Results, ends: pd.DataFrame) -> str:
    """Where the stars of a figure of curves are from, and after how many epochs they were."""
    if ends.empty:
        return ""
    known = " / ".join(f"{epochs:.0f}" for epochs in ends["epochs"].dropna().unique())
    after = f", after {known} epochs" if known and ends["epochs"].notna().all() else ""
    return f"stars: {PUBLISHED[results.head.published].title}, the same networks{after}"


def _entries(found: pd.DataFrame) -> list[Line2D]:
    return [
        Line2D([], [], color=_GREY, label=f"published ({split})", **_STAR)
        for split in found["split"].unique()
    ]


def published_text(results: Results, near: pd.DataFrame, beyond: int) -> str:
    """Where the stars are from, what their colours are, and how many are not in the frame."""
    name = results.head.published
    if not name or not (len(near) or beyond):
        return ""
    title = PUBLISHED[name].title
    left_out = f"{beyond} of {len(near) + beyond}" if len(near) else f"all {beyond}"
    cut = f"{left_out} beyond the frame" if beyond else ""
    if near.empty:
        return f"published ({title}): {cut}"
    same = "in colour where the network is the same" if near["row"].notna().any() else ""
    return ", ".join(filter(None, [f"stars: {title}", same, cut]))

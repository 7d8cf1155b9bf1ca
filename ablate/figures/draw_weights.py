"""Figure `weights`: a heat map of mean |W| from source to layer, a panel per dense block."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.ticker import MaxNLocator

from ablate.analysis import WeightsData, conditions, weights_data
from ablate.drawing import WIDTH, Page, put_below, side_by_side
from ablate.figures.run import Run

_COLOURS = "viridis"  # its darkest end cannot be taken for the white of "not connected"
_GAP = 0.5  # columns between a block's layers and what stands behind it
_WIDE_FROM = 60  # columns of all panels together, from which on the figure takes the page's width
_BESIDE = 1.0  # inches that labels and the colour bar take from the width
_SHORTEST, _TALLEST = 0.8, 1.2  # height of the panels: inches at least, widths at most
_ABOVE = 0.6  # inches for titles and labels
_TICK = 0.2  # inches that a tick's label needs
_WHAT = "mean |W| of the layer that reads a source, by source"
_LETTERS = {"transition": "T", "classifier": "C"}


def draw_weights(run: Run, variant: str, rescale: str) -> Page:
    """A run -> a figure. Raises as `weights_data()` does."""
    found = weights_data(run.folder, run.results, variant, rescale)
    blocks = [block for _, block in found.weights.groupby("block")]
    columns = [float(block["target"].max() + _GAP) for block in blocks]
    rows = int(found.weights["row"].max()) + 1
    width = WIDTH if sum(columns) < _WIDE_FROM else 2 * WIDTH
    step = (width - _BESIDE) / sum(columns)  # inches of a column, and about of a row
    height = min(max(rows * step, _SHORTEST), _TALLEST * width)
    figure, axes = side_by_side(columns, width, _ABOVE + height)
    low, high = _limits(found.weights, rescale)
    scale = Normalize(low, high)
    for number, (ax, block) in enumerate(zip(axes, blocks, strict=True), 1):
        paint_weights(ax, block, rows, scale, step)
        ax.set_title(f"block {number}")
    axes[0].set_ylabel("source layer")
    axes[0].yaxis.set_major_locator(MaxNLocator(7, integer=True))
    # In the middle, unless that panel is too narrow for it.
    wide = [ax for ax, count in zip(axes, columns, strict=True) if count > 0.8 * max(columns)]
    wide[len(wide) // 2].set_xlabel("target layer")
    bar = figure.colorbar(
        ScalarMappable(scale, _COLOURS),
        ax=axes,
        aspect=25,
        pad=0.02,
        extend=_extend(found.weights["weight"], low, high),
        label="mean |W|" if rescale == "none" else "relative mean |W|",
    )
    bar.locator = MaxNLocator(5)
    put_below(figure, [], _caption(found, rescale))
    return figure


def paint_weights(
    ax: Axes, block: pd.DataFrame, rows: int, scale: Normalize, inches: float
) -> None:
    """One block: sources downwards, targets to the right, what stands behind the block apart.

    A column is about `inches` wide.
    """
    last = int(block["target"].max())
    values = np.full((rows, last), np.nan)
    values[block["row"], block["target"] - 1] = block["weight"]
    behind = block["kind"].iloc[-1]
    layers = last - 1 if behind in _LETTERS else last
    style: dict[str, Any] = {"norm": scale, "cmap": _COLOURS, "edgecolors": "face", "linewidth": 0}
    downwards = np.arange(rows + 1) - 0.5
    ax.pcolormesh(np.arange(layers + 1) + 0.5, downwards, values[:, :layers], **style)
    every = next(n for n in (1, 2, 4, 5, 10, 20, 50, 100, 500) if n * inches >= _TICK)
    ticks = {float(tick): str(tick) for tick in range(min(every, layers), layers + 1, every)}
    if behind in _LETTERS:
        end = last + _GAP
        ax.pcolormesh([end - 0.5, end + 0.5], downwards, values[:, layers:], **style)
        ticks = {at: text for at, text in ticks.items() if (end - at) * inches > 0.8 * _TICK}
        ticks[end] = _LETTERS[behind]
    ax.set(xlim=(0.5, last + 0.5 + _GAP), ylim=(rows - 0.5, -0.5))
    ax.set_xticks(list(ticks), list(ticks.values()))
    ax.grid(visible=False)
    ax.tick_params(pad=2)


def _limits(weights: pd.DataFrame, rescale: str) -> tuple[float, float]:
    """Colours are for the layers' range: what stands behind them is often far above or below."""
    if rescale == "column":
        return 0.0, 1.0
    of_layers = weights.loc[weights["kind"] == "layer", "weight"]
    return of_layers.min(), max(of_layers.max(), of_layers.min() + 1e-9)


def _extend(weights: pd.Series[float], low: float, high: float) -> str:
    """The ends of the colour bar beyond which there are weights."""
    ends = {(False, False): "neither", (True, False): "min", (False, True): "max"}
    return ends.get((bool(weights.min() < low), bool(weights.max() > high)), "both")


def _caption(found: WeightsData, rescale: str) -> list[str]:
    seeds = len(found.results.cells)
    kinds = [kind for kind in _LETTERS if found.weights["kind"].eq(kind).any()]
    ends = [f"{_LETTERS[kind]}: the {kind}" for kind in kinds]
    is_full = found.weights["source_block"].ne(found.weights["block"]).any()
    entering = "the stem" if is_full else "the block's input"
    return [
        f"{_WHAT}: {found.label}, {'n=1' if seeds == 1 else f'mean of n={seeds} seeds'}",
        "each column divided by its largest" if rescale == "column" else "",
        _beyond(found.weights, rescale),
        ", ".join([f"source 0: {entering}", *ends]),
        "white within a panel: not connected",
        conditions(found.results),
    ]


def _beyond(weights: pd.DataFrame, rescale: str) -> str:
    """Which columns have weights that the colours, those of the layers, do not reach."""
    low, high = _limits(weights, rescale)
    beyond = weights[(weights["weight"] < low) | (weights["weight"] > high)]
    if beyond.empty:
        return ""
    letters = " and ".join(_LETTERS[kind] for kind in _LETTERS if beyond["kind"].eq(kind).any())
    ends = f"{beyond['weight'].min():.2g} to {beyond['weight'].max():.2g}"
    return f"colours: the range of the layers; {letters} also beyond it, from {ends}"

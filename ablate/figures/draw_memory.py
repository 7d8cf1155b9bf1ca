"""Figure `memory`: what a training step needs and takes, a line per implementation."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from ablate.analysis import MemoryData, memory_data
from ablate.drawing import Counts, Look, Page, grid, key_of, log_where_wide, looks, put_below
from ablate.figures.run import Run

_WIDTH, _HEIGHT = 6.8, 4.0  # inches
_UNITS = ((1e9, "GB"), (1e6, "MB"))  # decimal, as the published axis counts
_PUBLISHED: dict[str, Any] = {
    "color": "0.55",
    "linestyle": (0, (3, 2)),
    "linewidth": 0.7,
    "markersize": 3.5,
    "markerfacecolor": "none",
    "markeredgewidth": 0.6,
    "zorder": 1,
}
_MEASURED: dict[str, Any] = {"linestyle": ":", "marker": "", "linewidth": 1.2}


def draw_memory(run: Run) -> Page:
    """Measurements -> a figure: memory above, time below, by what is swept and by parameters.

    Raises as `memory_data()` does.
    """
    data = memory_data(run.results)
    names = [*data.published_memory["implementation"], *data.published_time["implementation"]]
    ours, theirs = looks(data.rows["label"]), looks(names)
    columns = [(data.x, data.x)] * bool(data.x) + [("params", "params")]
    figure, (memory, time) = grid(2, len(columns), _WIDTH if data.x else _WIDTH / 2, _HEIGHT)
    factor, unit = _unit(data)
    for place, (x, name) in enumerate(columns):
        column = "x" if x == data.x else x
        _paint_memory(memory[place], data, column, factor, ours, theirs)
        _paint_time(time[place], data, column, ours, theirs)
        _label_x(time[place], name, float(data.rows[column].max()))
    memory[0].set_ylabel(f"training memory ({unit})")
    memory[0].set_ylim(bottom=0)
    time[0].set_ylabel("time of a step (s)")
    _scale_time(time[0], data)
    figure.align_ylabels()
    put_below(figure, _entries(data, ours, theirs), _caption(data, run.subject))
    return figure


def _paint_memory(
    ax: Axes,
    data: MemoryData,
    x: str,
    factor: float,
    ours: dict[str, Look],
    theirs: dict[str, Look],
) -> None:
    for label, own in _first_on_top(data.rows):
        look = ours[str(label)]
        _line(ax, own, x, own["peak_bytes"] / factor, color=look.colour, marker=look.marker)
        if own["measured_peak_bytes"].notna().any():
            measured = own["measured_peak_bytes"] / factor
            _line(ax, own, x, measured, color=look.colour, **_MEASURED)
    for name, own in _published(data.published_memory, x, data.x):
        _line(ax, own, x, own["gigabytes"] * 1e9 / factor, marker=theirs[name].marker, **_PUBLISHED)


def _paint_time(
    ax: Axes, data: MemoryData, x: str, ours: dict[str, Look], theirs: dict[str, Look]
) -> None:
    for label, own in _first_on_top(data.rows):
        look = ours[str(label)]
        own = own[own["step_seconds"].notna()]
        _line(ax, own, x, own["step_seconds"], color=look.colour, marker=look.marker)
        low, high = (own[f"step_seconds_{end}"].astype(float) for end in ("q1", "q3"))
        ax.vlines(own[x].astype(float), low, high, color=look.colour, linewidth=0.7)
    for name, own in _published(data.published_time, x, data.x):
        _line(ax, own, x, own["seconds"], marker=theirs[name].marker, **_PUBLISHED | {"zorder": 3})


def _first_on_top(rows: pd.DataFrame) -> list[tuple[Any, pd.DataFrame]]:
    """Lines in the order of painting: where two are the same, the first in the legend is seen."""
    return list(rows.groupby("label", sort=False))[::-1]


def _unit(data: MemoryData) -> tuple[float, str]:
    """What bytes are divided by on the axis, and their unit after that."""
    most = float(data.rows["peak_bytes"].max())
    return next((unit for unit in _UNITS if unit[0] <= most), _UNITS[-1])


def _line(ax: Axes, own: pd.DataFrame, x: str, y: pd.Series[Any], **style: Any) -> None:
    ordered = pd.DataFrame({"x": own[x], "y": y}).dropna().astype(float).sort_values("x")
    ax.plot(ordered["x"], ordered["y"], **{"markeredgewidth": 0} | style)


def _published(found: pd.DataFrame, x: str, swept: str) -> list[tuple[str, pd.DataFrame]]:
    """Each published line; none where it has not what is on the axis."""
    if x == "x" and swept != "depth":
        return []
    lines = found.rename(columns={"depth": "x"}).groupby("implementation", sort=False)
    return [(str(name), own) for name, own in lines]


def _label_x(ax: Axes, name: str, most: float) -> None:
    """An axis as far as our networks go: published lines may go on."""
    ax.set_xlabel("parameters" if name == "params" else name.replace("_", " "))
    ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 3, 5, 10]))
    ax.set_xlim(0, 1.03 * most)
    if name == "params":
        ax.xaxis.set_major_formatter(Counts())


def _scale_time(ax: Axes, data: MemoryData) -> None:
    seconds = [*data.rows["step_seconds"].dropna(), *data.published_time["seconds"]]
    if seconds:
        log_where_wide(ax, min(seconds), max(seconds))


def _entries(data: MemoryData, ours: dict[str, Look], theirs: dict[str, Look]) -> list[Line2D]:
    entries = [key_of(name, look) for name, look in ours.items()]
    if data.rows["measured_peak_bytes"].notna().any():
        entries.append(Line2D([], [], label="measured on the GPU", color="0.2", **_MEASURED))
    for name, look in theirs.items():
        style = _PUBLISHED | {"marker": look.marker}
        entries.append(Line2D([], [], label=f"published: {name}", **style))
    return entries


def _caption(data: MemoryData, subject: str) -> list[str]:
    comparable = len(data.published_memory) > 0
    return [
        f"{subject}: {data.conditions}" if subject else data.conditions,
        "memory is counted, in fp32: parameters, gradients, momentum and maps alive at once, "
        "no workspaces; 1 GB is 10^9 bytes",
        f"equal bytes, so one line: {'; '.join(map(', '.join, data.alike))}" if data.alike else "",
        "published: 64 images a step on a Titan X, read from the printed figure" * comparable,
        data.note,
    ]

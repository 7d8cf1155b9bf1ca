"""How figures look: one column wide, legible, the same colour for a variant in all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

import matplotlib.style
import seaborn as sns

WIDTH = 3.4  # inches: one column of a two-column page
DPI = 300

_RC = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so figures agree between machines
    "font.size": 7.5,
    "axes.labelsize": 7.5,
    "axes.titlesize": 7.5,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "xtick.minor.size": 1.5,
    "grid.linewidth": 0.4,
    "lines.linewidth": 1.0,
    "lines.markersize": 4,
    "savefig.dpi": DPI,
    "figure.dpi": DPI,
    "text.parse_math": False,  # names are the user's: a $ in one is a dollar
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "ablate",  # element ids that do not change from run to run
}
# Of seaborn's colour-blind palette, without the yellow that white paper swallows and the grey that
# the Pareto front has.
_COLOURS = tuple(sns.color_palette("colorblind").as_hex()[i] for i in (0, 1, 2, 3, 4, 9, 5, 6))
COLOUR = _COLOURS[0]  # of figures without variants
# One more than colours, so that pairs repeat only after 72 variants.
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
FRONT: dict[str, Any] = {
    "color": "0.35",
    "linestyle": (0, (4, 2)),
    "linewidth": 0.7,
    "label": "Pareto front",
}
# One cell each, in a search; hollow: at the error where it ended before its last epoch.
DOT: dict[str, Any] = {"linestyle": "", "marker": "o", "markersize": 3, "markeredgewidth": 0}
HOLLOW: dict[str, Any] = DOT | {"markeredgewidth": 0.6, "markerfacecolor": "none"}
WHISKER: dict[str, Any] = {"elinewidth": 0.7, "capsize": 1.5, "capthick": 0.7}  # of intervals
# rcParams belong to the process: two figures at once would mix their styles.
_LOCK = Lock()


@dataclass(frozen=True)
class Look:
    """How one variant is drawn."""

    colour: str
    marker: str


@contextmanager
def house_style() -> Iterator[None]:
    """Our style for the time of drawing and saving a figure; matplotlib's is as before after it."""
    seaborn_style = [dict(sns.axes_style("whitegrid")), dict(sns.plotting_context("paper"))]
    with _LOCK, matplotlib.style.context([*seaborn_style, _RC], after_reset=True):
        yield


def looks(variants: Iterable[str]) -> dict[str, Look]:
    """Variants in plan order -> colour and marker of each; every figure of a study agrees."""
    return {
        variant: Look(_COLOURS[i % len(_COLOURS)], _MARKERS[i % len(_MARKERS)])
        for i, variant in enumerate(dict.fromkeys(variants))
    }


def by_label(label_looks: Mapping[str, Look]) -> dict[str, Any]:
    """What seaborn needs to draw a line per `label` in its look, without a legend."""
    return {
        **dict.fromkeys(("hue", "style"), "label"),
        "palette": {name: look.colour for name, look in label_looks.items()},
        "markers": {name: look.marker for name, look in label_looks.items()},
        "dashes": False,
        "legend": False,
        "markeredgewidth": 0,
    }

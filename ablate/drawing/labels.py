"""Names of single points of a panel, where they cover nothing that is drawn there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

Places = NDArray[np.float64]  # (n, 2)

_TEXT: dict[str, Any] = {"size": 6.5, "ha": "center", "va": "center"}
_LINE: dict[str, Any] = {
    "arrowstyle": "-",
    "color": "0.35",
    "linewidth": 0.5,
    "shrinkA": 0.5,
    "shrinkB": 1.5,
}
_CLEAR = 3.0  # points between a name and the middle of what is drawn
_NEAR = 5.0  # points within which a name needs no line to what it names
_TRIED = 48  # places in each direction


@dataclass(frozen=True)
class Label:
    """What a point of a panel is called."""

    x: float
    y: float
    text: str


def paint_labels(ax: Axes, labels: Sequence[Label], drawn: Places) -> None:
    """Write each label in the free place that is nearest to its point, instead of earlier ones.

    `drawn` are places in data coordinates that are to stay in sight. The panel has its final limits
    and size. Where no place is free it is one that covers the fewest of them.
    """
    for earlier in list(ax.texts):
        earlier.remove()
    ax.figure.draw_without_rendering()  # type: ignore[union-attr]  # settles where the panel is
    point = ax.figure.dpi / 72
    in_sight = ax.transData.transform(drawn)
    for label in labels:
        half = _half(ax, label.text)
        own = ax.transData.transform((label.x, label.y))
        centre, gap = _free_place(ax, half, own, in_sight, _CLEAR * point)
        ax.annotate(
            label.text,
            (label.x, label.y),
            tuple(ax.transAxes.inverted().transform(centre)),
            textcoords="axes fraction",
            arrowprops=_LINE if gap > _NEAR * point else None,
            **_TEXT,
        )
        # The next one leaves this alone, too.
        steps = np.linspace(-1, 1, 9)
        text = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2) * half + centre
        in_sight = np.vstack([in_sight, text])


def _half(ax: Axes, text: str) -> NDArray[np.float64]:
    """Half the width and height of a text, in pixels."""
    artist = ax.text(0.5, 0.5, text, transform=ax.transAxes, **_TEXT)
    extent = artist.get_window_extent()
    artist.remove()
    return np.array([extent.width, extent.height]) / 2


def _free_place(
    ax: Axes, half: Places, own: Places, in_sight: Places, clear: float
) -> tuple[Places, float]:
    """The middle of a text of that size, in pixels, and how far it then is from its own point."""
    frame, margin = ax.get_window_extent(), half + clear
    ends = zip(frame.min + margin, frame.max - margin, strict=True)
    tried = [np.linspace(low, high, _TRIED) for low, high in ends]
    centres = np.stack(np.meshgrid(*tried), axis=-1).reshape(-1, 2)
    # What is covered is so in both directions, each of which is compared alone: (place, in sight).
    across, down = (
        (np.abs(places[:, None] - own_places) < reach).astype(float)
        for places, own_places, reach in zip(tried, in_sight.T, margin, strict=True)
    )
    covered = (down @ across.T).ravel()
    gaps = np.hypot(*np.clip(np.abs(centres - own) - half, 0, None).T)
    first = np.lexsort((gaps, covered))[0]
    return centres[first], float(gaps[first])

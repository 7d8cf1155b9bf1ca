"""Figure `confusion`: which classes a network takes for which."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, ListedColormap, Normalize
from matplotlib.ticker import MaxNLocator

from ablate.analysis import ConfusionData, conditions, confusion_data, split_of
from ablate.drawing import COLOUR, WIDTH, Page, put_below, side_by_side
from ablate.errors import DamagedCell, HolesError
from ablate.figures.run import Run

_NARROW = 10  # classes that one column of a page holds
_NUMBERED = 20  # classes whose shares are written into their squares
_NAMED = 40  # classes that have room for their names
_MOST = 100  # classes of a figure that is drawn unasked
_LETTER = 0.07  # inches of one in a tick's label
_BESIDE = 1.0  # inches that labels and the colour bar take from the width
_SHOWN = 0.5  # percent, from which on a share is written
_DARK = 0.6  # of the scale, from which on a number in the square is white
_WORST = 3  # confusions that the caption names
_COLOURS = LinearSegmentedColormap.from_list("confusion", ["white", COLOUR])
_RIGHT = "0.9"  # the squares of right answers: their share would outshine every other


def draw_confusion(run: Run, variant: str) -> Page:
    """A run -> a figure. Raises as `confusion_data()` does."""
    found = confusion_data(run.results, run.read or run.kept, variant)
    classes = len(found.names)
    width = WIDTH if classes <= _NARROW else 2 * WIDTH
    figure, (ax,) = side_by_side([1.0], width, width - _BESIDE / 2)
    scale = paint_confusion(ax, found, (width - _BESIDE) / classes)
    bar = figure.colorbar(
        ScalarMappable(scale, _COLOURS), ax=ax, aspect=30, pad=0.02, label="% of the row's images"
    )
    bar.locator = MaxNLocator(5)
    ax.set(xlabel="taken for", ylabel=" ".join(filter(None, [run.subject, "class"])))
    put_below(figure, [], _caption(found))
    return figure


def has_predictions(run: Run) -> bool:
    """Whether the cells that would be shown kept what they answered, of not too many classes.

    Of thousands no square could be told from its neighbour. Damage is told by who draws it.
    """
    try:
        return len(confusion_data(run.results, run.kept).names) <= _MOST
    except HolesError:
        return False
    except DamagedCell:
        return True


def paint_confusion(ax: Axes, found: ConfusionData, inches: float) -> Normalize:
    """Rows are what images are, columns what they were taken for -> the scale of the colours.

    A column is about `inches` wide.
    """
    classes = len(found.names)
    right = np.eye(classes, dtype=bool)
    wrong = np.where(right, np.nan, found.shares)
    scale = Normalize(0.0, max(float(np.nanmax(wrong)), 1.0))
    # As pictures: a thousand classes would be a million squares of a vector file.
    style: dict[str, Any] = {"interpolation": "nearest", "aspect": "auto"}
    style["extent"] = (0, classes, classes, 0)
    ax.imshow(np.where(right, 1.0, np.nan), cmap=ListedColormap([_RIGHT]), **style)
    ax.imshow(wrong, norm=scale, cmap=_COLOURS, **style)
    if classes <= _NUMBERED:
        for (row, column), share in np.ndenumerate(found.shares):
            if share >= _SHOWN and found.images[row]:
                dark = row != column and share > _DARK * float(scale.vmax or 1.0)
                colour = "white" if dark else "0.15"
                where = {"ha": "center", "va": "center"}
                ax.text(column + 0.5, row + 0.5, f"{share:.0f}", where, color=colour, size=7)
    every = 1 if classes <= _NAMED else 10 ** len(str(classes // _NAMED))
    ticks = list(range(0, classes, every))
    names = [found.names[tick] if every == 1 else str(tick) for tick in ticks]
    upright = max(map(len, names)) * _LETTER > inches * every
    at = [tick + 0.5 for tick in ticks]
    ax.set_xticks(at, names, rotation=90 if upright else 0)
    ax.set_yticks(at, names)
    ax.set(xlim=(0, classes), ylim=(classes, 0))
    ax.grid(visible=False)
    ax.tick_params(length=0, pad=3)
    return scale


def _caption(found: ConfusionData) -> list[str]:
    seeds = len(found.results.cells)
    wrong = np.where(np.eye(len(found.names), dtype=bool), 0.0, found.shares)
    most = np.argsort(-wrong, axis=None, kind="stable")[:_WORST]
    worst = [
        f"{found.names[row]} taken for {found.names[column]} ({wrong[row, column]:.0f} %)"
        for row, column in (divmod(int(at), len(wrong)) for at in most)
        if wrong[row, column] >= _SHOWN
    ]
    return [
        "percent of the images of each class that were taken for another; grey: taken for what "
        f"they are; {found.label}, {'n=1' if seeds == 1 else f'mean of n={seeds} seeds'}",
        f"most often: {', '.join(worst)}" if worst else "",
        f"{found.images.sum():,} {split_of(found.results.cells)} images",
        conditions(found.results),
    ]

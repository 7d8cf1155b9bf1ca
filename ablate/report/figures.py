"""The registry of figures, and `plot`, which writes one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from ablate.analysis import has_effects, has_sources, is_done, is_search
from ablate.errors import UsageError
from ablate.report.draw_curves import draw_curves
from ablate.report.draw_effects import draw_effects
from ablate.report.draw_frontier import draw_frontier
from ablate.report.draw_history import draw_history
from ablate.report.draw_memory import draw_memory
from ablate.report.draw_weights import draw_weights
from ablate.report.files import replacing
from ablate.report.style import house_style
from ablate.spec.validating import nearest

# Name -> (run folder, cells, subject, and options of its own with defaults) -> figure.
FIGURES: dict[str, Callable[..., Figure]] = {
    "frontier": draw_frontier,
    "curves": draw_curves,
    "weights": draw_weights,
    "history": draw_history,
    "effects": draw_effects,
    "memory": draw_memory,
}
_OF_MEASURED = "memory"  # the one of a study whose networks are measured and not trained
# Figures that only some run folders have -> whether this one does.
_SUITS: dict[str, Callable[[Path, pd.DataFrame], bool]] = {
    "weights": has_sources,
    "history": lambda folder, table: is_search(table),
    "effects": lambda folder, table: (
        is_done(table).sum() >= _RATED if is_search(table) else has_effects(table)
    ),
}
_RATED = 10  # cells of a search without which importances say nothing
# Without a date, the same numbers give the same file.
_METADATA: dict[str, dict[str, Any]] = {"png": {}, "svg": {"Date": None}}


def figures_of(folder: Path, table: pd.DataFrame, options: Collection[str] = ()) -> list[str]:
    """The names of the figures that a run folder has, and that take every one of `options`."""
    measured = "implementation" in table
    return [
        name
        for name, draw in FIGURES.items()
        if (name == _OF_MEASURED) == measured
        and set(options) <= set(inspect.signature(draw).parameters)
        and (name not in _SUITS or _SUITS[name](folder, table))
    ]


def plot(
    name: str, folder: Path, table: pd.DataFrame, subject: str = "", **options: str | pd.DataFrame
) -> list[Path]:
    """A figure of a run folder -> the files `figures/<name>.png` and `.svg`, both replaced.

    `subject` names the data on the error axis, e.g. `C10+`. `frontier` has the option `cost`,
    `weights` has `variant` and `rescale` (none, column), `history` has `reference`
    (`error=20,params=1e6`); a value that is not the default is added to the files' names
    (`frontier-macs`). `effects` of a search needs the table of its `importances`. Safe in threads.
    Raises UsageError for an unknown figure, option or value, HolesError where nothing can be drawn.
    """
    if name not in FIGURES:
        raise UsageError(f"unknown figure `{name}`{nearest(name, FIGURES)}")
    if (name == _OF_MEASURED) != ("implementation" in table):
        kind = "trains" if name == _OF_MEASURED else "measures its networks and trains none"
        raise UsageError(f"{name}: is no figure of a study that {kind}")
    known = inspect.signature(FIGURES[name]).parameters
    for option in options:
        if option not in known:
            raise UsageError(f"{name}: unknown option `{option}`")
    chosen = [
        value
        for key, value in options.items()
        if isinstance(value, str) and value != known[key].default
    ]
    stem = "-".join([name, *chosen])
    written = []
    with house_style():
        figure = FIGURES[name](folder, table, subject, **options)
        for ending, metadata in _METADATA.items():
            path = folder / "figures" / f"{stem}.{ending}"
            with replacing(path) as temporary:
                figure.savefig(temporary, format=ending, metadata=metadata)
            written.append(path)
    return written

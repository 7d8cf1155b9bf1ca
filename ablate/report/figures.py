"""The registry of figures, and `plot`, which writes one."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from ablate.analysis import Results, has_effects, has_sources, is_done
from ablate.errors import MachineError, UsageError
from ablate.machine import replacing
from ablate.report.draw_confusion import draw_confusion, has_predictions
from ablate.report.draw_curves import draw_curves
from ablate.report.draw_effects import draw_effects
from ablate.report.draw_frontier import draw_frontier
from ablate.report.draw_history import draw_history
from ablate.report.draw_memory import draw_memory
from ablate.report.draw_weights import draw_weights
from ablate.report.run import Run
from ablate.report.style import house_style
from ablate.text import nearest

# Name -> (run, and options of its own with defaults) -> figure.
FIGURES: dict[str, Callable[..., Figure]] = {
    "frontier": draw_frontier,
    "curves": draw_curves,
    "weights": draw_weights,
    "history": draw_history,
    "effects": draw_effects,
    "confusion": draw_confusion,
    "memory": draw_memory,
}
_OF_MEASURED = "memory"  # the one of a study whose networks are measured and not trained
# Figures that only some run folders have -> whether this one does.
_SUITS: dict[str, Callable[[Run], bool]] = {
    "weights": lambda run: has_sources(run.folder, run.results.cells),
    "confusion": has_predictions,
    "history": lambda run: run.results.is_search,
    "effects": lambda run: _are_rated(run.results),
}
_RATED = 10  # cells of a search without which importances say nothing
# Without a date, the same numbers give the same file.
_METADATA: dict[str, dict[str, Any]] = {"png": {}, "svg": {"Date": None}}


def _are_rated(results: Results) -> bool:
    """Whether the effects of what was swept, or of a search's knobs, say something."""
    if results.is_search:
        return bool(is_done(results.cells).sum() >= _RATED)
    return has_effects(results.cells)


def figures_of(run: Run, options: Collection[str] = ()) -> list[str]:
    """The names of the figures that a run folder has, and that take every one of `options`."""
    measured = run.results.is_measured_alone
    return [
        name
        for name, draw in FIGURES.items()
        if (name == _OF_MEASURED) == measured
        and set(options) <= set(inspect.signature(draw).parameters)
        and (name not in _SUITS or _SUITS[name](run))
    ]


def draw_figure(name: str, run: Run, out: Path | None = None, **options: str) -> list[Path]:
    """A figure of a run -> the files `figures/<name>.png` and `.svg`, both replaced.

    `out` is another folder for them, or a file that ends in `.png` or `.svg`: then it is the only.
    `frontier` has the option `cost`, `weights` has `variant` and `rescale` (none, column),
    `confusion` has `variant`, `history` has `reference` (`error=20,params=1e6`); a value that is
    not the default is added to the files' names (`frontier-macs`). Safe in threads.
    Raises UsageError for an unknown figure, option or value, HolesError where nothing can be drawn,
    MachineError where nothing can be written.
    """
    if name not in FIGURES:
        raise UsageError(f"unknown figure `{name}`{nearest(name, FIGURES)}")
    if (name == _OF_MEASURED) != run.results.is_measured_alone:
        kind = "trains" if name == _OF_MEASURED else "measures its networks and trains none"
        raise UsageError(f"{name}: is no figure of a study that {kind}")
    known = inspect.signature(FIGURES[name]).parameters
    for option in options:
        if option not in known:
            raise UsageError(f"{name}: unknown option `{option}`")
    chosen = [value for key, value in options.items() if value != known[key].default]
    files = _files(out or run.folder / "figures", "-".join([name, *chosen]))
    with house_style():
        figure = FIGURES[name](run, **options)
        for path, ending in files.items():
            try:
                with replacing(path) as temporary:
                    figure.savefig(temporary, format=ending, metadata=_METADATA[ending])
            except OSError as error:
                hint = "" if out else "; --out DIR draws elsewhere"
                raise MachineError(f"{path.parent}: {error.strerror}{hint}") from None
    return list(files)


def is_figure_file(out: Path) -> bool:
    """Whether `plot`'s `out` names one file, and no folder. Raises UsageError for other formats."""
    ending = out.suffix.lower().removeprefix(".")
    if out.is_dir() or ending in _METADATA or not ending:
        return not out.is_dir() and ending in _METADATA
    valid = " or ".join(f".{known}" for known in _METADATA)
    raise UsageError(f"--out: must be a folder, or a file that ends in {valid}, got {out}")


def _files(out: Path, stem: str) -> dict[Path, str]:
    """What to write -> in which format."""
    if is_figure_file(out):
        return {out: out.suffix.lower().removeprefix(".")}
    return {out / f"{stem}.{ending}": ending for ending in _METADATA}

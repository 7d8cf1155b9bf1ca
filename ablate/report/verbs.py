"""A run folder -> its figures."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ablate.analysis import read_results, results_of
from ablate.errors import DamagedCell, UsageError

if TYPE_CHECKING:
    from ablate.report.run import Run


def plot(
    folder: str | Path,
    figure: str | None = None,
    *,
    out: str | Path | None = None,
    **options: str,
) -> Iterator[tuple[str, list[Path]]]:
    """A run folder -> a figure, or without a name all that it has and that take these `options`.

    Yields the name and the files of each as it is drawn. Options, `out` and errors are those of
    `draw_figure`; a DamagedCell is raised when the figures that do not show it are drawn.
    """
    from ablate import report

    run, out = _opened(Path(folder), asked=figure), Path(out) if out else None
    if out and not figure and report.is_figure_file(out):
        raise UsageError(f"--out: is one file; name the figure that is to be in {out}")
    names = [figure] if figure else report.figures_of(run, options)
    if not names:
        taken = " and ".join(f"--{name}" for name in options)
        raise UsageError(f"no figure of this run takes {taken}")
    damage: DamagedCell | None = None
    for name in names:
        try:
            files = report.draw_figure(name, run, out, **options)
        except DamagedCell as error:
            damage = damage or error
        else:
            yield name, files
    if damage is not None:
        raise damage


def _opened(folder: Path, asked: str | None) -> Run:
    """The record is read once, for cells and importances alike."""
    from ablate.records import Answers, RunFolder, snapshot
    from ablate.report.run import Run, importances

    if RunFolder(folder).is_measured_alone:
        return Run(folder, read_results(folder))
    seen = snapshot(folder)
    # Asked for by its name, a figure is worth computing what was not kept.
    read = Answers(folder) if asked == "confusion" else None
    return Run(folder, results_of(seen), read, partial(importances, seen))

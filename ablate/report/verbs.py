"""What a run folder holds: tables and figures."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ablate.analysis import comparison, costs_at_equal_error, read_results, results_of, trained
from ablate.errors import DamagedCell, UsageError

if TYPE_CHECKING:
    import pandas as pd

    from ablate.report.run import Run


def compare(
    folder: str | Path, *, everything: bool = False, published: bool = False
) -> pd.DataFrame:
    """A run folder -> a row per variant and sweep point: means, intervals, paired differences.

    Of a search its Pareto front over the objectives, or its best cells by the only one; with
    `everything` each of its cells. Of a fixed design all rows are there anyway. With `published`
    also what a paper printed of each row's network, see `analysis.beside_published`.
    """
    return comparison(trained(folder), everything, published).rows


def equal_error(folder: str | Path, *, cost: str = "params") -> pd.DataFrame:
    """A run folder -> a row per variant: its cost over the baseline's at equal error.

    Columns and errors are those of `analysis.costs_at_equal_error`.
    """
    return costs_at_equal_error(trained(folder), cost).rows


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

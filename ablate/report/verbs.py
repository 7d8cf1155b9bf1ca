"""What a run folder holds: tables, figures, the network to take elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ablate.analysis import results, trained
from ablate.cells import data_notes, images_note
from ablate.errors import DamagedCell, HolesError, UsageError

if TYPE_CHECKING:
    import pandas as pd


def compare(
    folder: str | Path, *, everything: bool = False, published: bool = False
) -> pd.DataFrame:
    """A run folder -> a row per variant and sweep point: means, intervals, paired differences.

    Of a search its Pareto front over the objectives, or its best cells by the only one; with
    `everything` each of its cells. Of a fixed design all rows are there anyway. With `published`
    also what a paper printed of each row's network, see `analysis.beside_published`.
    """
    from ablate import analysis

    table = trained(folder)
    if analysis.is_search(table):
        found = analysis.shortlist(table, everything)
    else:
        found = analysis.compare_design(table)
    if published:
        found = analysis.beside_published(found, table)
    rows = analysis.plain_rows(table)
    found.attrs["images"] = table.attrs.get("images", 0)
    found.attrs["images_note"] = images_note(rows)
    found.attrs["data_notes"] = data_notes(rows)
    return found


def equal_error(folder: str | Path, *, cost: str = "params") -> pd.DataFrame:
    """A run folder -> a row per variant: its cost over the baseline's at equal error.

    Columns and errors are those of `analysis.costs_at_equal_error`.
    """
    from ablate import analysis

    table = trained(folder)
    return analysis.costs_at_equal_error(table, table.attrs["baseline"], cost)


def class_errors(folder: str | Path, *, data: str | Path | None = None) -> pd.DataFrame:
    """A run folder -> a row per class with the error of every variant in it.

    Columns and errors are those of `analysis.class_errors`; `data` is as in `predictions`.
    """
    from ablate import analysis
    from ablate.records import Answers

    return analysis.class_errors(trained(folder), Answers(folder, data))


def importances(folder: str | Path) -> pd.DataFrame:
    """A search's run folder -> how much each knob decides, the highest first.

    Columns: knob; importance, a share of all knobs'; low and high, its range over resamples; n
    cells. `attrs` has a `note` on how they came about and a `warning` where they are too few.
    Raises UsageError for a fixed design, HolesError for fewer than two cells.
    """
    import pandas as pd

    from ablate import sampling

    rated = sampling.rated_cells(folder)
    if len(rated.points) < 2:
        raise HolesError(
            f"importances need at least 2 cells that are done, got {len(rated.points)}"
        )
    if not rated.distributions:
        raise UsageError("importances: are of searches; this run is a fixed design")
    rows = sampling.importances(rated.points, rated.values, rated.distributions)
    table = pd.DataFrame(rows, columns=["knob", "importance", "low", "high"])
    table["n"] = len(rated.points)
    table.attrs = {"note": rated.note, "warning": rated.warning}
    return table


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
    from ablate import analysis, report
    from ablate.records import Answers

    folder, table, out = Path(folder), results(folder), Path(out) if out else None
    if out and not figure and report.is_figure_file(out):
        raise UsageError(f"--out: is one file; name the figure that is to be in {out}")
    names = [figure] if figure else report.figures_of(folder, table, options)
    if not names:
        taken = " and ".join(f"--{name}" for name in options)
        raise UsageError(f"no figure of this run takes {taken}")
    damage: DamagedCell | None = None
    for name in names:
        given: dict[str, Any] = dict(options)
        if name == "effects" and analysis.is_search(table):
            given["importances"] = importances(folder)
        if name == "confusion" and figure:  # asked for: worth computing where nothing was kept
            given["read"] = Answers(folder)
        try:
            files = report.draw_figure(name, folder, table, table.attrs["subject"], out, **given)
        except DamagedCell as error:
            damage = damage or error
        else:
            yield name, files
    if damage is not None:
        raise damage

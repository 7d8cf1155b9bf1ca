"""A run folder -> its figures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ablate.analysis import read_results, results_of
from ablate.errors import DamagedCell, UsageError

if TYPE_CHECKING:
    from ablate.figures.run import Run


def plot(
    folder: str | Path,
    figure: str | None = None,
    *,
    out: str | Path | None = None,
    format: str = "",
    size: str = "",
    caption: bool = True,
    **options: str,
) -> Iterator[tuple[str, list[Path]]]:
    """A run folder -> a figure, or without a name all that it has and that take these `options`.

    Yields the name and the files of each as it is drawn, as PNG and SVG, or in the `format` png,
    svg or pdf alone. `size` is that of the whole figure, `3.4x2.6` in inches or `86x66mm`; without
    its `caption` a file has that in its metadata. Options, `out` and errors are those of
    `draw_figure`; a DamagedCell is raised when the figures that do not show it are drawn.
    """
    from ablate import figures

    run, out = _opened(Path(folder), asked=figure), Path(out) if out else None
    form = figures.Form(format, size, caption)
    if out and not figure and form.is_file(out):
        raise UsageError(f"--out: is one file; name the figure that is to be in {out}")
    names = [figure] if figure else figures.figures_of(run, options)
    if not names:
        taken = " and ".join(f"--{name}" for name in options)
        raise UsageError(f"no figure of this run takes {taken}")
    damage: DamagedCell | None = None
    for name in names:
        try:
            files = figures.draw_figure(name, run, out, form, **options)
        except DamagedCell as error:
            damage = damage or error
        else:
            yield name, files
    if damage is not None:
        raise damage


def _opened(folder: Path, asked: str | None) -> Run:
    """The record is read once, for cells and importances alike."""
    from ablate.figures.run import Run, run_of
    from ablate.records import Answers, RunFolder, snapshot

    if RunFolder(folder).is_measured_alone:
        return Run(folder, read_results(folder))
    seen = snapshot(folder)
    # Asked for by its name, a figure is worth computing what was not kept.
    read = Answers(folder) if asked == "confusion" else None
    return run_of(seen, results_of(seen), read)

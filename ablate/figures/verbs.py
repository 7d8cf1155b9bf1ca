"""A run folder -> its figures."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from functools import partial
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, overload

from ablate.analysis import read_results, results_of
from ablate.errors import DamagedCell, UsageError

if TYPE_CHECKING:
    from ablate.drawing import Page
    from ablate.figures.registry import Drawn
    from ablate.figures.run import Run


class Figures(dict[str, "Page"]):
    """Figures of a run by their names; a notebook shows them one below the other."""

    missing: Mapping[str, str] = {}  # those that could not be drawn, and why

    def save(
        self,
        out: str | Path | None = None,
        *,
        format: str = "",
        size: str = "",
        caption: bool = True,
    ) -> list[Path]:
        """Write all of them, as `save` of each does; `out` is a folder."""
        from ablate.figures.form import Form

        if out and Form(format, size, caption).is_file(Path(out)):
            raise UsageError(f"--out: is one file; name the figure that is to be in {out}")
        each = (page.save(out, format=format, size=size, caption=caption) for page in self.values())
        return [path for paths in each for path in paths]

    def _repr_html_(self) -> str:
        shown = []
        for name, page in self.items():
            data, size = page._repr_png_()
            source = f"data:image/png;base64,{b64encode(data).decode()}"
            width, told = size["width"], escape(f"Figure {name}: {page.told}", quote=True)
            shown.append(f'<p><img width="{width}" alt="{told}" src="{source}"></p>')
        shown += [f"<p>{escape(f'{name}: {why}')}</p>" for name, why in self.missing.items()]
        return "\n".join(shown)

    def _repr_pretty_(self, printer: object, cycle: bool) -> None:
        printer.text(f"figures: {', '.join(self) or 'none'}")  # type: ignore[attr-defined]


@overload
def plot(folder: str | Path, figure: None = None, **options: str) -> Figures: ...


@overload
def plot(folder: str | Path, figure: str, **options: str) -> Page: ...


def plot(folder: str | Path, figure: str | None = None, **options: str) -> Page | Figures:
    """A run folder -> a figure of matplotlib, which a notebook shows; without a name all it has.

    Figures are frontier, curves, weights, history, effects, interactions, confusion and memory.
    Without a name they are those that the run has and that take these `options`, a map by their
    names. `frontier` has the option `cost`, `weights` has `variant` and `rescale` (none, column),
    `confusion` has `variant`, `history` has `reference` (`error=20,params=1e6`). Nothing is written
    before `.save()`, of one or of all: PNG and SVG into `figures/` of the run, or what it is told.
    Raises UsageError for an unknown figure, option or value, HolesError where nothing can be drawn;
    of several, those that are damaged are left out, and named in `missing`.
    """
    damage: dict[str, DamagedCell] = {}
    drawn = {each.name: shown(each) for each in figures_drawn(folder, figure, damage, **options)}
    if figure is not None and damage:
        raise damage[figure]
    if figure is not None:
        return drawn[figure]
    found = Figures(drawn)
    found.missing = {name: str(error) for name, error in damage.items()}
    return found


def shown(drawn: Drawn) -> Page:
    """A figure of a run, which knows how it is saved."""
    drawn.page.written = partial(_save, drawn)
    return drawn.page


def _save(
    drawn: Drawn, out: str | Path | None, *, format: str, size: str, caption: bool
) -> list[Path]:
    from ablate.figures.form import Form

    return drawn.write(Path(out) if out else None, Form(format, size, caption))


def figures_drawn(
    folder: str | Path,
    figure: str | None,
    damage: dict[str, DamagedCell],
    **options: str,
) -> Iterator[Drawn]:
    """A run folder -> a figure, or without a name all that it has and that take these `options`.

    Each as it is drawn; those that a damaged cell is in are in `damage` instead.
    """
    from ablate import figures

    run = _opened(Path(folder), asked=figure)
    names = [figure] if figure else figures.figures_of(run, options)
    if not names:
        taken = " and ".join(f"--{name}" for name in options)
        raise UsageError(f"no figure of this run takes {taken}")
    for name in names:
        try:
            yield figures.draw(name, run, **options)
        except DamagedCell as error:
            damage[name] = error


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

"""`ablate plot`, `ablate report`: what a run shows, as figures and as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ablate.cli.options import Folder, runs_here
from ablate.errors import DamagedCell, UsageError


def plot(
    folder: Folder,
    figure: Annotated[
        str | None,
        typer.Argument(
            help="frontier, curves, weights, history, effects, interactions, confusion; "
            "without a name, all."
        ),
    ] = None,
    cost: Annotated[
        str | None, typer.Option(help="frontier's x axis: params, macs, peak_bytes, ...")
    ] = None,
    variant: Annotated[
        str | None,
        typer.Option(help="weights, confusion: whose; else the baseline's. At its largest point."),
    ] = None,
    rescale: Annotated[
        str | None, typer.Option(help="weights: column divides by each column's largest.")
    ] = None,
    reference: Annotated[
        str | None, typer.Option(help="history: the hypervolume's, e.g. error=20,params=1e6.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR|FILE",
            help="Instead of RUN/figures: a folder, or of one figure a .png, .svg or .pdf.",
        ),
    ] = None,
    format: Annotated[
        str, typer.Option("--format", metavar="png|svg|pdf", help="That one alone.")
    ] = "",
    size: Annotated[
        str,
        typer.Option(
            "--size",
            metavar="WIDTHxHEIGHT",
            help="Of the whole figure, in inches or mm: 3.4x2.6, 86x66mm.",
        ),
    ] = "",
    caption: Annotated[
        bool,
        typer.Option("--caption/--no-caption", help="Below the panels, or in the file's metadata."),
    ] = True,
) -> None:
    """The figures of a run, as PNG and SVG or in another format."""
    from ablate import figures

    values = {"cost": cost, "variant": variant, "rescale": rescale, "reference": reference}
    options = {name: value for name, value in values.items() if value is not None}
    damage: dict[str, DamagedCell] = {}
    form = figures.Form(format, size, caption)
    if out and form.is_file(out) and not figure:
        raise UsageError(f"--out: is one file; name the figure that is to be in {out}")
    for drawn in figures.figures_drawn(folder, figure, damage, **options):
        print(*drawn.write(out, form), sep="\n")
    for error in damage.values():
        raise error


def report(
    folder: Folder,
    more: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[MORE]...", help="Runs to stand beside it.", autocompletion=runs_here
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE|DIR", help="Instead of RUN/report.html; needed with MORE."
        ),
    ] = None,
) -> None:
    """One HTML page: answer, table, figures, failures, cost, how to repeat. Needs no network."""
    from ablate import page

    print(page.report(folder, *(more or []), out=out))

"""Verbs that read a run folder: status, compare, plot, export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ablate.cli.around_run import print_reasons, summary_document
from ablate.cli.console import complain, console, is_watched, print_json
from ablate.cli.options import DataRoot, Folder, Json, Where
from ablate.errors import UsageError


def status(folder: Folder, as_json: Json = False) -> None:
    """How many cells are in which state, why each failure failed, and the time left."""
    from ablate.cells import data_notes, images_note
    from ablate.cli.around_confirm import looks_line
    from ablate.cli.around_search import search_line
    from ablate.cli.tables import status_table
    from ablate.records import looks, open_folder, rows, seconds_left, summary
    from ablate.text import duration

    found, (cells, _) = summary(open_folder(folder)), rows(folder)
    note, said = images_note(cells), data_notes(cells)
    left, seen = seconds_left(open_folder(folder)), looks(open_folder(folder))
    if as_json:
        more = {
            "seconds_left": left,
            "test_looks": len(seen),
            "images_note": note,
            "data_notes": said,
        }
        print_json({**summary_document(found), **more})
        return
    out = console()
    out.print(status_table(found))
    if found.search:
        out.print(search_line(found.search, found.total))
    print_reasons(found)
    if note:
        complain(note)
    for text in said:
        complain(f"images: {text}")
    if left:
        out.print(f"about {duration(left)} of training left, one cell at a time")
    if seen:
        out.print(looks_line(seen))


def compare(
    folder: Folder,
    everything: Annotated[
        bool, typer.Option("--all", help="Of a search every cell; a fixed design shows all anyway.")
    ] = False,
    published: Annotated[
        bool, typer.Option("--published", help="What papers printed of the same networks.")
    ] = False,
    at_equal_error: Annotated[
        bool,
        typer.Option(
            "--equal-error", help="Instead: what each variant costs at the baseline's errors."
        ),
    ] = False,
    classes: Annotated[
        bool, typer.Option("--classes", help="Instead: the error of each variant by class.")
    ] = False,
    data: DataRoot = None,
    cost: Annotated[
        str | None, typer.Option(help="--equal-error's: params, macs, peak_bytes, ...")
    ] = None,
    as_json: Json = False,
) -> None:
    """A row per variant: error with interval over seeds, costs, paired difference."""
    from ablate import analysis, report
    from ablate.report import compare_note, compare_table, compare_text

    if classes:
        if everything or published or at_equal_error or cost:
            raise UsageError("--classes: is a table of its own, without other options")
        _print_classes(folder, data, as_json)
        return
    if at_equal_error:
        if everything or published:
            raise UsageError("--equal-error: is a table of its own, without --all or --published")
        _print_equal_error(folder, cost or "params", as_json)
        return
    if cost:
        raise UsageError("--cost: is read only with --equal-error; compare shows every cost")
    comparison = report.compare(folder, everything=everything, published=published)
    subject = analysis.results(folder).attrs["subject"]
    if as_json:
        print(comparison.to_json(orient="records", indent=1))
    elif is_watched():
        out = console()
        out.print(compare_table(comparison, subject, width=out.width))
    else:
        print(compare_text(comparison, subject))
        complain(compare_note(comparison))


def _print_classes(folder: Path, data: Path | None, as_json: bool) -> None:
    from ablate import analysis, report
    from ablate.analysis import split_of
    from ablate.report import classes_table, classes_text

    found = report.class_errors(folder, data=data)
    table = analysis.results(folder)
    if as_json:
        print(found.to_json(orient="records", indent=1))
    elif is_watched():
        title = f"{table.attrs['subject']} {split_of(table)} error (%) by class, mean over seeds"
        console().print(classes_table(found, title))
    else:
        print(classes_text(found))


def _print_equal_error(folder: Path, cost: str, as_json: bool) -> None:
    from ablate import analysis, report
    from ablate.analysis import split_of
    from ablate.report import equal_error_note, equal_error_table, equal_error_text

    found = report.equal_error(folder, cost=cost)
    if as_json:
        print(found.to_json(orient="records", indent=1))
    elif is_watched():
        table = analysis.results(folder)
        subject = f"{table.attrs['subject']} {split_of(table)}"
        console().print(equal_error_table(found, subject))
    else:
        print(equal_error_text(found))
        complain(equal_error_note(found))


def plot(
    folder: Folder,
    figure: Annotated[
        str | None,
        typer.Argument(
            help="frontier, curves, weights, history, effects, confusion; without a name, all."
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
            help="Instead of RUN/figures: a folder, or of one figure a .png or .svg.",
        ),
    ] = None,
) -> None:
    """The figures of a run, as PNG and SVG."""
    from ablate import report

    given = {"cost": cost, "variant": variant, "rescale": rescale, "reference": reference}
    options = {name: value for name, value in given.items() if value is not None}
    for _, files in report.plot(folder, figure, out=out, **options):
        print(*files, sep="\n")


def export(
    folder: Folder,
    which: Annotated[
        str, typer.Argument(metavar="WHICH", help="best, knee, a variant, trial-N, or a key.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder to make; else exports/<run>-<which>.")
    ] = None,
    where: Where = None,
    onnx: Annotated[bool, typer.Option("--onnx", help="An ONNX file too, checked.")] = False,
) -> None:
    """A trained network as a folder: architecture, weights, card; checked by loading it back."""
    from ablate.export import export as write_export
    from ablate.export import taken

    # Not on standard output: a script reads the folder there.
    complain(taken(folder, which, where=where or []))
    print(write_export(folder, which, out, where=where or [], onnx=onnx))

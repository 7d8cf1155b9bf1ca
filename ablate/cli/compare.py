"""`ablate compare`: a run's answer as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ablate.cli.console import complain, console, is_watched
from ablate.cli.options import DataRoot, Folder, Json
from ablate.errors import UsageError


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
    from ablate import analysis
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
    comparison = analysis.comparison(analysis.trained(folder), everything, published)
    if as_json:
        print(comparison.rows.to_json(orient="records", indent=1))
    elif is_watched():
        out = console()
        out.print(compare_table(comparison, width=out.width))
    else:
        print(compare_text(comparison))
        complain(compare_note(comparison))


def _print_classes(folder: Path, data: Path | None, as_json: bool) -> None:
    from ablate import analysis
    from ablate.records import Answers
    from ablate.report import classes_table, classes_text

    results = analysis.trained(folder)
    by_class = analysis.class_errors(results, Answers(folder, data))
    if as_json:
        print(by_class.to_json(orient="records", indent=1))
    elif is_watched():
        of = f"{results.head.subject} {analysis.split_of(results.cells)}"
        title = f"{of} error (%) by class, mean over seeds"
        console().print(classes_table(by_class, title))
    else:
        print(classes_text(by_class))


def _print_equal_error(folder: Path, cost: str, as_json: bool) -> None:
    from ablate import analysis
    from ablate.report import equal_error_note, equal_error_table, equal_error_text

    ratios = analysis.costs_at_equal_error(analysis.trained(folder), cost)
    if as_json:
        print(ratios.rows.to_json(orient="records", indent=1))
    elif is_watched():
        console().print(equal_error_table(ratios))
    else:
        print(equal_error_text(ratios))
        complain(equal_error_note(ratios))

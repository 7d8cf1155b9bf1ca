"""`ablate compare`: a run's answer as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ablate.cli.console import complain, console, is_watched, print_json
from ablate.cli.options import DataRoot, Folder, Json
from ablate.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from ablate.claims import Comparison
    from ablate.tables import ShownByClass, ShownEffects


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
    effects: Annotated[
        bool,
        typer.Option(
            "--effects", help="Instead: what each level does on average, and two-way tables."
        ),
    ] = False,
    classes: Annotated[
        bool, typer.Option("--classes", help="Instead: errors and differences by class.")
    ] = False,
    over: Annotated[
        str,
        typer.Option(metavar="seeds|images", help="Intervals are over seeds, or images as well."),
    ] = "seeds",
    data: DataRoot = None,
    cost: Annotated[
        str | None,
        typer.Option(help="What is equal, or the ratio of: params (as it comes), macs, ..."),
    ] = None,
    as_json: Json = False,
) -> None:
    """The study's answer: variants at equal cost, a row per point, and a sentence."""
    import ablate
    from ablate import analysis, claims

    if effects:
        if any((classes, everything, published, at_equal_error, cost, over != "seeds")):
            raise UsageError("--effects: is a table of its own, without other options")
        return _print_effects(ablate.effects(folder), as_json)
    if classes:
        if everything or published or at_equal_error:
            raise UsageError(
                "--classes: is a table of its own, without --all, --published or --equal-error"
            )
        found_by_class = ablate.by_class(folder, cost=cost or "", over=over, data=data)
        return _print_classes(found_by_class, as_json)
    if at_equal_error:
        if everything or published:
            raise UsageError("--equal-error: is a table of its own, without --all or --published")
        results = analysis.trained(folder)
        outcomes = claims.drawn(folder, results, over, data)
        compared = claims.at_equal_error(results, cost or "params", outcomes)
        return _print_equal_error(compared, as_json)
    options = {"everything": everything, "published": published}
    found = ablate.compare(folder, **options, cost=cost or "", over=over, data=data)
    return _print(found, as_json)


def _print(compared: Comparison, as_json: bool) -> None:
    from ablate.tables import compare_note, compare_text, comparison_document

    if as_json:
        print_json(comparison_document(compared))
    elif is_watched():
        print_comparison(console(), compared)
    else:
        print(compare_text(compared))
        complain(compare_note(compared))
        print_answer(console(), compared)


def print_comparison(out: Console, compared: Comparison) -> None:
    """For people."""
    from ablate.tables import compare_tables

    for table in compare_tables(compared, width=out.width):
        out.print(table)
    print_answer(out, compared)


def print_answer(out: Console, compared: Comparison) -> None:
    """The question and what the comparison answers; nothing where nothing can be compared."""
    from ablate.tables import answer_lines

    for number, line in enumerate(answer_lines(compared)):
        if not number:
            out.print()
        out.print(line)


def _print_effects(found: ShownEffects, as_json: bool) -> None:
    from ablate.tables import effects_note, effects_text

    if as_json:
        print_json(found.document())
    elif is_watched():
        for sheet in found.parts():
            console().print(sheet.fitted(console().width))
    else:
        print(effects_text(found, found.title, with_pairs=True))
        complain(effects_note(found, found.images))


def _print_classes(found: ShownByClass, as_json: bool) -> None:
    from ablate.tables import classes_note, classes_tables, classes_text

    if as_json:
        print_json(found.document())
    elif is_watched():
        for table in classes_tables(found, console().width):
            console().print(table)
    else:
        print(classes_text(found))
        complain(classes_note(found))


def _print_equal_error(ratios: Comparison, as_json: bool) -> None:
    from ablate.tables import (
        comparison_document,
        equal_error_note,
        equal_error_table,
        equal_error_text,
    )

    if as_json:
        print_json(comparison_document(ratios))
    elif is_watched():
        console().print(equal_error_table(ratios))
    else:
        print(equal_error_text(ratios))
        complain(equal_error_note(ratios))

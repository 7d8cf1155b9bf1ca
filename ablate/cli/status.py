"""`ablate status`: how far a run is, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from ablate.cli.console import add_row, complain, console, new_table, print_json
from ablate.cli.options import Folder, Json
from ablate.cli.summary import print_reasons, summary_document
from ablate.text import duration

if TYPE_CHECKING:
    from ablate.claims import MoreSeeds
    from ablate.records import Summary


MoreSeedsToo = Annotated[
    bool, typer.Option("--more-seeds", help="What more seeds would settle, and what they cost.")
]


def status(folder: Folder, more_seeds: MoreSeedsToo = False, as_json: Json = False) -> None:
    """How many cells are in which state, why each failure failed, and the time left."""
    from ablate.cells import added_seeds_note, data_notes, images_note
    from ablate.ledger import looks
    from ablate.records import rows, search_line, seconds_left, snapshot, summary

    run = snapshot(folder)
    standing, cells = summary(run), rows(run)
    note, notes_on_data = images_note(cells), data_notes(cells)
    left, so_far = seconds_left(run), looks(run.folder, {row["data_sha256"] for row in cells})
    found = _more_seeds(folder) if more_seeds else None
    if as_json:
        more = {
            "seconds_left": left,
            **so_far.document(),
            "images_note": note,
            "data_notes": notes_on_data,
            "extensions": run.head["extensions"],
            **({"more_seeds": found.document()} if found else {}),
        }
        print_json({**summary_document(standing), **more})
        return
    out = console()
    out.print(_status_table(standing))
    if standing.search:
        out.print(search_line(standing.search, standing.total))
    print_reasons(standing)
    if note:
        complain(note)
    for text in notes_on_data:
        complain(f"images: {text}")
    if added := added_seeds_note(run.head["extensions"]):
        out.print(added)
    if left:
        out.print(f"about {duration(left)} of training left, one cell at a time")
    if so_far:
        out.print(so_far.sentence)
    if found:
        from ablate.tables import more_seeds_sentence, more_seeds_table

        out.print(more_seeds_sentence(found))
        if len(found.table):
            out.print(more_seeds_table(found))


def _more_seeds(folder: Path) -> MoreSeeds:
    from ablate import analysis, claims

    return claims.more_seeds(analysis.trained(folder))


def _status_table(summary: Summary) -> Table:
    """A row per state."""
    table = new_table("state", "cells")
    for state, number in summary.states.items():
        add_row(table, state, str(number))
    return table

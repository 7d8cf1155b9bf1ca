"""`ablate status`: how far a run is, and what is wrong with it."""

from __future__ import annotations

from typing import Annotated

import typer

from ablate.cli.console import complain, console, print_json
from ablate.cli.options import Folder, Json
from ablate.text import new_table

MoreSeedsToo = Annotated[
    bool, typer.Option("--more-seeds", help="What more seeds would settle, and what they cost.")
]


def status(folder: Folder, more_seeds: MoreSeedsToo = False, as_json: Json = False) -> None:
    """How many cells are in which state, why each failure failed, and the time left."""
    import ablate
    from ablate.records import search_line

    found = ablate.status(folder, more_seeds=more_seeds)
    if as_json:
        print_json(found.document())
        return
    out, standing = console(), found.summary
    out.print(new_table(found.sheet.lines, "", words=found.sheet.words))
    if standing.search:
        out.print(search_line(standing.search, standing.total))
    for line in (*found.reasons, *found.notes):
        complain(line)
    for part in found.rest():
        out.print(part if isinstance(part, str) else new_table(part.lines, part.title, part.note))

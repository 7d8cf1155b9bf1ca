"""`ablate db`: the record of a run, its database."""

from __future__ import annotations

from typing import Any

import typer

from ablate.cli.console import complain, print_json
from ablate.cli.options import DataRoot, Folder, Json

db = typer.Typer(help="The record of a run, its database.", no_args_is_help=True)


@db.callback()
def _record() -> None:
    """Keeps `rebuild` a verb of its own, as the only one it would be `ablate db RUN`."""


@db.command()
def rebuild(folder: Folder, data: DataRoot = None, as_json: Json = False) -> None:
    """Make the record of a run anew, and its plan if need be, from what is finished."""
    from ablate.engine import rebuild as rebuild_record

    rebuilt = rebuild_record(folder, data=data)
    for key, reason in rebuilt.left_out.items():
        complain(f"cells/{key}: {reason}")
    if as_json:
        document: dict[str, Any] = {
            "done": rebuilt.done,
            "undone": rebuilt.undone,
            "left_out": rebuilt.left_out,
            "kept": [*rebuilt.kept],
        }
        print_json(document)
        return
    for path in rebuilt.kept:
        print(f"what was there before: {path}")
    print(f"{folder}: {rebuilt.done} cells done, {rebuilt.undone} for the next run of its study")

"""`ablate db`, `dashboard`: the record of a run, its database."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ablate.cli.console import complain, console, print_json
from ablate.cli.exits import interrupt
from ablate.cli.options import DataRoot, Folder, Json
from ablate.machine import hearing_stops

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


def dashboard(
    folder: Folder,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="0: any that is free.")
    ] = 8080,
    host: Annotated[
        str, typer.Option("--host", help="0.0.0.0 lets other machines look, too.")
    ] = "127.0.0.1",
) -> None:
    """Optuna's dashboard of a run, for a browser, also while it trains; nothing is changed."""
    from ablate.records import open_folder
    from ablate.storage import show_record

    with show_record(open_folder(folder).store, host, port) as served:
        console().print(f"{folder}: {served.address} until Ctrl-C", soft_wrap=True)
        try:
            with hearing_stops(interrupt):
                served.answer()
        except KeyboardInterrupt:
            return

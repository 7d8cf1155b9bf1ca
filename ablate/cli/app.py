"""The command line: its verbs in the order of their help, and its exit codes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Annotated

import typer

from ablate import __version__
from ablate.cli.compare import compare
from ablate.cli.confirm import confirm
from ablate.cli.cost import cost
from ablate.cli.db import dashboard, db
from ablate.cli.exits import exit_code_of
from ablate.cli.export import export
from ablate.cli.launch import launch
from ablate.cli.measure import measure
from ablate.cli.plan import plan
from ablate.cli.plot import plot, report
from ablate.cli.run import run
from ablate.cli.starting import doctor, init, schema
from ablate.cli.status import status

app = typer.Typer(
    name="ablate",
    help="Ablation studies of convolutional networks: a study file in; a comparison with error "
    "bars, efficiency curves and the best network out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; exits with the code of the error tree."""
    with exit_code_of():
        _command(app)(args=list(arguments) if arguments is not None else None, prog_name="ablate")


_command = cache(typer.main.get_command)  # a process may call hundreds, as tests do


def _version(wanted: bool) -> None:
    if wanted:
        print(f"ablate {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print and leave.")
    ] = False,
) -> None:
    """Takes the options that stand before a verb."""


of_runs = (run, status, dashboard, compare, plot, report, measure, confirm, export)
for verb in (init, plan, *of_runs, cost, doctor, schema):
    app.command()(verb)
app.add_typer(launch, name="launch")
app.add_typer(db, name="db")

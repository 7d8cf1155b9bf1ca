"""`ablate cost`: parameters, arithmetic and memory of one architecture."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from ablate.cli.console import console, print_json
from ablate.cli.options import Json
from ablate.text import new_table


def cost(
    architecture: Annotated[
        str, typer.Argument(metavar="ARCH", help="A file, or '{family: densenet, depth: 40}'.")
    ],
    batch_size: Annotated[int, typer.Option(help="Images a step, for the memory.")] = 64,
    as_json: Json = False,
) -> None:
    """Parameters, MACs and activation memory of one architecture, layer by layer."""
    from ablate.networks import load_architecture

    checked = load_architecture(architecture)
    from ablate import cost as count_cost

    priced = count_cost(checked, batch_size=batch_size)
    if as_json:
        print_json({**asdict(priced), "flops": priced.flops})
        return
    out, sheet = console(), priced.sheet
    table = new_table(sheet.lines, "", words=sheet.words)
    table.rows[-2].end_section = True  # the last is the sum
    out.print(table)
    out.print(priced.total)

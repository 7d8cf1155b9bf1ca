"""Verbs about a network or a file alone: cost, schema."""

from __future__ import annotations

from typing import Annotated

import typer

from ablate.cli.console import console, print_json
from ablate.cli.options import Json


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
    from dataclasses import asdict

    from ablate import cost as count_cost
    from ablate.cli.tables import cost_table
    from ablate.text import count, size

    found = count_cost(checked, batch_size=batch_size)
    if as_json:
        print_json({**asdict(found), "flops": found.flops})
        return
    out = console()
    out.print(cost_table(found))
    out.print(
        f"{found.params:,} parameters; {count(found.macs)} MACs, {count(found.flops)} FLOPs an "
        f"image; a step of {batch_size} images saves {size(found.saved_bytes)} for backward and "
        f"needs {size(found.peak_bytes)}"
    )


def schema() -> None:
    """The JSON Schema of study files, for editors."""
    from ablate.study import study_schema

    print_json(study_schema())

"""`ablate cost`: parameters, arithmetic and memory of one architecture."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from ablate.cli.console import add_row, console, new_table, print_json
from ablate.cli.options import Json
from ablate.text import count, size

if TYPE_CHECKING:
    from ablate.costs import Cost


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
    out = console()
    out.print(_cost_table(priced))
    out.print(
        f"{priced.params:,} parameters; {count(priced.macs)} MACs, {count(priced.flops)} FLOPs an "
        f"image; a step of {batch_size} images saves {size(priced.saved_bytes)} for backward and "
        f"needs {size(priced.peak_bytes)}"
    )


def _cost_table(cost: Cost) -> Table:
    """A row per layer that has parameters, arithmetic or memory, and the sum."""
    table = new_table("layer", "kind", "output", "params", "MACs", "saved")
    for layer in cost.layers:
        if layer.params or layer.macs or layer.saved_bytes:
            shape = " x ".join(map(str, layer.shape))
            numbers = [f"{layer.params:,}", f"{layer.macs:,}", size(layer.saved_bytes)]
            add_row(table, layer.name, layer.kind, shape, *numbers)
    table.add_section()
    add_row(table, "all", "", "", f"{cost.params:,}", f"{cost.macs:,}", size(cost.saved_bytes))
    return table

"""The tables of `plan`, `status` and `cost`."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Literal

from rich import box
from rich.table import Table
from rich.text import Text

from ablate.text import count, duration, size

if TYPE_CHECKING:
    from ablate.costs import Cost
    from ablate.records import Plan, Summary

# Heads of columns that hold words and stand left.
WORDS = {"variant", "state", "layer", "kind", "output", "knob", "range", "when"}


def plan_table(plan: Plan) -> Table:
    """A row per variant and sweep point, as its seeds cost the same.

    With a match also the settings that were solved, and how far from the target they end.
    """
    keys, solved = plan.study.sweep_keys, plan.study.matched_keys
    heads = [*keys, *solved, *(["off by"] if solved else [])]
    table = new_table("variant", *heads, "seeds", "params", "MACs", "memory", "time a cell")
    seeds = len(plan.study.file.seeds)
    for cell in plan.cells[::seeds]:
        swept = [_value(cell.sweep[key]) if key in cell.sweep else "" for key in keys]
        if solved:
            swept += [str(cell.matched["knobs"].get(key, "")) for key in solved]
            swept.append(f"{cell.matched['deviation']:+.1%}")
        numbers = [str(seeds), count(cell.params), count(cell.macs), size(cell.peak_bytes)]
        add_row(table, cell.variant, *swept, *numbers, duration(cell.predicted_seconds))
    return table


def _value(value: Any) -> str:
    return "none" if value is None else str(value)


def plan_total(plan: Plan, jobs: int, devices: str) -> str:
    """The line below the table."""
    total = f"{len(plan.keys)} cells"
    if plan.is_open:
        total += f" in the first round, at most {plan.most_cells} in all"
    if len(plan.keys) != len(plan.cells):
        total += f" ({len(plan.cells)} with repeats)"
    if (seconds := plan.predicted_seconds) is None:
        return total
    alone, together = duration(seconds), duration(seconds / jobs)
    return f"{total}, about {alone} of training; {together} with {jobs} at a time on {devices}"


def status_table(summary: Summary) -> Table:
    """A row per state."""
    table = new_table("state", "cells")
    for state, number in summary.states.items():
        add_row(table, state, str(number))
    return table


def cost_table(cost: Cost) -> Table:
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


def new_table(*heads: str, words: Collection[str] = WORDS) -> Table:
    """An empty table; columns of `words` stand left, of numbers right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in heads:
        justify: Literal["left", "right"] = "left" if head in words else "right"
        table.add_column(head.replace("_", " "), justify=justify)
    return table


def add_row(table: Table, *cells: str) -> None:
    """Add a row of plain texts."""
    # As Text, since a name in brackets would be read as markup.
    table.add_row(*map(Text, cells))

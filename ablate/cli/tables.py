"""The tables of `plan`, `status` and `cost`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

from ablate.report import count, duration, size

if TYPE_CHECKING:
    from ablate.bench import Findings
    from ablate.costs import Cost
    from ablate.search import Plan, Summary

# Heads of columns that hold words and stand left.
WORDS = {"variant", "state", "layer", "kind", "output", "knob", "range", "when"}
WORDS |= {"implementation", "pipeline", "run"}


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


def findings_table(found: Findings) -> Table:
    """A column per measured quantity, median and quartiles in one."""
    columns = list(dict.fromkeys(column for row in found.rows for column in row))
    shown = [column for column in columns if not column.endswith(("_q1", "_q3"))]
    table = new_table(*(_head(column) for column in shown))
    for row in found.rows:
        add_row(table, *(_measured(row, column) for column in shown))
    return table


def _head(column: str) -> str:
    """`ratio_saved_torchvision` -> `saved vs torchvision`."""
    rest = column.removeprefix("ratio_")
    if rest == column:
        return column.removesuffix("_bytes").replace("_bytes_", " ").replace("_", " ")
    what, _, of = rest.rpartition("_") if rest.startswith(("saved_", "peak_")) else ("", "", rest)
    return f"{what} vs {of}".strip().replace("_", " ")


def _measured(row: Mapping[str, Any], column: str) -> str:
    """A number with its unit, and the quartiles behind it where there are some."""
    value = row.get(column)
    if value is None or isinstance(value, str):
        return "" if value is None else value
    show = _unit(column)
    if f"{column}_q1" not in row:
        return show(value)
    return f"{show(value)} [{show(row[f'{column}_q1'])}, {show(row[f'{column}_q3'])}]"


def _unit(column: str) -> Callable[[Any], str]:
    if column.startswith("ratio_"):
        return lambda ratio: f"{ratio:.3g}x"
    if "bytes" in column:
        return size
    if column.endswith("seconds"):
        return lambda seconds: f"{seconds * 1000:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"
    return str if column == "depth" else count


def conditions_line(found: Findings) -> str:
    """The line below the table."""
    how = ", ".join(f"{name} {value}" for name, value in found.conditions.items())
    return f"{found.title}: {how}"


def new_table(*heads: str) -> Table:
    """An empty table; columns of words stand left, of numbers right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in heads:
        words = head in WORDS
        table.add_column(head.replace("_", " "), justify="left" if words else "right")
    return table


def add_row(table: Table, *cells: str) -> None:
    """Add a row of plain texts."""
    # As Text, since a name in brackets would be read as markup.
    table.add_row(*map(Text, cells))

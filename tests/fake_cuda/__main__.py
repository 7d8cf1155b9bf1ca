"""`python -m tests.fake_cuda [NAME...]`: the table of cells; of those named, every operator too."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from tests.fake_cuda.cells import CELLS, PAPER
from tests.fake_cuda.pretence import why_not
from tests.fake_cuda.process import traces

COLUMNS = ("cell", "launches", "below 1 MiB", "GB", "evaluation: launches", "GB")


def main(names: list[str]) -> None:
    if why := why_not():
        sys.exit(f"steps cannot be traced here: {why}")
    if unknown := {*names} - {*CELLS, *PAPER}:
        sys.exit(
            f"no such cells: {', '.join(sorted(unknown))}; there are {', '.join(CELLS | PAPER)}"
        )
    with TemporaryDirectory() as folder:
        found = traces(names or [*PAPER, *CELLS], Path(folder))
    print(f"Counted on fake tensors, not measured: torch {torch.__version__}, {date.today()}.\n")
    _print_table(COLUMNS, {name: _row(trace) for name, trace in found.items()})
    for name in names:
        rows: dict[str, tuple[str, ...]] = {
            operator: (f"{count:,}", f"{size / 1e9:.3f}")
            for operator, (count, size) in found[name]["operators"].items()
        }
        print()
        _print_table((name, "launches", "GB"), rows)


def _row(trace: dict[str, Any]) -> tuple[str, ...]:
    return (
        f"{trace['launches']:,}",
        f"{trace['small']:,}",
        f"{trace['bytes'] / 1e9:.2f}",
        f"{trace['evaluation_launches']:,}",
        f"{trace['evaluation_bytes'] / 1e9:.2f}",
    )


def _print_table(columns: tuple[str, ...], rows: dict[str, tuple[str, ...]]) -> None:
    """As Markdown."""
    print(f"| {' | '.join(columns)} |\n|---{'|---:' * (len(columns) - 1)}|")
    for name, cells in rows.items():
        print(f"| {name} | {' | '.join(cells)} |")


main(sys.argv[1:])

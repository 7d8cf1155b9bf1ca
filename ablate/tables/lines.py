"""Heads and rows of text, as a table for a terminal and as lines for everything else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.console import JustifyMethod, OverflowMethod

_GAP = 2  # characters that a column takes beside its text
Lines = tuple[list[str], list[list[str]]]  # heads, rows


def new_table(
    lines: Lines,
    title: str,
    caption: str = "",
    words: Sequence[str] = (),
    overflow: OverflowMethod = "fold",
    **style: Any,
) -> Table:
    """Heads and rows -> a table for a terminal; the columns of `words` begin at the left."""
    table = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        title=Text(title),
        title_justify="left",
        caption=Text(caption) if caption else None,
        caption_justify="left",
        **style,
    )
    heads, rows = lines
    for head in heads:
        side: JustifyMethod = "left" if head in words else "right"
        table.add_column(Text(head), justify=side, overflow=overflow)
    for row in rows:
        # As Text, since a name or an interval in brackets would be read as markup.
        table.add_row(*map(Text, row))
    return table


def lines_text(lines: Lines) -> str:
    """Heads and rows -> a head line and a line per row, separated by tabs."""
    heads, rows = lines
    return "\n".join("\t".join(line) for line in [heads, *rows])


def fits(lines: Lines, width: int) -> bool:
    """Whether every text has room on one line of so many characters."""
    return sum(letters + _GAP for letters in widths(lines)) <= width


def widths(lines: Lines) -> list[int]:
    """Letters that each column needs for its longest text."""
    heads, rows = lines
    return [max(map(len, column)) for column in zip(*[heads, *rows], strict=True)]

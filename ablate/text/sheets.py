"""Heads and rows of text, as a table for a terminal and for a browser, and as plain lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from ablate.text.human import MISSING, is_missing

if TYPE_CHECKING:
    from rich.console import JustifyMethod, OverflowMethod
    from rich.table import Table

# Columns of words, which begin at the left, and those of them that may go over several lines.
_WORDS = (
    *("variant", "level", "effect of", "with"),
    *("verdict", "depends on", "missing", "not compared, as"),
)
_FOLDED = ("depends on",)
_GAP = 2  # characters that a column takes beside its text
Lines = tuple[list[str], list[list[str]]]  # heads, rows


class Said(str):
    """A text of a table that stands for a number, by which its column may be sorted."""

    number: float | None = None  # None: a missing one

    @classmethod
    def of(cls, text: str, number: Any) -> Said:
        said = cls(text)
        said.number = None if is_missing(number) else float(number)
        return said


@dataclass(frozen=True)
class Sheet:
    """A table that has no width yet."""

    lines: Lines
    title: str
    note: str = ""  # what its numbers are
    spare: Sequence[str] = ()  # heads of columns that it can do without, the first to go in front
    words: Sequence[str] = ()  # heads of further columns that begin at the left

    def fitted(self, width: int | None) -> Table:
        """For a terminal of so many characters, see `fitted_table`."""
        heads, rows = self.lines
        return fitted_table((list(heads), [list(row) for row in rows]), self, width)

    @property
    def html(self) -> str:
        """A `<table>` without the note; what is `Said` has its number, by which a script sorts."""
        heads, rows = self.lines
        sides = [_side(head, texts, self) for head, *texts in zip(heads, *rows, strict=True)]
        top = [
            f'<th scope="col"{side}>{escape(head)}</th>'
            for head, side in zip(heads, sides, strict=True)
        ]
        body = [f"<tr>{''.join(map(_cell, row, sides, range(len(row))))}</tr>" for row in rows]
        caption = [f"<caption>{escape(self.title)}</caption>"] if self.title else []
        head = f"<thead><tr>{''.join(top)}</tr></thead>"
        return "\n".join(
            ['<table class="sorts">', *caption, head, "<tbody>", *body, "</tbody>", "</table>"]
        )


def _side(head: str, texts: Sequence[str], sheet: Sheet) -> str:
    """The attribute of a column that holds numbers, which stand right."""
    is_numeric = any(isinstance(text, Said) and text.number is not None for text in texts)
    return ' class="number"' if is_numeric and head not in sheet.words else ""


def _cell(text: str, side: str, column: int) -> str:
    number = text.number if isinstance(text, Said) else None
    sorts = "" if number is None else f' data-number="{number}"'
    tag, scope = ("td", "") if column else ("th", ' scope="row"')
    return f"<{tag}{scope}{side}{sorts}>{escape(text)}</{tag}>"


def new_table(
    lines: Lines,
    title: str,
    caption: str = "",
    words: Sequence[str] = (),
    overflow: OverflowMethod = "fold",
    **style: Any,
) -> Table:
    """Heads and rows -> a table for a terminal; the columns of `words` begin at the left."""
    from rich import box  # here, as workers know of plans and print none
    from rich.table import Table
    from rich.text import Text

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


def fitted_table(lines: Lines, sheet: Sheet, width: int | None) -> Table:
    """Lines of a sheet -> a table with no word broken, if leaving out what is spare does it.

    The caption is the note, but for what it says of columns that were left out, which it names.
    """
    note = sheet.note
    if left_out := _narrow(lines, sheet.spare, width) if width else []:
        said = [part for part in note.split("; ") if part.partition(": ")[0] not in left_out]
        note = "\n".join(
            filter(None, ["; ".join(said), f"left out for want of width: {', '.join(left_out)}"])
        )
    table = new_table(lines, sheet.title, note, (*_WORDS, *sheet.words), collapse_padding=True)
    for column, letters in zip(table.columns, widths(lines), strict=True):
        column.min_width = letters if not width or fits(lines, width) else None
        if width and str(column.header) in _FOLDED:  # it has what the others leave
            column.max_width = letters + max(0, width - _letters(lines))
    return table


def without_empty(heads: list[str], rows: list[list[str]], always: int) -> Lines:
    """Without the columns in which no row has anything, of those behind the first few."""
    blank = {"", MISSING, "baseline", "reference"}
    kept = [i for i in range(len(heads)) if i < always or any(row[i] not in blank for row in rows)]
    return [heads[i] for i in kept], [[row[i] for i in kept] for row in rows]


def _narrow(lines: Lines, spare: Sequence[str], width: int) -> list[str]:
    """Take columns out until a line fits; their heads in table order."""
    heads, rows = lines
    before, gone = list(heads), set[str]()
    for head in spare:
        if fits(lines, width):
            break
        if head in heads:
            i = heads.index(head)
            gone.add(head)
            for line in [heads, *rows]:
                del line[i]
    return [head for head in before if head in gone]


def lines_text(lines: Lines) -> str:
    """Heads and rows -> a head line and a line per row, separated by tabs."""
    heads, rows = lines
    return "\n".join("\t".join(line) for line in [heads, *rows])


def fits(lines: Lines, width: int) -> bool:
    """Whether every text has room on one line of so many characters."""
    return _letters(lines) <= width


def _letters(lines: Lines) -> int:
    """Of a line in which no word is broken."""
    return sum(letters + _GAP for letters in widths(lines))


def widths(lines: Lines) -> list[int]:
    """Letters that each column needs for its longest text, or where it may fold for a word."""
    heads, rows = lines
    columns = zip(*[heads, *rows], strict=True)
    folded = [
        [word for text in column for word in text.split()] if head in _FOLDED else column
        for head, column in zip(heads, columns, strict=True)
    ]
    return [max(map(len, texts)) for texts in folded]

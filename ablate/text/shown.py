"""What a value shows as the last line of a notebook's cell, or at the prompt of IPython."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from io import StringIO
from typing import Any

from ablate.text.sheets import Sheet

WIDTH = 100  # characters of a text where nobody knows how many there is room for
# A notebook's own style has every column at the right.
_STYLE = (
    "<style>.ablate table{font-variant-numeric:tabular-nums}"
    ".ablate caption{text-align:left;font-weight:600}"
    ".ablate th,.ablate td{text-align:left!important;vertical-align:top}"
    ".ablate .number{text-align:right!important}"
    ".ablate .note{font-size:.86em;opacity:.75;max-width:60em}</style>"
)


class Shown:
    """A value with something to show: tables, and lines of text."""

    def parts(self) -> Iterable[Sheet | str]:
        """What it shows, in this order."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        return as_html(self.parts())

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        # IPython prefers a dataclass's own `__repr__` to `_repr_pretty_`, but not to this.
        return {"text/plain": str(self), "text/html": self._repr_html_()}

    def __str__(self) -> str:
        return as_text(self.parts())


def as_html(parts: Iterable[Sheet | str]) -> str:
    """Tables and lines -> HTML for a notebook: every text escaped, no script."""
    blocks = [_block(part) for part in parts]
    return "\n".join([f'<div class="ablate">{_STYLE}', *blocks, "</div>"])


def _block(part: Sheet | str) -> str:
    if isinstance(part, str):
        return f"<p>{escape(part)}</p>"
    note = "<br>".join(map(escape, part.note.splitlines()))
    return part.html + (f'\n<p class="note">{note}</p>' if note else "")


def as_text(parts: Iterable[Sheet | str]) -> str:
    """The same for a terminal, without colours."""
    from rich.console import Console

    console = Console(
        file=StringIO(),
        width=WIDTH,
        force_terminal=False,
        force_jupyter=False,  # there it would show what it prints
        highlight=False,
        markup=False,
        emoji=False,
    )
    for part in parts:
        console.print(part if isinstance(part, str) else part.fitted(WIDTH))
    assert isinstance(console.file, StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().rstrip("\n").splitlines())

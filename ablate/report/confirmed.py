"""A confirmation as a table: the errors of the choice and of the test, never in one column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from ablate.analysis import plain_rows
from ablate.text import count, error_text

if TYPE_CHECKING:
    import pandas as pd

NOTE = (
    "validation: of held-out images in the run, mean over the seeds it was chosen by, too good "
    "where it was chosen for it; test: fresh seeds, trained on all training images; "
    "± is half the 95% t interval over seeds"
)


def confirmed_table(found: pd.DataFrame, subject: str = "") -> Table:
    """`confirmed()` -> a table for a terminal; `subject` names the data, e.g. `C10+`."""
    table = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        title=Text(f"{subject} error (%)".strip()),
        title_justify="left",
        caption=Text(NOTE),
        caption_justify="left",
    )
    has_holes = bool(found["states"].ne("").any())
    heads = ["variant", "chosen as", "params", "validation error", "test error", "missing"]
    for head in heads if has_holes else heads[:-1]:
        words = head in ("variant", "chosen as", "missing")
        table.add_column(Text(head), justify="left" if words else "right", overflow="fold")
    for row in plain_rows(found):
        errors = [
            error_text(*(row[f"{split}_{key}"] for key in ("error", "low", "high", "n")))
            for split in ("validation", "test")
        ]
        cells = [row["variant"], row["chosen_as"], count(row["params"]), *errors]
        # As Text, since a name in brackets would be read as markup.
        table.add_row(*map(Text, [*cells, *([row["states"]] if has_holes else [])]))
    return table

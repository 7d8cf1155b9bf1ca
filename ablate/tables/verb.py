"""`compare`: a run folder -> what it says, with its tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ablate.analysis import plain_rows
from ablate.claims import Comparison, compared
from ablate.contrasts import Effects
from ablate.tables.compare import compare_note, compare_sheets
from ablate.text import Sheet, Shown


class Compared(Shown, Comparison):
    """A comparison that shows its tables and its answer."""

    def parts(self) -> Iterator[Sheet | str]:
        """What a notebook shows of it."""
        yield from compare_sheets(self)
        yield from answer_lines(self)

    def document(self) -> dict[str, Any]:
        """A plain map, for programs."""
        return comparison_document(self)


def compare(
    folder: str | Path,
    *,
    everything: bool = False,
    published: bool = False,
    cost: str = "",
    over: str = "seeds",
    data: str | Path | None = None,
) -> Compared:
    """A run folder -> what it says, see `Comparison`; its last line in a notebook is its tables.

    Of a search the rows are its Pareto front over the objectives, or its best cells by the only
    one; with `everything` each of its cells. Of a fixed design all rows are there anyway. With
    `published` also what a paper printed of each row's network, see `analysis.beside_published`.
    `cost` is what variants are made equal in, by default the parameters. `over` is what differences
    have intervals over: `seeds`, on these images, or `images`: seeds and images, for which `data`
    is where those are of cells that kept no predictions.
    """
    found = compared(folder, everything, published, cost, over, data)
    return Compared(**vars(found))


def answer_lines(compared: Comparison) -> list[str]:
    """The question and what the comparison answers; none where nothing can be compared."""
    if not compared.answer:
        return []
    asked = [f"Question: {compared.question}"] if compared.question else []
    return [*asked, f"Answer: {compared.answer}"]


def comparison_document(compared: Comparison) -> dict[str, Any]:
    """For programs."""
    return {
        "question": compared.question,
        "answer": compared.answer,
        "over": compared.over,
        "cost": compared.cost,
        "margin": compared.margin,
        "images": compared.images or None,
        "extensions": list(compared.extensions),
        "effects": effects_document(compared.effects) if compared.effects else None,
        "lines": plain_rows(compared.lines),
        "rows": plain_rows(compared.rows),
        "note": compare_note(compared),
    }


def effects_document(effects: Effects) -> dict[str, Any]:
    """For programs."""
    return {
        "against": effects.against,
        "levels": plain_rows(effects.levels),
        "interactions": plain_rows(effects.interactions),
        "pairs": plain_rows(effects.pairs),
    }

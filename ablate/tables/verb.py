"""`compare` and what it says instead on request: a run folder -> values that show their tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ablate import claims
from ablate.analysis import plain_rows, split_of, trained
from ablate.claims import ByClass, Comparison, compared
from ablate.contrasts import Effects, effects_of
from ablate.tables.compare import compare_note, compare_sheets
from ablate.tables.levels import effects_sheets, pairs_sheets
from ablate.tables.notes import effects_note
from ablate.tables.small import classes_note, classes_sheet
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


@dataclass(frozen=True)
class ShownEffects(Shown, Effects):
    """Effects that show their tables."""

    title: str = ""  # what the error is of, as in `C10+ validation error`
    images: int = 0  # of how many

    def parts(self) -> Iterator[Sheet]:
        """What a notebook shows of it."""
        yield from effects_sheets(self, self.title, self.images)
        yield from pairs_sheets(self, self.title)

    def document(self) -> dict[str, Any]:
        """A plain map, for programs."""
        return effects_document(self) | {"note": effects_note(self, self.images)}


class ShownByClass(Shown, ByClass):
    """Errors by class that show their table."""

    def parts(self) -> Iterator[Sheet]:
        """What a notebook shows of it."""
        yield classes_sheet(self)

    def document(self) -> dict[str, Any]:
        """A plain map, for programs."""
        about = {"baseline": self.baseline, "against": self.against, "over": self.over or None}
        return {**about, "rows": plain_rows(self.table), "note": classes_note(self)}


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


def effects(folder: str | Path) -> ShownEffects:
    """A run folder -> what each level of its factors does on average over the others.

    `.levels`, `.interactions` and `.pairs` are tables; see `contrasts.effects_of` for what is in
    them and for what it raises.
    """
    results = trained(folder)
    title = " ".join(filter(None, [results.head.subject, split_of(results.cells), "error"]))
    found = effects_of(results)
    return ShownEffects(**vars(found), title=title, images=results.head.images)


def by_class(
    folder: str | Path, *, cost: str = "", over: str = "seeds", data: str | Path | None = None
) -> ShownByClass:
    """A run folder -> its errors by class, and what variants differ by there; `.table` has both.

    Options are those of `compare`. Raises UsageError for an unknown one, HolesError where
    predictions are missing or of other images.
    """
    return ShownByClass(**vars(claims.by_class(folder, trained(folder), cost, over, data)))


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

"""`status`: how far a run is, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ablate.cells import added_seeds_note, data_notes, images_note
from ablate.ledger import Looks, looks
from ablate.records import Summary, rows, search_line, seconds_left, snapshot, summary
from ablate.text import Said, Sheet, Shown, duration

if TYPE_CHECKING:
    from ablate.claims import MoreSeeds


@dataclass(frozen=True)
class Status(Shown):
    """How a run stands."""

    summary: Summary
    seconds_left: float | None  # device seconds of training; None where nothing tells
    looks: Looks  # at its test set
    images: str  # what is to be known of the images that errors are of; else empty
    data: Sequence[str]  # the same of the data
    extensions: Sequence[Mapping[str, Any]]  # seeds added after results could be seen
    more_seeds: MoreSeeds | None = None  # what they would settle, if that was asked

    @property
    def sheet(self) -> Sheet:
        """A row per state."""
        rows = [[name, Said.of(str(n), n)] for name, n in self.summary.states.items()]
        return Sheet((["state", "cells"], rows), "", words=("state",))

    @property
    def reasons(self) -> list[str]:
        """A line for every hole, which cell and why; and what lost its files."""
        return reason_lines(self.summary)

    @property
    def notes(self) -> list[str]:
        """What else is to be known of its images."""
        return [*filter(None, [self.images]), *(f"images: {text}" for text in self.data)]

    def rest(self) -> Iterator[Sheet | str]:
        """What is told below notes and reasons."""
        yield from filter(None, [added_seeds_note(self.extensions)])
        if self.seconds_left:
            yield f"about {duration(self.seconds_left)} of training left, one cell at a time"
        yield from filter(None, [self.looks.sentence])
        if self.more_seeds:
            from ablate.tables import more_seeds_sentence, more_seeds_sheet

            yield more_seeds_sentence(self.more_seeds)
            if len(self.more_seeds.table):
                yield more_seeds_sheet(self.more_seeds)

    def parts(self) -> Iterator[Sheet | str]:
        """What a notebook shows of it."""
        yield self.sheet
        if self.summary.search:
            yield search_line(self.summary.search, self.summary.total)
        yield from (*self.reasons, *self.notes)
        yield from self.rest()

    def document(self) -> dict[str, Any]:
        """A plain map, for programs."""
        more = {"more_seeds": self.more_seeds.document()} if self.more_seeds else {}
        return {
            **summary_document(self.summary),
            "seconds_left": self.seconds_left,
            **self.looks.document(),
            "images_note": self.images,
            "data_notes": self.data,
            "extensions": self.extensions,
            **more,
        }


def status(folder: str | Path, *, more_seeds: bool = False) -> Status:
    """A run folder -> how many cells are in which state, why each failure failed, the time left.

    With `more_seeds` also what more seeds would settle, and what they cost. Raises RunFolderError.
    """
    run = snapshot(folder)
    cells = rows(run)
    found = None
    if more_seeds:
        from ablate import analysis, claims  # here, as nothing else of it needs pandas

        found = claims.more_seeds(analysis.trained(folder))
    return Status(
        summary=summary(run),
        seconds_left=seconds_left(run),
        looks=looks(run.folder, {row["data_sha256"] for row in cells}),
        images=images_note(cells),
        data=data_notes(cells),
        extensions=run.head["extensions"],
        more_seeds=found,
    )


def summary_document(summary: Summary) -> dict[str, Any]:
    """A summary as a plain map, for programs."""
    return {
        "folder": summary.folder,
        "states": summary.states,
        "trained": summary.trained,
        "taken_over": summary.taken_over,
        "trained_elsewhere": summary.elsewhere,
        "complete": summary.is_complete,
        "reasons": summary.reasons,
        "lost": summary.lost,
        **({"search": asdict(summary.search)} if summary.search else {}),
    }


def reason_lines(summary: Summary) -> list[str]:
    """A line for every hole: which cell, and why; and what lost its files."""
    lines = [f"{label}: {reason}" for label, reason in summary.reasons.items()]
    if cells := len(summary.lost):
        have, them = (
            ("cell has lost its", "it") if cells == 1 else ("cells have lost their", "them")
        )
        lines.append(f"{cells} {have} files: the next `ablate run` trains {them} again")
    return lines

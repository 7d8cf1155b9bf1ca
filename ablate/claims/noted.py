"""What stands below every comparison of a run, whatever it compares."""

from __future__ import annotations

from pathlib import Path

from ablate.analysis import Results, plain_rows, split_of
from ablate.cells import added_seeds_note, data_notes, images_note


def study_notes(results: Results) -> tuple[str, ...]:
    """What the images are, and that seeds were added when results could be seen."""
    plain = plain_rows(results.cells)
    notes = [images_note(plain), *(f"images: {note}" for note in data_notes(plain))]
    if added := added_seeds_note(results.head.extensions):
        than = "intervals do not allow for that, so that more claims are false than they say"
        notes.append(f"{added}; {than}")
    return tuple(filter(None, notes))


def looks_so_far(folder: str | Path, results: Results) -> tuple[str, ...]:
    """A run folder and its results -> how often the test set was looked at, if they are of it."""
    if "test" not in split_of(results.cells):
        return ()
    from ablate.ledger import looks  # here: figures need no record's libraries

    return (looks(folder, results.cells["data_sha256"].dropna()).sentence,)

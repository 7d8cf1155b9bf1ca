"""Whether the cells of a run are of the same images, and what is said of these."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

OF_ANOTHER_CELL = "its result is of another cell"  # why it does not count, as results() says it


def images_note(rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows of a run's cells -> what keeps these from being compared: other images. Else empty.

    Those that an earlier version trained on images that had changed do not count. A dataset that is
    known by its name may be another copy later, an approximation, say: that its cells do not go
    together can only be told.
    """
    rows, notes = list(rows), []
    foreign = sum((row["reason"] or "").startswith(OF_ANOTHER_CELL) for row in rows)
    if foreign:
        notes.append(f"{foreign} cells do not count: their images had changed when they trained")
    hashes = (row["data_sha256"] for row in rows if row["state"] == "done")
    copies = Counter(sha256 for sha256 in hashes if sha256)
    if len(copies) > 1:
        parts = " and ".join(f"{count} of content {digest}" for digest, count in copies.items())
        notes.append(f"cells of different copies of the images ({parts}) do not compare")
    return "; ".join(notes)


def data_notes(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """What the done cells say of their images, each note once."""
    notes = (row["data_note"] for row in rows if row["state"] == "done")
    return list(dict.fromkeys(note for note in notes if note))

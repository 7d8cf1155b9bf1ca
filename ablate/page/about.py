"""What a run cost and what it was made with, as pairs of a name and a text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from ablate.analysis import Results, plain_rows
from ablate.cells import PlannedCell, added_seeds_note, data_notes, images_note
from ablate.text import duration, is_missing, show

_MOST = 4  # values that a line lists
Pairs = list[tuple[str, str]]


def number(n: int, what: str) -> str:
    """`1 cell`, `1,200 cells`."""
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def spent(cells: pd.DataFrame) -> Pairs:
    """Cells -> how long they trained, on what, and how often they were begun.

    What was spent on cells that ended early counts as well; a cell that two variants share is one.
    """
    own = cells.drop_duplicates("key")
    own = own[own["key"].notna()]
    seconds = own["train_seconds"].dropna()
    if seconds.empty:
        return [("training", "none yet")]
    told = f"{duration(seconds.sum())} of {number(len(seconds), 'cell')}"
    if len(seconds) > 1:
        told += f", each {duration(seconds.median())} [{duration(seconds.min())}, "
        told += f"{duration(seconds.max())}] (median, range)"
    pairs = [("training", told), ("on", listed(own["device"]))]
    begun = int(own["attempts"].sum())
    if begun > len(own[own["attempts"] > 0]):
        pairs.append(("attempts", f"{begun} at {number(int((own['attempts'] > 0).sum()), 'cell')}"))
    shared = own["shared_by"].max()
    if not is_missing(shared) and shared > 1:
        pairs.append(
            ("side by side", f"up to {shared} cells on a device, each slower than it is alone")
        )
    return pairs


def recipe_and_data(planned: Sequence[PlannedCell], results: Results) -> Pairs:
    """What all cells have in common, and the values of what they do not; then the environment."""
    cells, head = results.cells, results.head
    done = cells[cells["state"].eq("done").fillna(False).astype(bool)]
    pairs = [("recipe", _common(planned, "recipe")), ("data", _common(planned, "data"))]
    if head.images:
        splits = listed(cells["split"])
        pairs.append(("errors are of", f"{number(head.images, 'image')}, {splits}".rstrip(", ")))
    pairs += [
        ("seeds", listed(cells["seed"])),
        ("content of the images", listed(done["data_sha256"])),
        ("split", listed(done["split_sha256"])),
        ("device", listed(done["device"])),
        ("torch", listed(done["torch"])),
        ("ablate", listed(done["ablate"])),
    ]
    plain = plain_rows(cells)
    notes = [images_note(plain), *data_notes(plain), added_seeds_note(head.extensions)]
    return [(name, text) for name, text in (*pairs, *(("note", note) for note in notes)) if text]


def listed(values: Iterable[Any]) -> str:
    """Each value once, of many the first and how many there are."""
    texts = list(dict.fromkeys(str(value) for value in values if not is_missing(value)))
    texts = [text for text in texts if text]
    if len(texts) <= _MOST:
        return ", ".join(texts)
    return f"{', '.join(texts[: _MOST - 1])}, ... ({len(texts)} values)"


def _common(planned: Sequence[PlannedCell], part: str) -> str:
    """A part of the cells' documents: `epochs 40, lr 0.1, 0.2`."""
    documents: list[Mapping[str, Any]] = [cell.cell.get(part, {}) for cell in planned]
    keys = dict.fromkeys(key for document in documents for key in document)
    told = []
    for key in keys:
        values = [_value(document[key]) for document in documents if key in document]
        told.append(f"{key.replace('_', ' ')} {listed(values)}")
    return "; ".join(told)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, list | dict) else show(value)

"""What more seeds would settle -> a table for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ablate.analysis import plain_rows
from ablate.text import MISSING, Sheet, duration, points_text, without_empty

if TYPE_CHECKING:
    from ablate.claims import MoreSeeds


def more_seeds_sheet(found: MoreSeeds) -> Sheet:
    """A row per number of seeds."""
    heads = ["seeds", "finds", "tells a tie within", "cells to train", "training"]
    rows = [
        [
            str(row["seeds"]),
            *(MISSING if row[of] is None else f"{row[of]:.2f}" for of in ("difference", "tie")),
            str(row["cells"]),
            duration(row["seconds"]),
        ]
        for row in plain_rows(found.table)
    ]
    return Sheet(without_empty(heads, rows, 1), "more seeds", _note(found))


def more_seeds_sentence(found: MoreSeeds) -> str:
    """What is undecided, and what would decide it."""
    if not found.comparisons:
        return "Nothing is compared here, whatever the seeds; `compare` says why."
    if not found.undecided:
        return "No comparison is undecided, so that more seeds would settle nothing."
    sentence = f"Undecided against {found.against}: {', '.join(found.undecided)}."
    if not found.margin or not (found.wanted or found.deviation):
        return sentence
    seeds = f"{found.wanted} seeds" if found.wanted else "Not even 1,000 seeds"
    return f"{sentence} {seeds} each decide it to within {points_text(found.margin)}."


def _note(found: MoreSeeds) -> str:
    parts = ["training: of the cells that `seeds:` adds, one at a time"]
    if found.deviation is not None:
        parts.insert(
            0,
            f"finds: the least difference, in points, found with {found.power:.0%} power, and "
            "tells a tie within: the least margin for that, where a cell's error deviates by "
            f"{found.deviation:.2f} points over seeds",
        )
    return (
        f"{'; '.join(parts)}. Fix a number, set it as `seeds:` and run the study again; seeds that "
        "are added one by one until something is claimed claim too much"
    )

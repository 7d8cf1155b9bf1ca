"""Whether the cells of a table are of the same images."""

from __future__ import annotations

import pandas as pd

from ablate.analysis.points import is_done
from ablate.cells import OF_ANOTHER_CELL


def images_note(table: pd.DataFrame) -> str:
    """What keeps cells of `frame()` from being compared: their images differ. Else empty.

    Those that an earlier version trained on images that had changed do not count. A dataset that is
    known by its name may be another copy later, an approximation, say: that its cells do not go
    together can only be told.
    """
    notes = []
    foreign = int(table["reason"].str.startswith(OF_ANOTHER_CELL).sum())
    if foreign:
        notes.append(f"{foreign} cells do not count: their images had changed when they trained")
    copies = table.loc[is_done(table), "data_sha256"].value_counts(sort=False)
    if len(copies) > 1:
        parts = " and ".join(f"{count} of content {digest}" for digest, count in copies.items())
        notes.append(f"cells of different copies of the images ({parts}) do not compare")
    return "; ".join(notes)

"""Single networks against each other, where one seed is all there is of each design."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ablate.analysis import tabled
from ablate.cells import OF_NETWORKS
from ablate.contrasts.judging import Contrast
from ablate.contrasts.measured import Measured
from ablate.statistics import holm, mcnemar


def with_networks(
    rows: pd.DataFrame, measured: Measured, pairs: Sequence[Contrast | None]
) -> pd.DataFrame:
    """A row per point, and the pair that it is of -> the same with the columns of `OF_NETWORKS`.

    How many images only the network of this row gets wrong, and only that of the other point, and
    McNemar's exact p, by Holm's method for all pairs. Of pairs of points with one cell each.
    """
    found: list[dict[str, Any]] = [{} for _ in pairs]
    for row, pair in zip(found, pairs, strict=True):
        if pair and measured.outcomes is not None:
            here, there = (
                np.flatnonzero(measured.points == measured.same.get(point, point)) for point in pair
            )
            if len(here) == len(there) == 1 and here[0] != there[0]:
                ours, theirs = (measured.outcomes[cells[0]] > 0 for cells in (here, there))
                row["wrong_only_here"] = int((ours & ~theirs).sum())
                row["wrong_only_there"] = int((theirs & ~ours).sum())
    compared = [row for row in found if row]
    each = [mcnemar(row["wrong_only_here"], row["wrong_only_there"]) for row in compared]
    for row, p in zip(compared, holm(each), strict=True):
        row["mcnemar_p"] = float(p)
    columns = tabled(found, OF_NETWORKS)
    return pd.concat([rows, columns], axis="columns") if compared else rows

"""Which points no other point dominates."""

from __future__ import annotations

from typing import Any

import numpy as np

Points = np.ndarray[Any, np.dtype[np.float64]]  # (points, objectives), all to be minimised


def undominated(points: Points) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Points -> which of them no other equals in everything and beats in something.

    Equal points are all kept.
    """
    beaten = [
        ((points <= point).all(axis=1) & (points < point).any(axis=1)).any() for point in points
    ]
    return ~np.array(beaten, dtype=bool)

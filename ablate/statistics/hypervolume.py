"""The hypervolume that points dominate: how far a search has come in several objectives at once."""

from __future__ import annotations

import numpy as np

from ablate.statistics.frontier import Points, undominated


def hypervolume(points: Points, reference: Points) -> float:
    """Points and a reference that is worse in everything -> the volume between them, exactly.

    Any number of objectives. A point that is not better than the reference in each adds nothing.
    """
    return sum(gains(points, reference), 0.0)


def gains(points: Points, reference: Points) -> list[float]:
    """What each point adds to the volume of those before it."""
    volumes: list[float] = []
    front = np.empty((0, len(reference)))
    for point in points:
        volumes.append(added(point, front, reference))
        if volumes[-1] > 0:
            front = np.vstack([front[~(point <= front).all(axis=1)], point])
    return volumes


def added(point: Points, others: Points, reference: Points) -> float:
    """The volume that `point` dominates and none of `others` does."""
    if not (point < reference).all():
        return 0.0
    own = float(np.prod(reference - point))
    # What the others take of it is the volume of the others moved into its box (While et al., "A
    # fast way of calculating exact hypervolumes", 2012).
    inside = _front(np.maximum(others, point), reference)
    if not len(inside):
        return own
    if len(reference) == 2:
        return own - _area(inside, reference)
    return max(0.0, own - hypervolume(inside, reference))


def _area(front: Points, reference: Points) -> float:
    """The area under a front of two objectives, sorted by the first."""
    heights = np.concatenate([[reference[1]], front[:-1, 1]]) - front[:, 1]
    return float(((reference[0] - front[:, 0]) * heights).sum())


def _front(points: Points, reference: Points) -> Points:
    """The points within the reference that no other dominates, each once, sorted."""
    kept: Points = np.unique(points[(points < reference).all(axis=1)], axis=0)
    front: Points = kept[undominated(kept)]
    return front

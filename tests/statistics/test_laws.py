"""The law of volumes: that of a union of boxes."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ablate.statistics import hypervolume


@given(
    st.integers(1, 4).flatmap(
        lambda size: st.lists(st.lists(st.integers(0, 9), min_size=size, max_size=size), max_size=6)
    )
)
def test_the_volume_is_that_of_the_union_of_boxes(points: list[list[int]]) -> None:
    """By inclusion and exclusion: exact, and slow."""
    size = len(points[0]) if points else 2
    reference = np.full(size, 8.0)
    volume = 0.0
    for number in range(1, len(points) + 1):
        for some in itertools.combinations(points, number):
            sides = np.clip(reference - np.max(some, axis=0), 0, None)
            volume -= (-1) ** number * float(np.prod(sides))
    found = hypervolume(np.array(points, dtype=float).reshape(len(points), size), reference)
    assert found == volume

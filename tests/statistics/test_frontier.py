"""Fronts and knees of many draws at once."""

import numpy as np

from ablate.statistics import knee_of, knees, undominated
from ablate.statistics.frontier import on_front


def test_fronts_of_many_draws_are_those_of_each() -> None:
    draw = np.random.default_rng(3)
    costs = np.array([3.0, 1.0, 2.0, 2.0, np.nan, 5.0])
    errors = draw.normal(0, 1, (50, 6)) - 0.5 * np.nan_to_num(costs)
    fronts = on_front(costs, errors)
    for front, own in zip(fronts, errors, strict=True):
        known = ~np.isnan(costs)
        expected = np.zeros(6, dtype=bool)
        expected[known] = undominated(np.column_stack([costs, own])[known])
        assert front.tolist() == expected.tolist()
    for knee, front, own in zip(knees(costs, errors), fronts, errors, strict=True):
        at = np.flatnonzero(front)
        assert knee == at[knee_of(costs[at], own[at])]

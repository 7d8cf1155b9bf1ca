"""What is said before cells train."""

from __future__ import annotations

from dataclasses import replace

import pytest

import ablate
from ablate.cli.summary import outlook


@pytest.mark.heavy
def test_a_path_counts_towards_the_most_it_may_come_to() -> None:
    path = ablate.plan(
        ablate.load_study(
            {
                "name": "p",
                "data": {"dataset": "digits"},
                "recipe": {"epochs": 1},
                "design": {
                    "kind": "path",
                    "baseline": {"family": "densenet", "depth": 7, "growth_rate": 2},
                    "changes": {"wide": {"growth_rate": 4}, "deep": {"depth": 10}},
                },
                "seeds": [0, 1],
            }
        )
    )
    assert outlook(path, {"x"}, 1, ["cpu"]) == "a path of at most 8 cells, 1 of them done"
    assert path.most_cells == 8


@pytest.mark.parametrize(
    ("seconds", "left"),
    [
        (0.05, ", about 1.0 s of training left and some seconds to start"),
        (100, ", about 1 min 40 s of training left and some seconds to start"),
        (7200, ", about 2 h 00 min of training left"),
        (None, ""),
    ],
)
@pytest.mark.heavy
def test_what_no_step_takes_is_told_where_it_counts(seconds: float | None, left: str) -> None:
    small = {"family": "densenet", "depth": 7, "growth_rate": 2}
    planned = ablate.plan(
        ablate.load_study({"name": "s", "data": {"dataset": "digits"}, "variants": {"a": small}})
    )
    (cell,) = planned.cells
    planned = replace(planned, cells=(replace(cell, predicted_seconds=seconds),))
    assert outlook(planned, set(), 1, ["cpu"]) == f"1 cells, 0 of them done{left}"

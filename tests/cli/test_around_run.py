"""What a run says before it begins."""

from __future__ import annotations

import ablate
from ablate.cli.around_run import cells_to_come, outlook


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
    assert cells_to_come(path) == 8

"""Tables that depend on what a study has."""

from __future__ import annotations

from typing import Any

import ablate
from ablate.cli.tables import plan_table

DENSE: dict[str, Any] = {"family": "densenet", "stem_channels": 4}


def test_a_plan_of_a_match_shows_what_was_solved_and_how_far_off_it_is() -> None:
    planned = ablate.plan(
        ablate.load_study(
            {
                "name": "s",
                "data": {"dataset": "digits"},
                "recipe": {"epochs": 1},
                "baseline": "A",
                "match": {"params": 1500, "by": "growth_rate", "tolerance": "30%"},
                "variants": {
                    "A": {**DENSE, "depth": 7},
                    "B": {**DENSE, "growth_rate": 4, "match": {"by": "depth"}},
                },
                "seeds": [0, 1],
            }
        )
    )
    table = plan_table(planned)
    columns = {str(column.header): [*map(str, column.cells)] for column in table.columns}
    first, second = planned.cells[0].matched, planned.cells[2].matched
    assert columns["target params"] == ["1500", "1500"]
    assert columns["growth rate"] == [str(first["knobs"]["growth_rate"]), ""]
    assert columns["depth"] == ["", str(second["knobs"]["depth"])]
    assert columns["off by"] == [f"{answer['deviation']:+.1%}" for answer in (first, second)]
    assert [*columns][:5] == ["variant", "target params", "growth rate", "depth", "off by"]

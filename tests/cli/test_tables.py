"""Tables that depend on what a study has."""

from __future__ import annotations

from typing import Any

import pytest

import ablate
from ablate.cli import plan_table
from ablate.cli.plan import plan_total
from ablate.records import Plan

DENSE: dict[str, Any] = {"family": "densenet", "stem_channels": 4}


@pytest.mark.torch
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


def of_design(**design: Any) -> Plan:
    base = {"family": "densenet", "depth": 10, "growth_rate": 2}
    study = {"name": "s", "data": {"dataset": "digits"}, "recipe": {"epochs": 1}, "seeds": [0, 1]}
    return ablate.plan(ablate.load_study({**study, "design": {"baseline": base, **design}}))


@pytest.mark.torch
def test_the_plan_of_a_path_is_its_first_round_and_says_the_most() -> None:
    changes = {"wide": {"growth_rate": 4}, "deep": {"depth": 16}}
    of_path = plan_total(of_design(kind="path", changes=changes), 1, "cpu")
    assert of_path.startswith("6 cells in the first round, at most 8 in all")
    others = plan_total(of_design(kind="one_at_a_time", changes=changes), 1, "cpu")
    assert others.startswith("6 cells") and "round" not in others


@pytest.mark.torch
def test_a_level_of_nothing_has_a_name() -> None:
    factors = {"bottleneck_width": [None, 2], "compression": [1.0, 0.5]}
    table = plan_table(of_design(kind="factorial", factors=factors))
    columns = {str(column.header): [*map(str, column.cells)] for column in table.columns}
    assert columns["bottleneck width"] == ["none", "none", "2", "2"]

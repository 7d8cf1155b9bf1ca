"""Seeds that race: how they are written, and what the planner asks for."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import pytest

from ablate.study import Planner, Standing, Study, study_schema
from tests.study.test_planner import NET, facts, standing

HEAD = {"name": "r", "data": {"dataset": "digits"}, "recipe": {"epochs": 1}}
TWO: dict[str, Any] = {"baseline": "A", "variants": {"A": NET, "B": {**NET, "growth_rate": 4}}}
RACE = {"least": 2, "most": 4}


@pytest.fixture
def planner(study: Callable[..., Study]) -> Planner:
    racing = study(**HEAD, **TWO, seeds=RACE).planner
    assert racing is not None
    return racing


def after(a: int, b: int, still_open: Collection[str] = (), **more: Any) -> Standing:
    """Both variants with so many seeds, and what the last look left open."""
    seeds = {("A", seed): 5.0 for seed in range(a)} | {("B", seed): 5.0 for seed in range(b)}
    return standing(seeds, still_open=lambda: still_open, **more)


def wanted(planner: Planner, seen: Standing) -> list[tuple[str, int]]:
    return [(cell.variant, cell.seed) for cell in planner.next(seen, facts).cells]


def test_the_first_seeds_are_listed(study: Callable[..., Study], planner: Planner) -> None:
    racing = study(**HEAD, **TWO, seeds={**RACE, "until": "decided"})
    assert [cell.seed for cell in racing.cells()] == [0, 1, 0, 1]
    assert planner.most_cells() == 8
    assert racing.file.race == RACE and study(seeds=[3, 4]).file.race == {}


def test_open_points_get_the_next_seed(planner: Planner) -> None:
    assert wanted(planner, after(2, 2, ["A", "B"])) == [("A", 2), ("B", 2)]
    assert wanted(planner, after(3, 2, ["A"])) == [("A", 3)]


def test_it_ends_when_all_is_decided_or_the_seeds_are_spent(planner: Planner) -> None:
    assert wanted(planner, after(2, 2)) == []
    assert wanted(planner, after(4, 4, ["A", "B"])) == []
    assert planner.at_once(after(4, 4), 0) == 0


def test_it_waits_for_what_is_in_work(planner: Planner) -> None:
    assert wanted(planner, after(2, 2, ["A", "B"], have_ended=False)) == []


def test_what_is_listed_stays_listed(planner: Planner) -> None:
    cells = planner.so_far(after(4, 3), facts())
    assert [(c.variant, c.seed) for c in cells if c.seed > 1] == [("A", 2), ("A", 3), ("B", 2)]


@pytest.mark.parametrize(
    ("seeds", "message"),
    [
        ({"least": 3}, "seeds.most: required key is missing"),
        ({"least": 3, "most": 3}, "seeds.most: must be > least, which is 3, got 3"),
        ({"least": 1, "most": 3}, "seeds.least: must be >= 2, got 1"),
        ({"most": 1_000}, "seeds.most: must be <= 100, got 1000"),
        ({"most": 5, "until": "found"}, "seeds.until: must be one of decided, got 'found'"),
        ({"most": 5, "seeds": 2}, "seeds.seeds: unknown key `seeds`; valid: least, most, until"),
    ],
)
def test_faults(messages: Callable[..., list[str]], seeds: Any, message: str) -> None:
    assert messages(seeds=seeds) == [message]


def test_who_has_lists_only(messages: Callable[..., list[str]]) -> None:
    path = {"kind": "path", "baseline": NET, "changes": {"a": {"growth_rate": 4}}}
    told = "seeds: must be a list with kind: path, which needs equal seeds of its points"
    assert told in messages(seeds=RACE, design=path)
    told = "seeds: must be one seed in a search, got {least: 2, most: 4}"
    space = {"family": "densenet", "depth": [10, 22]}
    assert told in messages(seeds=RACE, space=space, budget={"trials": 2})
    found = messages(seeds=RACE, match={"params": "baseline", "by": "growth_rate"})
    assert found == ["seeds: must be a list with a `match`"]


def test_no_race_looks_at_the_test_set(messages: Callable[..., list[str]]) -> None:
    data = {"dataset": "cifar10", "evaluate": "test"}
    told = "must be validation: seeds that race look at their errors again and again"
    assert messages(seeds=RACE, data=data) == [f"data.evaluate: {told}"]


def test_more_seeds_extend_a_run(study: Callable[..., Study]) -> None:
    race, some = study(seeds=RACE), study(seeds=[0, 1])
    assert race.extends(some) and not some.extends(race)
    assert study(seeds={"least": 2, "most": 9}).extends(race)


def test_editors_know_both_forms() -> None:
    schema = study_schema()
    listed, raced = schema["else"]["properties"]["seeds"]["anyOf"]
    assert listed["type"] == "array" and listed["items"]["type"] == "integer"
    fields = schema["$defs"][raced["$ref"].rpartition("/")[2]]
    assert fields["required"] == ["most"] and set(fields["properties"]) == {
        "least",
        "most",
        "until",
    }
    assert all(field["description"] for field in fields["properties"].values())

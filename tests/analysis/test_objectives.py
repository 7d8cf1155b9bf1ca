"""What searches optimise; and that what was written for fixed designs takes their tables."""

import pytest

from ablate.analysis import (
    conditions,
    cost_of,
    frontier_data,
    holes_text,
    is_search,
    objectives_of,
    points,
    stopped_data,
)
from ablate.analysis.choose import best, knee
from ablate.analysis.compare import means
from tests.made_up_search import search


def test_a_search_says_what_it_optimises(rows) -> None:
    assert is_search(search(2)) and not is_search(rows(("A", 0, 1.0)))
    assert objectives_of(search(2)) == {"error": "minimize", "params": "minimize"}
    assert objectives_of(rows(("A", 0, 1.0))) == {}


@pytest.mark.parametrize(
    ("objectives", "expected"), [(["error", "macs", "params"], "macs"), (["error"], "params")]
)
def test_the_cost_of_a_search_is_its_first_cost_objective(objectives, expected) -> None:
    table = search(2, dict.fromkeys(objectives, "minimize"))
    assert cost_of(table) == expected
    assert cost_of(table, "flops") == "flops"


def test_every_cell_is_a_point() -> None:
    table = search()
    assert len(points(table)) == len(means(table)) == len(table)
    done = table[table["state"] == "done"]
    assert best(table).error == done["error"].min()
    assert knee(table).keys[0] in set(done["key"])
    assert holes_text(table) == "17 pruned, 16 infeasible"
    assert conditions(table) == "40 epochs, NVIDIA H100, torch 2.11.0"


def test_the_frontier_is_of_done_cells() -> None:
    table = search()
    data = frontier_data(table)
    assert data["error"].notna().sum() == 67
    front = data[data["on_front"]].sort_values("cost")
    assert front["error"].is_monotonic_decreasing and len(front) == 12


def test_where_cells_stopped() -> None:
    table = search()
    stopped = stopped_data(table, "macs")
    pruned = table[table["state"] == "pruned"]
    assert stopped["error"].tolist() == pruned["stopped_error"].tolist()
    assert stopped["cost"].tolist() == pruned["macs"].tolist()
    assert stopped_data(table.assign(stopped_error=None).astype({"stopped_error": "Float64"})).empty

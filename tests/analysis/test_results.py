"""What searches optimise; and that what was written for fixed designs takes their tables."""

import pytest

from ablate.analysis import (
    conditions,
    frontier_data,
    holes_text,
    means,
    points,
    stopped_data,
)
from ablate.analysis.choose import best, knee
from tests.made_results import made
from tests.made_up_search import search


def test_a_search_says_what_it_optimises(rows) -> None:
    design = made(rows(("A", 0, 1.0)))
    assert search(2).is_search and not design.is_search
    assert search(2).head.objectives == {"error": "minimize", "params": "minimize"}
    assert design.head.objectives == {} and design.cost() == "params"


@pytest.mark.parametrize(
    ("objectives", "expected"), [(["error", "macs", "params"], "macs"), (["error"], "params")]
)
def test_the_cost_of_a_search_is_its_first_cost_objective(objectives, expected) -> None:
    results = search(2, dict.fromkeys(objectives, "minimize"))
    assert results.cost() == expected
    assert results.cost("flops") == "flops"


def test_every_cell_is_a_point() -> None:
    results = search()
    table = results.cells
    assert len(points(table)) == len(means(table)) == len(table)
    done = table[table["state"] == "done"]
    assert best(table).error == done["error"].min()
    assert knee(table).keys[0] in set(done["key"])
    assert holes_text(table["state"]) == "17 pruned, 16 infeasible"
    assert conditions(results) == "40 epochs, NVIDIA H100, torch 2.11.0"


def test_the_frontier_is_of_done_cells() -> None:
    table = search().cells
    data = frontier_data(table)
    assert data["error"].notna().sum() == 67
    front = data[data["on_front"]].sort_values("cost")
    assert front["error"].is_monotonic_decreasing and len(front) == 12


def test_where_cells_stopped() -> None:
    table = search().cells
    stopped = stopped_data(table, "macs")
    pruned = table[table["state"] == "pruned"]
    assert stopped["error"].tolist() == pruned["stopped_error"].tolist()
    assert stopped["cost"].tolist() == pruned["macs"].tolist()
    assert stopped_data(table.assign(stopped_error=None).astype({"stopped_error": "Float64"})).empty

import pytest

from ablate.analysis import means, pareto
from ablate.cells import OF_DIFFERENCES
from ablate.claims.shortlist import shortlist
from ablate.errors import UsageError
from tests.made_results import made
from tests.made_up_search import KNOBS, search


def test_the_front_sorted_by_the_first_objective() -> None:
    results = search()
    table, comparison = results.cells, shortlist(results)
    found = comparison.rows
    front = table[pareto(table, ("error", "params"))].sort_values("error")
    assert 5 < len(found) < 30
    assert found["trial"].tolist() == front["trial"].tolist()
    assert found["key"].tolist() == front["key"].tolist()
    assert found["error"].tolist() == front["error"].tolist()
    assert found["growth_rate"].tolist() == front["growth_rate"].tolist()
    assert found["n"].eq(1).all() and found["difference"].isna().all()
    assert comparison.shown == (
        f"the Pareto front of error and parameters: {len(front)} of 67 done cells, one seed each; "
        "17 were stopped early; --all lists them"
    )


def test_everything_but_the_infeasible_by_the_error_that_is_known() -> None:
    results = search()
    comparison = shortlist(results, everything=True)
    found = comparison.rows
    assert found["state"].value_counts().to_dict() == {"done": 67, "pruned": 17}
    assert found["error"].fillna(found["stopped_error"]).is_monotonic_increasing
    assert found["params"].notna().all()
    assert found.loc[found["front"], "trial"].tolist() == shortlist(results).rows["trial"].tolist()
    assert comparison.shown.startswith("*: the Pareto front of error and parameters: ")
    assert comparison.shown.endswith("; 17 were stopped early; not listed: 16 infeasible")


@pytest.mark.parametrize(("direction", "lowest"), [("minimize", True), ("maximize", False)])
def test_of_one_objective_the_best_ten(direction: str, lowest: bool) -> None:
    results = search(objectives={"error": direction})
    comparison = shortlist(results)
    found = comparison.rows
    expected = results.cells["error"].dropna().sort_values(ascending=lowest).head(10)
    assert found["error"].tolist() == expected.tolist()
    assert comparison.shown.startswith("the best by error: 10 of 67 done cells")


def test_it_has_the_columns_of_a_comparison(rows) -> None:
    design = rows(*[("A", 0, 1.0, dict.fromkeys(KNOBS, 1))], sweep=tuple(KNOBS))
    assert list(shortlist(search()).rows.columns) == [
        *means(design).columns,
        *OF_DIFFERENCES,
        "trial",
        "key",
    ]


def test_a_search_without_a_done_cell_has_an_empty_one() -> None:
    results = search(12)
    assert shortlist(results.of(results.cells.assign(state="running"))).rows.empty


def test_a_fixed_design_has_none(rows) -> None:
    with pytest.raises(UsageError, match="this run is a fixed design"):
        shortlist(made(rows(("A", 0, 1.0))))

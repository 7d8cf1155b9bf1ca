import numpy as np
import pytest

from ablate.analysis import Results, history_data
from ablate.errors import HolesError, UsageError
from tests.made_results import made
from tests.made_up_search import search

BOTH = {"error": "minimize", "params": "minimize"}


def results_of(rows, objectives, *cells) -> Results:
    """(error, params, state or None) per suggestion; pruned ones stopped at that error."""
    tried = []
    for trial, (error, params, state) in enumerate(cells):
        other = {"trial": trial, "params": params, "width": trial}
        if state:
            other |= {"state": state, "stopped_error": error}
        tried.append(("s", 0, None if state else error, other))
    return made(rows(*tried, sweep=("width",)), objectives=objectives)


def test_best_so_far_by_hand(rows) -> None:
    cells = [
        (9.0, 10, None),
        (7.0, 10, None),
        (30.0, 10, "pruned"),
        (None, 10, "infeasible"),
        (8.0, 10, None),
        (6.0, 10, None),
        (1.0, 10, "running"),
    ]
    found = history_data(results_of(rows, {"error": "minimize"}, *cells))
    assert found.objective == "error" and found.reference == {}
    assert "hypervolume" not in found.cells
    assert found.cells["trained"].tolist() == [1, 2, 3, 3, 4, 5]
    assert found.cells["best"].tolist() == [9, 7, 7, 7, 7, 6]
    assert found.cells["value"].isna().tolist() == [False, False, True, True, False, False]
    assert found.cells["stopped"].dropna().to_dict() == {2: 30.0}


def test_suggestions_are_in_their_order_whatever_that_of_the_rows(rows) -> None:
    results = results_of(rows, {"error": "minimize"}, (5.0, 1, None), (4.0, 1, None))
    backwards = results.of(results.cells.iloc[::-1])
    assert history_data(backwards).cells["best"].tolist() == [5.0, 4.0]


def test_hypervolume_by_hand(rows) -> None:
    # log10 params: 2, 1, 1, 2; the reference is (10, 3).
    cells = [
        (8.0, 100, None),
        (9.0, 10, None),
        (9.5, 10, None),
        (99.0, 1, "pruned"),
        (5.0, 100, None),
    ]
    found = history_data(results_of(rows, BOTH, *cells), "error=10,params=1000")
    assert found.reference == {"error": 10.0, "params": 1000.0}
    assert found.cells["hypervolume"].tolist() == pytest.approx([2, 3, 3, 3, 6])


def test_the_reference_is_a_tenth_beyond_the_worst_done_cell(rows) -> None:
    cells = [(8.0, 100, None), (20.0, 10, None), (99.0, 5000, "pruned")]
    found = history_data(results_of(rows, BOTH, *cells))
    assert found.reference == pytest.approx({"error": 22.0, "params": 110.0})
    one = (22 - 8) * np.log10(1.1)
    assert found.cells["hypervolume"].tolist() == pytest.approx([one, one + 2 * 1, one + 2])
    found = history_data(results_of(rows, BOTH, *cells), "params=1000")
    assert found.reference == pytest.approx({"error": 22.0, "params": 1000.0})


def test_what_is_maximised_grows(rows) -> None:
    results = results_of(
        rows, {"loss": "maximize", "error": "minimize"}, (8.0, 1, None), (6.0, 1, None)
    )
    results.cells["loss"] = [0.5, 1.0]
    found = history_data(results)
    assert found.objective == "loss" and found.cells["best"].tolist() == [0.5, 1.0]
    assert found.reference == pytest.approx({"loss": 0.45, "error": 8.8})
    assert found.cells["hypervolume"].tolist() == pytest.approx([0.05 * 0.8, 0.55 * 2.8])
    assert found.cells["stopped"].isna().all()


def test_more_cells_never_have_less_of_it() -> None:
    found = history_data(search(60, {**BOTH, "peak_bytes": "minimize"}))
    assert found.cells["hypervolume"].is_monotonic_increasing
    assert found.cells["hypervolume"].iloc[-1] > found.cells["hypervolume"].iloc[0]
    assert found.cells["trained"].max() == 60 - 10


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("eror=3", "`eror` is no objective of this search. Did you mean `error`"),
        ("error", "error must be a number, got ''"),
        ("error=nan", "error must be a number, got 'nan'"),
        ("error=20, params=-1", "params must be a number > 0, got '-1'"),
    ],
)
def test_references_that_cannot_be_meant(reference: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        history_data(search(10), reference)
    assert message in str(caught.value)


def test_messages(rows) -> None:
    with pytest.raises(UsageError, match="history: is of searches; this run is a fixed design"):
        history_data(made(rows(("A", 0, 5.0))))
    with pytest.raises(UsageError, match="one objective has no hypervolume"):
        history_data(search(10, {"error": "minimize"}), "error=20")
    with pytest.raises(HolesError, match="no done cell has error and params recorded"):
        history_data(search(10, params=None))
    results = search(10)
    with pytest.raises(HolesError, match="none of the study's 10 cells is done"):
        history_data(results.of(results.cells.assign(state="waiting")))

import pandas as pd
import pytest

from ablate.analysis import best, knee, pareto
from ablate.errors import HolesError, UsageError
from ablate.spec import METRICS, Metric


def test_the_front_keeps_ties_and_never_holds_what_is_missing() -> None:
    table = pd.DataFrame(
        {"error": [5.0, 4.0, 4.0, 6.0, None, 4.0], "params": [10, 20, 20, 30, 1, None]},
        dtype="Float64",
    )
    assert pareto(table, ("error", "params")).tolist() == [True, True, True, False, False, False]
    assert pareto(table, ("error",)).tolist() == [False, True, True, False, False, True]


def test_three_metrics() -> None:
    table = pd.DataFrame({"error": [1, 2, 3], "params": [3, 2, 3], "macs": [5, 5, 4]})
    assert pareto(table, ("error", "params", "macs")).tolist() == [True, True, True]
    assert pareto(table, ("error", "params")).tolist() == [True, True, False]


def test_each_metric_has_its_direction(monkeypatch: pytest.MonkeyPatch) -> None:
    speed = Metric("speed", "images per second", "1/s", "maximize", is_cost=False)
    monkeypatch.setitem(METRICS, "speed", speed)
    table = pd.DataFrame({"error": [5.0, 5.0], "speed": [1.0, 2.0]})
    assert pareto(table, ("error", "speed")).tolist() == [False, True]


def test_cells_that_are_not_done_are_never_on_the_front(rows) -> None:
    table = rows(("A", 0, 5.0), ("B", 0, 1.0, {"state": "pruned"}))
    assert pareto(table, ("error",)).tolist() == [True, False]


def test_an_unknown_metric_is_named(rows) -> None:
    with pytest.raises(UsageError, match="Did you mean `params`"):
        pareto(rows(("A", 0, 5.0)), ("parms",))
    with pytest.raises(UsageError, match="unknown cost `error`"):
        knee(rows(("A", 0, 5.0)), "error")


def test_best_prefers_points_without_holes(rows) -> None:
    table = rows(("A", 0, 5.0), ("A", 1, 7.0), ("B", 0, 1.0), ("B", 1, None))
    choice = best(table)
    assert (choice.variant, choice.error, choice.keys, choice.holes) == (
        "A",
        6.0,
        ("A-0", "A-1"),
        0,
    )
    choice = best(rows(("A", 0, 5.0), ("A", 1, None), ("B", 0, 4.0), ("B", 1, None)))
    assert (choice.label, choice.holes) == ("B", 1)


def test_nothing_done_has_no_best(rows) -> None:
    with pytest.raises(HolesError):
        best(rows(("A", 0, None)))


@pytest.mark.parametrize("choose", [best, knee])
def test_nothing_is_chosen_on_the_test_set(rows, choose) -> None:
    with pytest.raises(UsageError, match="of the test set"):
        choose(rows(("A", 0, 5.0, {"split": "test"})))


def front(rows, *points: tuple[int, float]) -> pd.DataFrame:
    cells = [("A", 0, error, {"depth": i, "params": p}) for i, (p, error) in enumerate(points)]
    return rows(*cells, sweep=("depth",))


def test_the_knee_is_farthest_below_the_chord_over_log_cost(rows) -> None:
    # Chord from (10, 12) to (1000, 4): at 30 it is at 10.1, at 100 at 8. Off the front: (200, 11).
    table = front(rows, (10, 12.0), (30, 8.5), (100, 5.0), (200, 11.0), (1000, 4.0))
    assert knee(table).sweep == {"depth": 2}


def test_without_a_bend_the_knee_is_the_lowest_error(rows) -> None:
    assert knee(front(rows, (10, 12.0), (100, 8.0), (1000, 4.0))).error == 4.0
    assert knee(front(rows, (10, 12.0), (100, 11.0), (1000, 4.0))).error == 4.0
    assert knee(front(rows, (10, 12.0))).error == 12.0


def test_a_cost_that_nothing_recorded_has_no_knee(rows) -> None:
    with pytest.raises(HolesError, match=r"training memory \(peak_bytes\)"):
        knee(rows(("A", 0, 5.0)), "peak_bytes")

import numpy as np
import pandas as pd
import pytest

from ablate.analysis import choose, pareto
from ablate.analysis.choose import best, knee
from ablate.cells import METRICS, Metric
from ablate.errors import HolesError, UsageError
from ablate.statistics import expected, fit_blocks, most_luck, spread
from tests.made_results import made
from tests.made_up_search import search


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


def test_what_lost_cells_by_what_it_is_is_chosen_last_and_told(rows) -> None:
    gone, waits = {"state": "diverged"}, {"state": "oom"}
    table = rows(
        *[("A", 0, 3.0), ("A", 1, None, gone)],
        *[("B", 0, 5.0), ("B", 1, None, waits)],
    )
    choice, how = choose(made(table), "best")
    assert (choice.variant, choice.lost) == ("B", "")
    assert how.endswith("error; passed over for their lost cells: A (diverged 1 of 2)")
    choice, how = choose(made(table[table["variant"] == "A"]), "best")
    assert (choice.variant, choice.lost) == ("A", "diverged 1 of 2")
    assert how.endswith("error; its cells diverged 1 of 2")
    complete = rows(*[("A", 0, 3.0), ("A", 1, None, gone)], ("B", 0, 5.0), ("B", 1, 6.0))
    assert best(complete).variant == knee(complete).variant == "B"


def test_nothing_done_has_no_best(rows) -> None:
    with pytest.raises(HolesError):
        best(rows(("A", 0, None)))


@pytest.mark.parametrize("chosen_by", [best, knee])
def test_nothing_is_chosen_on_the_test_set(rows, chosen_by) -> None:
    with pytest.raises(UsageError, match="of the test set"):
        chosen_by(rows(("A", 0, 5.0, {"split": "test"})))


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


def test_what_is_chosen_meets_the_conditions(rows) -> None:
    table = front(rows, (10, 12.0), (30, 8.5), (100, 5.0), (1000, 4.0))
    choice, how = choose(made(table), "best", ["params < 500"])
    assert (choice.sweep, how) == (
        {"depth": 2},
        "Chosen for the lowest mean validation error of 3 points where params < 500",
    )
    choice, how = choose(made(table), "knee", ["params < 500", "error > 5"])
    assert choice.sweep == {"depth": 1}
    assert how == (
        "The knee of validation error against parameters, of 2 points where params < 500 and "
        "error > 5"
    )
    choice, how = choose(made(table), "A", ["params <= 30"])
    assert choice.sweep == {"depth": 1}
    assert how == ("A's point of the lowest mean validation error of 2 points where params <= 30")
    with pytest.raises(UsageError, match=r"params < 5: .*the nearest has 10: A, depth 0"):
        choose(made(table), "A", ["params < 5"])
    with pytest.raises(UsageError, match="A-1-0 is one cell"):
        choose(made(table), "A-1-0", ["params < 500"])


def test_a_choice_says_from_how_many_and_how_much_of_it_is_luck(rows) -> None:
    draw = np.random.default_rng(0)
    errors, params = 10 + draw.normal(0, 1, (8, 3)), 1000 * 2 ** np.arange(8)
    table = rows(
        *(
            ("A", seed, error, {"depth": depth, "params": int(params[depth])})
            for (depth, seed), error in np.ndenumerate(errors)
        ),
        sweep=("depth",),
    )
    lowest = int(errors.mean(axis=1).argmin())
    choice, _ = choose(made(table), "best")
    depths, seeds = (each.ravel().tolist() for each in np.indices(errors.shape))
    found = spread(
        fit_blocks(depths, seeds, errors.ravel().tolist(), [0] * 24), np.log(params.astype(float))
    )
    assert found is not None
    told = expected(found, lowest, lambda means: means.argmin(axis=1))
    assert (choice.of, choice.sweep, choice.expected) == (8, {"depth": lowest}, told)
    assert told.value > choice.error == pytest.approx(errors[lowest].mean())
    assert choice.numbers == f"{choice.error:.2f} (n=3)"  # no interval that knows of no choice
    assert choice.luck == (
        f"Without the luck of the choice {told.value:.2f} [{told.low:.2f}, {told.high:.2f}] % are "
        "to be expected of new seeds."
    )
    # Of fewer there is less luck, in the same run; the one that is named was no choice.
    few, _ = choose(made(table), "best", [f"params <= {params[1]}"])
    assert few.of == 2 and few.expected is not None
    assert few.expected.value - few.error < told.value - choice.error
    only, _ = choose(made(table), "best", [f"params <= {params[0]}"])
    named, how = choose(made(table), "A-0-0")
    for each in (only, named):
        assert (each.of, each.expected, each.luck) == (1, None, "")
        assert " ± " in each.numbers
    assert how == "Chosen by its key"
    bent, _ = choose(made(table), "knee")
    assert bent.of == 8 and bent.expected is not None


def test_one_seed_cannot_tell_how_much_is_luck(rows) -> None:
    results = search()
    choice, how = choose(results, "best")
    assert how == f"Chosen for the lowest mean validation error of {choice.of} cells"
    assert (choice.of, choice.expected) == (int(results.cells["state"].eq("done").sum()), None)
    assert choice.luck == (
        f"It is of one seed and chosen from {choice.of}: too low by up to "
        f"{most_luck(choice.of):.1f} deviations over seeds on average."
    )
    equal = rows(*((name, seed, 5.0) for name in "AB" for seed in (0, 1)))
    assert choose(made(equal), "best")[0].luck.endswith("the seeds of this run do not tell.")


def test_a_condition_may_leave_one_point_on_the_test_set(rows) -> None:
    test = {"split": "test"}
    table = rows(
        ("A", 0, 5.0, {"params": 10, "depth": 1, **test}),
        ("A", 0, 4.0, {"params": 20, "depth": 2, **test}),
        sweep=("depth",),
    )
    assert choose(made(table), "A", ["params <= 10"])[0].keys == ("A-1-0",)
    with pytest.raises(UsageError, match="would choose a sweep point on the test set"):
        choose(made(table), "A", ["params <= 20"])
    with pytest.raises(UsageError, match="refused, as these errors are of the test set"):
        choose(made(table), "best", ["params <= 10"])


def test_a_key_names_the_cell_and_its_point(rows) -> None:
    table = rows(("A", 0, 5.0), ("A", 1, 7.0), ("A", 2, None), ("B", 0, 1.0))
    choice, how = choose(made(table), "A-1")
    assert (choice.keys, choice.error, choice.holes, how) == (
        ("A-1", "A-0"),
        6.0,
        1,
        "Chosen by its key",
    )
    assert choice.low == pytest.approx(6 - 12.7062, abs=1e-3)


def test_a_search_is_chosen_from_by_its_own_cost() -> None:
    results = search(objectives={"error": "minimize", "macs": "minimize"})
    done = results.cells[results.cells["state"].eq("done")]
    choice, how = choose(results, "best")
    assert choice.keys == (done.sort_values("error", kind="stable")["key"].iloc[0],)
    assert (choice.low, choice.high) == (None, None)
    choice, how = choose(results, "knee")
    assert how == f"The knee of validation error against MACs per image, of {len(done)} cells"
    assert choice.keys == knee(results.cells, "macs").keys
    assert choose(results, "made-up")[0] == choose(results, "best")[0]
    with pytest.raises(
        UsageError, match=r"'zz' is no trial and no key; one of best, knee, trial-N, or"
    ):
        choose(results, "zz")


def test_a_cell_of_a_search_goes_by_its_trial() -> None:
    results = search()
    choice, how = choose(results, "trial-4")
    assert (choice.keys, how) == ((f"{4:016x}",), "Chosen by its trial number")
    with pytest.raises(
        HolesError, match=r"trial-3: is pruned, only a .* chosen; dominated at rung"
    ):
        choose(results, "trial-3")
    with pytest.raises(HolesError, match=r"trial-11: is infeasible, only a .* chosen; params > 1M"):
        choose(results, "trial-11")
    with pytest.raises(UsageError, match=r"trial-100: is no trial of this search; .* 0 to 99"):
        choose(results, "trial-100")
    with pytest.raises(UsageError, match="trial-4 is one cell"):
        choose(results, "trial-4", ["params < 1M"])
    with pytest.raises(
        UsageError, match="an empty name chooses nothing; one of best, knee, trial-N"
    ):
        choose(results, "")


def test_a_fixed_design_has_no_trials(rows) -> None:
    with pytest.raises(
        UsageError, match="'trial-4' is no variant and no key; one of best, knee, A"
    ):
        choose(made(rows(("A", 0, 5.0))), "trial-4")

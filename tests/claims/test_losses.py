"""What is left of a comparison whose cells diverged: bounds and verdicts, from raw cells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ablate.claims import LOST, Comparison, comparison
from tests.made_results import made

GONE = {"state": "diverged", "params": 1000}


def cells(
    shifts: dict[str, float], lost: dict[str, int], seeds: int = 5, state: str = "diverged"
) -> list[tuple[Any, ...]]:
    """Points without a sweep; of each the last so many cells are in that state."""
    draw = np.random.default_rng(3)
    return [
        (name, seed, None, {**GONE, "state": state})
        if seed >= seeds - lost.get(name, 0)
        else (name, seed, 10 + shift + 0.3 * float(draw.normal()))
        for name, shift in shifts.items()
        for seed in range(seeds)
    ]


def compared(table: pd.DataFrame, baseline: str = "A", **head: Any) -> Comparison:
    return comparison(made(table, baseline=baseline, **{"classes": 10, **head}))


def of(found: Comparison, variant: str) -> dict[str, Any]:
    (row,) = found.rows[found.rows["variant"] == variant].to_dict("records")
    return row


@pytest.mark.parametrize(("classes", "chance"), [(10, 90.0), (4, 75.0), (0, 100.0)])
def test_bounds_are_the_lost_like_the_others_and_at_chance(
    rows, classes: int, chance: float
) -> None:
    raw = cells({"A": 0.0, "B": -3.0}, {"B": 2})
    row = of(compared(rows(*raw), classes=classes), "B")
    ours, theirs = (
        [error for name, _, error, *_ in raw if name == which and error is not None]
        for which in "BA"
    )
    # The seeds that B lacks are filled by what they did in A: least squares of two points.
    estimate = np.mean(ours) - np.mean(theirs[:3])
    outright = np.mean(ours + 2 * [chance]) - np.mean(ours)
    assert (row["verdict"], row["lost"]) == (LOST, "diverged 2 of 5")
    assert row["bound_low"] == pytest.approx(estimate)
    assert row["bound_high"] == pytest.approx(estimate + outright)
    assert all(pd.isna(row[name]) for name in ("difference", "difference_low", "p"))


def test_better_is_never_claimed_of_what_lost_cells_and_worse_may_be(rows) -> None:
    shifts = {"A": 0.0, "B": -5.0, "C": 5.0, "D": 0.0, "E": -5.0}
    raw = cells(shifts, {"B": 1, "C": 1, "D": 1})
    found = compared(rows(*raw), margin=2.0)
    verdicts = dict(zip(found.rows["variant"], found.rows["verdict"], strict=True))
    assert [verdicts[name] for name in "BCDE"] == [LOST, "worse", LOST, "better"]
    worse = of(found, "C")
    assert worse["lost"] == "diverged 1 of 5"
    assert worse["difference"] == pytest.approx(worse["bound_low"])
    assert 0 < worse["difference_low"] < worse["bound_low"] < worse["bound_high"]
    assert found.of_rows.comparisons == 4  # they are comparisons still


def test_a_baseline_that_lost_cells_cannot_be_called_better(rows) -> None:
    raw = cells({"A": 0.0, "B": -5.0, "C": 5.0}, {"A": 2})
    found = compared(rows(*raw))
    better, lost = of(found, "B"), of(found, "C")
    assert (better["verdict"], better["lost"]) == ("better", "A diverged 2 of 5")
    assert better["bound_high"] == pytest.approx(better["difference"])
    assert lost["verdict"] == LOST
    a = [error for name, _, error, *_ in raw if name == "A" and error is not None]
    width = np.mean(a + 2 * [90.0]) - np.mean(a)
    assert lost["bound_high"] - lost["bound_low"] == pytest.approx(width)


def test_where_both_lost_cells_nothing_is_claimed(rows) -> None:
    row = of(compared(rows(*cells({"A": 0.0, "B": 9.0}, {"A": 1, "B": 1}))), "B")
    assert (row["verdict"], row["lost"]) == (LOST, "diverged 1 of 5, A diverged 1 of 5")
    assert row["bound_low"] < 0 < row["bound_high"]


@pytest.mark.parametrize("state", ["oom", "waiting", "timeout", "pruned"])
def test_what_is_lost_by_accident_is_missing_and_no_more(rows, state: str) -> None:
    row = of(compared(rows(*cells({"A": 0.0, "B": -5.0}, {"B": 2}, state=state))), "B")
    assert row["verdict"] == "better" and pd.isna(row["lost"])
    assert row["states"] == f"2 {state}"


def test_a_variant_of_which_all_is_lost_is_told_so(rows) -> None:
    found = compared(rows(*cells({"A": 0.0, "B": 0.0, "C": 0.0}, {"B": 5})))
    row = of(found, "B")
    assert (row["verdict"], row["lost"], pd.isna(row["bound_low"])) == (
        LOST,
        "diverged 5 of 5",
        True,
    )
    assert found.answer.endswith("or at chance: B diverged 5 of 5.")


def curves(lost: int, of_depth: int = 40) -> list[tuple[Any, ...]]:
    draw, found = np.random.default_rng(5), []
    for name, size in (("A", 100), ("B", 90)):
        for depth in (10, 22, 40):
            for seed in range(3):
                more = {"depth": depth, "params": size * depth**2}
                error: float | None = 30 - np.log(more["params"]) + 0.2 * float(draw.normal())
                if name == "B" and depth == of_depth and seed < lost:
                    error, more = None, {**more, "state": "diverged"}
                found.append((name, seed, error, more))
    return found


def mean_difference(raw: list[tuple[Any, ...]], chance: float | None) -> float:
    """B's curve less A's over the costs of both, by a fine grid; None: lost cells are left out."""
    known = [
        (name, more["params"], chance if error is None else error)
        for name, _, error, more in raw
        if error is not None or chance is not None
    ]
    table = pd.DataFrame(known, columns=["name", "params", "error"])
    curves = [
        table[table["name"] == name].groupby("params")["error"].mean().sort_index() for name in "BA"
    ]
    low = max(curve.index.min() for curve in curves)
    high = min(curve.index.max() for curve in curves)
    grid = np.linspace(np.log(low), np.log(high), 20_001)
    ours, theirs = (np.interp(grid, np.log(curve.index), curve) for curve in curves)
    return float(np.trapezoid(ours - theirs, grid) / (grid[-1] - grid[0]))


@pytest.mark.parametrize("lost", [1, 3])
def test_lines_have_bounds_over_the_curve_with_its_lost_points(rows, lost: int) -> None:
    raw = curves(lost)
    found = compared(rows(*raw, sweep=("depth",)), sweep_keys=("depth",))
    (line,) = found.lines[~found.lines["is_baseline"]].to_dict("records")
    assert (line["verdict"], line["lost"]) == (LOST, f"diverged {lost} of 9")
    assert pd.isna(line["difference"]) and pd.isna(line["ratio"])
    assert line["ratio_reason"] == line["lost"]
    width = mean_difference(raw, 90.0) - mean_difference(raw, None)
    assert line["bound_high"] - line["bound_low"] == pytest.approx(width, abs=1e-4)
    if lost == 3:  # no cell is filled by what its seed did elsewhere
        assert line["bound_low"] == pytest.approx(mean_difference(raw, None), abs=1e-4)
    assert found.rows["verdict"].isna().all()  # the line decides
    assert f"(diverged {lost} of 9)" in found.answer


def test_a_point_beyond_the_common_costs_changes_nothing(rows) -> None:
    below = [("B", seed, 9.0 + seed, {"depth": 7, "params": 4_410}) for seed in range(3)]
    below[0] = ("B", 0, None, {"depth": 7, "params": 4_410, "state": "diverged"})
    found = compared(rows(*curves(0), *below, sweep=("depth",)), sweep_keys=("depth",))
    assert found.lines["lost"].isna().all()
    assert found.rows["lost"].isna().all()  # A has no such point

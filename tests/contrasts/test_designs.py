"""What the points of each design are set against, and a path's order."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from ablate.analysis import frame, frontier_data
from ablate.cells import COLUMNS
from ablate.claims import Comparison, comparison
from ablate.contrasts.designs import path_of
from ablate.errors import UsageError
from tests.made_results import made


def compare(table: pd.DataFrame, baseline: str = "A") -> pd.DataFrame:
    return comparison(made(table, baseline=baseline)).rows


def path(table: pd.DataFrame, margin: float = 0.0, **more: Any) -> Comparison:
    """By the observed differences, as runs of earlier versions are, unless it says otherwise."""
    design = {"kind": "path", "changes": ["a", "b"], "margin": margin, **more}
    return comparison(made(table, baseline="baseline", design=design))


def test_points_are_matched_by_their_sweep(rows) -> None:
    table = rows(
        ("A", 0, 10.0, {"depth": 10}),
        ("A", 0, 8.0, {"depth": 22}),
        ("B", 0, 9.0, {"depth": 22}),
        sweep=("depth",),
    )
    result = compare(table)
    assert result["difference"].tolist() == [pd.NA, pd.NA, 1.0]
    assert result["is_baseline"].tolist() == [True, True, False]


def test_what_the_baseline_does_not_sweep_is_no_condition(rows) -> None:
    table = rows(
        ("A", 0, 10.0),
        ("B", 0, 9.0, {"compression": 0.5}),
        ("B", 0, 12.0, {"compression": 0.3}),
        sweep=("compression",),
    )
    assert compare(table)["difference"].tolist() == [pd.NA, -1.0, 2.0]


def test_no_common_seed_or_point_has_no_difference(rows) -> None:
    table = rows(
        ("A", 0, 10.0, {"depth": 10}),
        ("B", 1, 11.0, {"depth": 10}),
        ("C", 0, 11.0, {"depth": 22}),
        ("D", 0, 11.0),
        sweep=("depth",),
    )
    assert compare(table)["difference"].isna().all()


def test_what_costs_more_says_so(rows) -> None:
    table = rows(("A", 0, 10.0, {"macs": 2000}), ("B", 0, 9.0, {"macs": 5000}))
    assert compare(table)["cost_ratio"].tolist() == [pd.NA, 1.0]
    by_macs = comparison(made(table, baseline="A"), cost="macs").rows
    assert by_macs["cost_ratio"].tolist() == [pd.NA, 2.5]


def test_an_unknown_baseline_is_named(rows) -> None:
    with pytest.raises(UsageError, match="Did you mean `DenseNet`"):
        compare(rows(("DenseNet", 0, 1.0)), "DenseNt")


def test_an_unknown_cost_is_named(rows) -> None:
    with pytest.raises(UsageError, match="Did you mean `params`"):
        comparison(made(rows(("A", 0, 1.0)), baseline="A"), cost="parms")


def test_an_empty_study_compares_to_an_empty_table() -> None:
    table = compare(frame([], ["depth"]))
    assert table.empty and {"depth", "error", "difference", "p"} <= set(table.columns)


def test_factorial_differences_are_to_the_reference_point(rows) -> None:
    levels = [(None, 1.0), (None, 0.5), (4, 1.0), (4, 0.5)]
    cells = [
        ("s", seed, 10.0 + 2 * number + seed, {"width": width, "compression": theta})
        for number, (width, theta) in enumerate(levels)
        for seed in range(2)
    ]
    table = rows(*cells, sweep=("width", "compression"))
    design = {"kind": "factorial", "reference": {"width": None, "compression": 1.0}}
    found = comparison(made(table, design=design))
    assert found.rows["is_baseline"].tolist() == [True, False, False, False]
    assert found.rows["difference"].dropna().tolist() == pytest.approx([2.0, 4.0, 6.0])
    assert found.against == "s, width none, compression 1.0"
    assert found.lines.empty


PATH = [
    ("baseline", 0, 10.0),
    ("baseline", 1, 12.0),
    ("a", 0, 9.5),
    ("a", 1, 11.5),
    ("b", 0, 9.0),
    ("b", 1, 11.0),
    ("b + a", 0, 8.0),
    ("b + a", 1, 9.0),
]


def test_a_path_s_steps_stand_first_each_against_the_one_before(rows) -> None:
    compared = path(rows(*PATH))
    found = compared.rows
    assert found["variant"].tolist() == ["baseline", "b", "b + a", "a"]
    assert found["step"].tolist() == [0, 1, 2, pd.NA]
    assert found["error"].tolist() == [11.0, 10.0, 8.5, 10.5]
    assert found["difference"].dropna().tolist() == pytest.approx([-1.0, -1.5, -0.5])
    assert found["is_baseline"].tolist() == [True, False, False, False]
    assert compared.shown.endswith("; the path has ended: no change is left")


def test_whether_a_path_has_ended_is_said_where_it_is_known(rows) -> None:
    said = path(rows(*PATH), 1.2).shown
    assert said.endswith("the path has ended: no change lowers the error by more than 1.2 points")
    assert "has ended" not in (shown := path(rows(*PATH[:6])).shown)
    assert "the path goes on" not in shown
    open_ = path(rows(*PATH[:-1], ("b + a", 1, None)))
    assert open_.shown.endswith("; the path goes on")


def test_the_margin_and_a_result_that_is_not_known_end_a_path(rows) -> None:
    assert path(rows(*PATH), 1.2).rows["step"].tolist() == [
        0,
        pd.NA,
        pd.NA,
        pd.NA,
    ]
    waiting = [*PATH[:-1], ("b + a", 1, None)]
    found = path(rows(*waiting)).rows
    assert found["step"].tolist() == [0, 1, pd.NA, pd.NA]


def test_a_diverged_change_is_passed_over(rows) -> None:
    cells = [*PATH[:5], ("b", 1, None, {"state": "diverged"})]
    found = path_of(rows(*cells), {"changes": ["a", "b"], "margin": 0.0})
    assert found.accepted == ("a",)


def of_three_seeds(**means: float) -> list[tuple[Any, ...]]:
    """Points with noise of 0.1 that no two share, unless a seed is given another error."""
    return [
        (name.replace("_", " + "), seed, mean + (0.1, -0.1, 0.0)[(seed + turn) % 3])
        for turn, (name, mean) in enumerate(means.items())
        for seed in range(3)
    ]


def test_a_step_beats_the_noise_and_says_so(rows) -> None:
    cells = of_three_seeds(baseline=10.0, a=9.95, b=8.0)
    table = rows(*cells, *[("b + a", seed, 7.95 + 0.1 * seed) for seed in range(3)])
    found = path(table, steps="tested")
    assert found.rows["step"].dropna().tolist() == [0, 1]
    assert found.rows["variant"].tolist()[:2] == ["baseline", "b"]
    assert found.shown == (
        "each step is the best of its round, which flatters it; a round in which nothing helps "
        "ends in a step with a chance of 5%, over 2 rounds at most 10%; the path has ended: no "
        "change beats the noise"
    )


def test_a_path_of_an_earlier_version_keeps_its_steps(rows) -> None:
    table = rows(*of_three_seeds(baseline=10.0, a=9.95, b=10.1, a_b=9.9))
    before, now = path(table), path(table, steps="tested")
    assert before.rows["step"].dropna().tolist() == [0, 1, 2]
    assert "a step is by the observed difference" in before.shown
    assert now.rows["step"].dropna().tolist() == [0]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_path_that_has_hardly_begun(rows, count: int) -> None:
    cells = [(variant, seed, None) for variant, seed, _ in PATH[:count]]
    found = path(rows(*cells)).rows
    assert found["step"].tolist()[0] == 0
    assert found["step"].isna().sum() == len(found) - 1


def test_seeds_that_only_an_older_path_had_do_not_count(rows) -> None:
    """After a retry the path may turn; what it left keeps its cells."""
    table = rows(*PATH[:6], ("a + b", 0, 5.0))
    found = path(table).rows
    assert found["variant"].tolist() == ["baseline", "b", "a", "a + b"]
    assert found["step"].tolist() == [0, 1, pd.NA, pd.NA]
    assert found["difference"].tolist()[-1] == pytest.approx(-4.5)


def test_no_factor_can_be_called_as_a_column_is(rows) -> None:
    table = rows(*PATH)
    frontier = frontier_data(table)
    for found in (table, path(table).rows, frontier):
        assert set(found.columns) <= COLUMNS

"""Comparisons of factorial designs and of paths, by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from ablate.analysis import compare, compare_factorial, compare_path, frontier_data
from ablate.analysis.comparison import compare_design, path_of
from ablate.cells import COLUMNS
from tests.made_results import made


def test_factorial_differences_are_to_the_reference_point(rows) -> None:
    levels = [(None, 1.0), (None, 0.5), (4, 1.0), (4, 0.5)]
    cells = [
        ("s", seed, 10.0 + 2 * number + seed, {"width": width, "compression": theta})
        for number, (width, theta) in enumerate(levels)
        for seed in range(2)
    ]
    table = rows(*cells, sweep=("width", "compression"))
    found = compare_factorial(table, {"width": None, "compression": 1.0})
    assert found.rows["is_baseline"].tolist() == [True, False, False, False]
    assert found.rows["difference"].tolist() == [pd.NA, 2.0, 4.0, 6.0]
    assert found.against == "s, width none, compression 1.0"


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
    comparison = compare_path(rows(*PATH), ["a", "b"], 0.0)
    found = comparison.rows
    assert found["variant"].tolist() == ["baseline", "b", "b + a", "a"]
    assert found["step"].tolist() == [0, 1, 2, pd.NA]
    assert found["error"].tolist() == [11.0, 10.0, 8.5, 10.5]
    assert found["difference"].tolist() == [pd.NA, -1.0, -1.5, -0.5]
    assert found["is_baseline"].tolist() == [True, False, False, False]
    assert comparison.shown.endswith("; the path has ended: no change is left")


def test_whether_a_path_has_ended_is_said_where_it_is_known(rows) -> None:
    said = compare_path(rows(*PATH), ["a", "b"], 1.2).shown
    assert said.endswith("the path has ended: no change lowers the error by more than 1.2 points")
    assert compare_path(rows(*PATH[:6]), ["a", "b"], 0.0).shown.endswith("flatters it")
    open_ = compare_path(rows(*PATH[:-1], ("b + a", 1, None)), ["a", "b"], 0.0)
    assert open_.shown.endswith("; the path goes on")


def test_the_margin_and_a_result_that_is_not_known_end_a_path(rows) -> None:
    assert compare_path(rows(*PATH), ["a", "b"], 1.2).rows["step"].tolist() == [
        0,
        pd.NA,
        pd.NA,
        pd.NA,
    ]
    waiting = [*PATH[:-1], ("b + a", 1, None)]
    found = compare_path(rows(*waiting), ["a", "b"], 0.0).rows
    assert found["step"].tolist() == [0, 1, pd.NA, pd.NA]


def test_a_diverged_change_is_passed_over(rows) -> None:
    cells = [*PATH[:5], ("b", 1, None, {"state": "diverged"})]
    found = path_of(rows(*cells), ["a", "b"], 0.0)
    assert found.accepted == ("a",)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_path_that_has_hardly_begun(rows, count: int) -> None:
    cells = [(variant, seed, None) for variant, seed, _ in PATH[:count]]
    found = compare_path(rows(*cells), ["a", "b"], 0.0).rows
    assert found["step"].tolist()[0] == 0
    assert found["step"].isna().sum() == len(found) - 1


def test_seeds_that_only_an_older_path_had_do_not_count(rows) -> None:
    """After a retry the path may turn; what it left keeps its cells."""
    table = rows(*PATH[:6], ("a + b", 0, 5.0))
    found = compare_path(table, ["a", "b"], 0.0).rows
    assert found["variant"].tolist() == ["baseline", "b", "a", "a + b"]
    assert found["step"].tolist() == [0, 1, pd.NA, pd.NA]
    assert found["difference"].tolist()[-1] == -4.5


def test_no_factor_can_be_called_as_a_column_is(rows) -> None:
    table = rows(*PATH)
    frontier = frontier_data(table)
    for found in (table, compare_path(table, ["a", "b"], 0.0).rows, frontier):
        assert set(found.columns) <= COLUMNS


def test_each_design_is_compared_in_its_manner(rows) -> None:
    table = rows(*PATH)
    found = compare_design(made(table, baseline="a"))
    pd.testing.assert_frame_equal(found.rows, compare(table, "a"))
    path = {"kind": "path", "changes": ["a", "b"], "margin": 0.0}
    found = compare_design(made(table, baseline="a", design=path))
    assert found.rows["step"].tolist()[:3] == [0, 1, 2]
    table = rows(("s", 0, 1.0, {"k": 4}), ("s", 0, 2.0, {"k": 8}), sweep=("k",))
    factorial = {"kind": "factorial", "reference": {"k": 8}}
    found = compare_design(made(table, design=factorial))
    assert found.rows["difference"].tolist() == [-1.0, pd.NA]

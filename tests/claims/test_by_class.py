"""Differences in single classes, computed anew from which images cells get wrong."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from ablate.analysis import Results, outcomes_of
from ablate.claims import ByClass, by_class, compared_by_class, comparison
from ablate.errors import UsageError
from tests.made_outcomes import NAMES, Wrong, cells_of, labels, reader, wrong
from tests.made_results import made


def results_of(rows: Any, found: Wrong, **head: Any) -> Results:
    table = rows(*cells_of(found), sweep=("depth",))
    return made(table, **{"baseline": "A", "sweep_keys": ("depth",), **head})


def told(rows: Any, found: Wrong, **options: Any) -> ByClass:
    results = results_of(rows, found)
    return compared_by_class(results, outcomes_of(results.cells, reader(found)), **options)


def error(found: Wrong, cell: str, name: str) -> float:
    """Percent of the images of a class."""
    own = found[cell]
    return 100 * float(own[labels(len(own)) == NAMES.index(name)].mean())


def test_a_class_has_a_t_interval_of_its_own_for_all_classes_at_once(rows) -> None:
    found = wrong("AB", seeds=4)
    table = told(rows, found).table
    assert table["images"].tolist() == [80] * 6
    base = table[table["is_baseline"]]
    assert base["error"].is_monotonic_decreasing and sorted(base["class"]) == sorted(NAMES)
    for row in table[~table["is_baseline"]].to_dict("records"):
        ours, theirs = (
            np.array([error(found, f"{design}-{seed}", row["class"]) for seed in range(4)])
            for design in "BA"
        )
        each = ours - theirs
        half = stats.t.ppf(1 - 0.025 / 3, 3) * stats.sem(each)
        assert (row["error"], row["difference"]) == pytest.approx((ours.mean(), each.mean()))
        ends = [row["difference_low"], row["difference_high"]]
        # A critical value so far out is known to about two hundredths of itself.
        expected = [each.mean() - half, each.mean() + half]
        assert ends == pytest.approx(expected, abs=0.03 * half)


def test_classes_add_up_to_what_compare_says_at_equal_cost(rows) -> None:
    designs = [f"{name}-{depth}" for name in "ABC" for depth in (1, 2, 3)]
    found = wrong(designs, seeds=3, images=300)
    by = told(rows, found)
    lines = comparison(results_of(rows, found)).lines.set_index("variant")
    assert (by.at, by.comparisons, by.points, by.baseline) == ("at equal parameters", 6, 3, "A")
    table = by.table[~by.table["is_baseline"]]
    for variant, own in table.groupby("variant"):
        assert own["difference"].mean() == pytest.approx(lines["difference"][variant])
    for row in by.table.to_dict("records"):
        keys = [f"{row['variant']}-{d}-{s}" for d in (1, 2, 3) for s in range(3)]
        assert row["error"] == pytest.approx(np.mean([error(found, k, row["class"]) for k in keys]))
    # On a log scale, a quarter, a half and a quarter of depths 1, 2 and 3.
    for row in table.to_dict("records"):
        of_points = [
            np.mean(
                [
                    error(found, f"{row['variant']}-{d}-{s}", row["class"])
                    - error(found, f"A-{d}-{s}", row["class"])
                    for s in range(3)
                ]
            )
            for d in (1, 2, 3)
        ]
        assert row["difference"] == pytest.approx(np.dot(of_points, [0.25, 0.5, 0.25]))


def test_over_images_no_interval_is_narrower(rows) -> None:
    found = wrong("ABC", seeds=3)
    alone, crossed = told(rows, found), told(rows, found, over_images=True)
    assert (alone.over, crossed.over) == ("seeds", "seeds and images")
    width = [(by.table["difference_high"] - by.table["difference_low"]) for by in (alone, crossed)]
    assert (width[1] >= width[0]).dropna().all() and (width[1] > width[0]).any()
    assert crossed.table["difference"].equals(alone.table["difference"])


def test_a_class_that_all_get_right_has_an_interval_of_its_images(rows) -> None:
    found = {k: bits & (labels(240) != 1) for k, bits in wrong("AB", seeds=3).items()}
    by = told(rows, found)
    (row,) = by.table[(by.table["class"] == NAMES[1]) & ~by.table["is_baseline"]].to_dict("records")
    # Wilson's of 0 of 80, Bonferroni over three classes.
    z = stats.norm.ppf(1 - 0.025 / 3)
    high = 100 * z**2 / (80 + z**2)
    assert by.some_over_images and row["difference"] == 0
    assert [row["difference_low"], row["difference_high"]] == pytest.approx([-high, high])


def test_one_seed_has_differences_without_intervals(rows) -> None:
    by = told(rows, wrong("AB", seeds=1))
    assert by.over == "" and by.comparisons == 3
    assert by.table["difference"].notna().sum() == 3 and by.table["difference_low"].isna().all()


def test_points_without_a_partner_are_named(rows) -> None:
    by = told(rows, wrong(["A-1", "B-9", "C-1"], seeds=2))
    assert (by.left_out, by.at) == (("B, depth 9",), "at equal depth")
    others = by.table[~by.table["is_baseline"]].set_index("variant")
    assert set(others.index) == {"B, depth 9", "C, depth 1"} and by.baseline == "A, depth 1"
    assert others["difference"].isna().groupby("variant").all().tolist() == [True, False]


def test_what_was_lost_or_seen_before_stands_below(rows) -> None:
    found = wrong("AB", seeds=3)
    more = {"when": "2026-01-02T03:04", "done": 4, "elsewhere": False}
    extension = {**more, "before": [0, 1], "after": [0, 1, 2]}
    results = results_of(rows, found, extensions=[extension])
    is_lost = results.cells["key"] == "B-2"
    cells = results.cells.assign(state=results.cells["state"].mask(is_lost, "diverged"))
    by = compared_by_class(Results(cells, results.head), outcomes_of(cells, reader(found)))
    assert by.lost == ("B diverged 1 of 3",) and by.comparisons == 3
    assert "2 to 3 on 2026-01-02" in by.notes[-1]


def test_seeds_that_raced_are_said_to_have(rows) -> None:
    results = results_of(rows, found := wrong("AB", seeds=3), race={"least": 3, "most": 5})
    (note, *_) = compared_by_class(results, outcomes_of(results.cells, reader(found))).notes
    assert note.startswith("seeds raced for the error of all classes")


def test_of_a_search_it_is_the_best_cell(rows, monkeypatch: pytest.MonkeyPatch) -> None:
    found = wrong(["s-1", "s-2"], seeds=1, shift={"s-2": -1.0})
    results = results_of(rows, found, objectives={"error": "minimize"}, baseline="")
    asked: list[str] = []

    def read(folder: Path, table: Any, data: Any) -> Any:
        asked.extend(table["key"])
        return outcomes_of(table, reader(found))

    module = import_module("ablate.claims.by_class")  # the door has the function
    monkeypatch.setattr(module, "read_outcomes", read)
    by = by_class(".", results)
    assert asked == ["s-2-0"] and by.baseline == "s, depth 2" and by.comparisons == 0
    assert by.table["is_baseline"].all() and len(by.table) == 3
    with pytest.raises(UsageError, match="over: unknown value"):
        by_class(".", results, over="pictures")

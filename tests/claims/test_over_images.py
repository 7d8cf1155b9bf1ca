"""Differences over seeds and images, computed anew from which images cells get wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ablate.analysis import outcomes_of
from ablate.claims import Comparison, comparison, drawn
from ablate.errors import UsageError
from tests.made_outcomes import Wrong, cells_of, reader, wrong
from tests.made_results import made


def both(rows: Any, found: Wrong, **head: Any) -> tuple[Comparison, Comparison]:
    """Cells that get such images wrong, compared over seeds, and over images as well."""
    table = rows(*cells_of(found), sweep=("depth",))
    outcomes = outcomes_of(table, reader(found))
    names = {"baseline": "A", "sweep_keys": ("depth",), "images": outcomes.wrong.shape[1]}
    results = made(table, **{**names, **head})
    return comparison(results), comparison(results, outcomes=outcomes)


def variances(each: np.ndarray) -> tuple[float, float]:
    """(seeds, images) of differences -> the variance of their mean over seeds, and over images."""
    seeds, images = each.shape
    rest = each - each.mean(axis=0) - each.mean(axis=1, keepdims=True) + each.mean()
    of_both = (rest**2).sum() / (seeds - 1) / (images - 1)
    over_images = each.mean(axis=0).var(ddof=1) / images - of_both / seeds / images
    return each.mean(axis=1).var(ddof=1) / seeds, over_images


def test_a_difference_is_that_of_a_two_way_table(rows) -> None:
    found = wrong("AB", seeds=4, shift={"B": -0.4})
    alone, crossed = both(rows, found)
    each = np.array([100.0 * found[f"B-{s}"] - 100.0 * found[f"A-{s}"] for s in range(4)])
    over_seeds, over_images = variances(each)
    assert over_images > over_seeds  # or nothing is shown here
    t, z, mean = stats.t.ppf(0.975, 3), stats.norm.ppf(0.975), each.mean()
    halves = t * np.sqrt(over_seeds), np.sqrt(t**2 * over_seeds + z**2 * over_images)
    for compared, half in zip((alone, crossed), halves, strict=True):
        row = compared.rows.iloc[1]
        assert row["difference"] == pytest.approx(mean)
        ends = row[["difference_low", "difference_high"]].tolist()
        assert ends == pytest.approx([mean - half, mean + half], rel=0.02)
    half_p = crossed.rows["p"][1] / 2
    t, z = stats.t.isf(half_p, 3), stats.norm.isf(half_p)
    assert np.sqrt(t**2 * over_seeds + z**2 * over_images) == pytest.approx(abs(mean), rel=0.03)
    assert (alone.of_rows.over, crossed.of_rows.over) == ("seeds", "seeds and images")
    assert "(95% interval, over seeds and images)" in crossed.answer


def test_what_is_so_on_these_images_may_not_be_so_on_others(rows) -> None:
    """Designs of the same error in truth, which differ on the images at hand."""
    alone, crossed = both(rows, wrong("ABC", seeds=4, images=400, draw=2))
    assert alone.rows["verdict"].tolist()[1:] == ["worse", "undecided"]
    assert crossed.rows["verdict"].tolist()[1:] == ["undecided", "undecided"]
    assert crossed.rows["error"].equals(alone.rows["error"])


def test_where_images_leave_more_than_the_margin_seeds_do_not_help(rows) -> None:
    alone, crossed = both(rows, wrong("AB", seeds=4, images=100), margin=1.0)
    assert alone.rows["seeds_needed"].notna()[1] and crossed.rows["seeds_needed"].isna()[1]
    assert crossed.answer.endswith("; to within 1 point it would take more images.")
    _, of_many = both(rows, wrong("AB", seeds=4, images=4_000), margin=4.0)
    assert of_many.rows["verdict"][1] == "equal"


def test_lines_and_ratios_are_of_one_family(rows) -> None:
    designs = [f"{name}-{depth}" for name in "AB" for depth in (1, 2, 3)]
    found = wrong(designs, seeds=3, images=600, shift={d: -0.4 * int(d[2:]) for d in designs})
    alone, crossed = (compared.lines.iloc[1] for compared in both(rows, found))
    assert crossed["difference"] == pytest.approx(alone["difference"])
    for end, wider in (("low", -1), ("high", 1)):
        for name in (f"difference_{end}", f"ratio_{end}"):
            assert wider * (crossed[name] - alone[name]) > 0, name
    assert crossed["ratio"] == pytest.approx(alone["ratio"])
    # The line's weights: at depths 1, 2 and 3, on a log scale, a quarter, a half and a quarter.
    each = np.array(
        [
            sum(
                weight * 100.0 * (found[f"B-{d}-{s}"].astype(float) - found[f"A-{d}-{s}"])
                for d, weight in ((1, 0.25), (2, 0.5), (3, 0.25))
            )
            for s in range(3)
        ]
    )
    _, over_images = variances(each)
    squares = [((row["difference_high"] - row["difference"]) ** 2) for row in (alone, crossed)]
    added = stats.norm.ppf(0.975) ** 2 * over_images
    # The rest is pooled over all points in the one, and of this difference alone in the other.
    assert squares[1] - squares[0] == pytest.approx(added, rel=0.1)


def test_two_networks_of_one_seed_differ_without_a_verdict(rows) -> None:
    found = wrong("ABC", seeds=1, shift={"B": -0.6, "C": 0.1})
    alone, crossed = both(rows, found)
    assert "mcnemar_p" not in alone.rows
    tests = []
    for i, name in ((1, "B"), (2, "C")):
        table = pd.crosstab(found[f"{name}-0"], found["A-0"])
        here, there = int(table.loc[True, False]), int(table.loc[False, True])
        assert crossed.rows.loc[i, ["wrong_only_here", "wrong_only_there"]].tolist() == [
            here,
            there,
        ]
        assert 100 * (here - there) / 240 == pytest.approx(crossed.rows["difference"][i])
        tests.append(stats.binomtest(here, here + there).pvalue)
    assert tests[0] < 0.025 and tests[0] < tests[1]
    expected = [2 * tests[0], max(2 * tests[0], tests[1])]
    assert crossed.rows["mcnemar_p"].tolist()[1:] == pytest.approx(expected)
    assert crossed.rows["verdict"].tolist()[1:] == ["undecided", "undecided"]
    assert crossed.rows["difference_low"].isna().all() and crossed.answer == alone.answer
    assert "mcnemar_p" not in both(rows, wrong("AB", seeds=2))[1].rows


def test_the_very_same_network_is_not_set_against_itself(rows) -> None:
    found = wrong("AB", seeds=1)
    cells = [*cells_of(found), ("C", 0, 100 * float(found["A-0"].mean()), {"key": "A-0"})]
    table = rows(*cells)
    outcomes = outcomes_of(table, reader(found))
    compared = comparison(made(table, baseline="A"), outcomes=outcomes).rows
    assert compared["wrong_only_here"].notna().tolist() == [False, True, False]


def test_what_has_no_images_to_be_over(rows) -> None:
    results = made(rows(("s", 0, 5.0)), objectives={"error": "minimize"})
    with pytest.raises(UsageError, match="over: a search has no differences"):
        drawn(".", results, "images")
    with pytest.raises(UsageError, match=r"unknown value `image`\. Did you mean `images`\?"):
        drawn(".", results, "image")
    assert drawn(".", results, "seeds") is None

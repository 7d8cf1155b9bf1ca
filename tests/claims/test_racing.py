"""Seeds that race: every look computed anew from raw cells, and what it leaves open."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ablate.claims import comparison
from ablate.claims.racing import raced
from ablate.statistics import nominal_levels
from tests.made_results import made

LEAST, MOST = 3, 6
RACE = {"least": LEAST, "most": MOST}


def cells(seeds: dict[str, int], *, draw: int = 0) -> list[tuple[Any, ...]]:
    """B is much better than A, C is as good; each with its first so many seeds."""
    noise = np.random.default_rng(draw).normal(0, 0.3, (3, MOST))
    means = {"A": 10.0, "B": 5.0, "C": 10.0}
    return [
        (name, seed, means[name] + noise[i, seed])
        for i, name in enumerate(means)
        for seed in range(seeds[name])
    ]


def run(rows: Any, each: list[tuple[Any, ...]], **head: Any) -> Any:
    return made(rows(*each), **{"baseline": "A", "race": RACE, **head})


def limit(seeds: int, freedom: int) -> float:
    shares = [number / MOST for number in range(LEAST, MOST + 1)]
    return float(stats.t.isf(nominal_levels(shares, 0.05 / 2)[seeds - LEAST] / 2, freedom))


def expected(each: list[tuple[Any, ...]], name: str, seeds: int) -> tuple[float, float]:
    """A difference to A, and half its interval, at the look with so many seeds: numpy alone."""
    table = pd.DataFrame([row[:3] for row in each if row[1] < seeds], columns=["v", "s", "e"])
    points, blocks = pd.get_dummies(table["v"]), pd.get_dummies(table["s"]).iloc[:, 1:]
    design = np.hstack([points, blocks]).astype(float)
    solution, (squares,), rank, _ = np.linalg.lstsq(design, table["e"].to_numpy(), rcond=None)
    freedom = len(table) - rank
    contrast = np.zeros(design.shape[1])
    contrast[list(points).index(name)], contrast[list(points).index("A")] = 1, -1
    variance = contrast @ np.linalg.inv(design.T @ design) @ contrast * squares / freedom
    return float(contrast @ solution), float(limit(seeds, freedom) * np.sqrt(variance))


def test_what_is_decided_stops_and_the_rest_goes_on(rows: Any) -> None:
    after = raced(run(rows, cells({"A": 3, "B": 3, "C": 3})))
    assert [row.get("verdict") for row in after.judged] == [None, "better", "undecided"]
    assert after.still_open == {"A", "C"}
    later = raced(run(rows, cells({"A": 4, "B": 3, "C": 4})))
    assert str(later.judged[1]) == str(after.judged[1])
    assert later.basis.looked == (3, 4) and later.still_open == {"A", "C"}


@pytest.mark.parametrize("seeds", [3, 4, 5, 6])
def test_every_look_is_recomputed(rows: Any, seeds: int) -> None:
    each = cells({"A": seeds, "B": 3, "C": seeds})
    judged = raced(run(rows, each)).judged
    for row, name, look in ((judged[1], "B", 3), (judged[2], "C", seeds)):
        difference, half = expected(each, name, look)
        assert row["difference"] == pytest.approx(difference)
        assert row["difference_low"] == pytest.approx(difference - half)
        assert row["difference_high"] == pytest.approx(difference + half)
        assert np.isnan(row["p"]) and row["seeds_needed"] is None


def test_nothing_is_open_once_the_seeds_are_spent(rows: Any) -> None:
    ended = raced(run(rows, cells({"A": 6, "B": 3, "C": 6})))
    assert ended.judged[2]["verdict"] == "undecided" and not ended.still_open


def test_a_tie_is_decided_within_a_margin(rows: Any) -> None:
    each = cells({"A": 4, "B": 3, "C": 4})
    ended = raced(run(rows, each, margin=3.0))
    assert [row.get("verdict") for row in ended.judged] == [None, "better", "equal"]
    assert not ended.still_open


def test_a_look_waits_for_all_its_cells(rows: Any) -> None:
    each = cells({"A": 3, "B": 3, "C": 3})
    working = [*each[:-1], (*each[-1][:2], None, {"state": "running"})]
    begun = raced(run(rows, working))
    assert not begun.judged and not begun.still_open
    third = [*cells({"A": 4, "B": 3, "C": 3}), ("C", 3, None, {"state": "waiting"})]
    assert str(raced(run(rows, third)).judged) == str(raced(run(rows, each)).judged)
    assert not raced(run(rows, third)).still_open


def test_a_lost_cell_does_not_hold_it_up(rows: Any) -> None:
    each = cells({"A": 3, "B": 3, "C": 3})
    lost = [*each[:-1], (*each[-1][:2], None, {"state": "failed"})]
    assert raced(run(rows, lost)).still_open == {"A", "C"}


def test_compare_tells_with_how_many_seeds(rows: Any) -> None:
    compared = comparison(run(rows, cells({"A": 4, "B": 3, "C": 4})))
    assert compared.rows["verdict"].tolist()[1:] == ["better", "undecided"]
    assert compared.of_rows.looked == (3, 4)
    assert "hold for all and at every look, over seeds); more seeds are to come" in compared.answer
    ended = comparison(run(rows, cells({"A": 6, "B": 3, "C": 6})))
    assert "6 seeds, the most, did not decide it" in ended.answer

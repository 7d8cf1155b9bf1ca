"""Ratios of costs at equal error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ablate.claims import Comparison, at_equal_error, comparison
from ablate.errors import HolesError, UsageError
from tests.made_results import made

ERRORS = {10: 9.0, 22: 7.0, 40: 6.2, 100: 5.0}
PARAMS = {10: 1000, 22: 3000, 40: 11000, 100: 40000}


def line(
    variant: str, factor: float = 1.0, seed: int = 0, errors: dict[int, float] | None = None
) -> list[tuple[Any, ...]]:
    """The cells of one curve: ERRORS at `factor` times PARAMS."""
    return [
        (variant, seed, error, {"depth": depth, "params": round(factor * PARAMS[depth])})
        for depth, error in (errors or ERRORS).items()
    ]


def noisy(factor: float, seeds: int, deviation: float, draw: int = 0) -> list[tuple[Any, ...]]:
    """Two curves, each straight in log cost, of which ours costs `factor` times as much."""
    generator = np.random.default_rng(draw)
    of_seeds, cells = generator.normal(0, 0.3, seeds), []
    for variant, k in (("base", 1.0), ("B", factor)):
        for step in range(5):
            params = round(10_000 * k * 2**step)
            for seed in range(seeds):
                error = 30 - 1.5 * np.log(params / k) + of_seeds[seed]
                error += generator.normal(0, deviation)
                cells.append((variant, seed, error, {"depth": step, "params": params}))
    return cells


def equal(table: pd.DataFrame, cost: str = "params", **head: Any) -> Comparison:
    return at_equal_error(made(table, **{"baseline": "base", **head}), cost)


def found(rows: Any, *cells: tuple[Any, ...], cost: str = "params") -> dict[str, Any]:
    lines = equal(rows(*cells, sweep=("depth",)), cost).lines
    (row,) = lines[~lines["is_baseline"]].to_dict("records")
    return {str(name): None if pd.isna(value) else value for name, value in row.items()}


@pytest.mark.parametrize("factor", [3.0, 1.0, 0.5])
def test_a_constant_factor_is_found(rows, factor: float) -> None:
    row = found(rows, *line("base"), *line("B", factor))
    assert row["ratio"] == pytest.approx(factor, rel=1e-3)
    assert (row["ratio_low"], row["ratio_high"]) == (None, None)
    assert row["ratio_reason"] == "no interval" and row["ratio_covered"] == pytest.approx(1, 0.01)


def test_other_points_of_one_curve_have_the_ratio_one(rows) -> None:
    """Straight in log cost, so that any points of it give the same line."""
    base = [("base", 0, 10 - np.log2(p), {"depth": p, "params": p}) for p in (2, 8, 64)]
    other = [("B", 0, 10 - np.log2(p), {"depth": p, "params": p}) for p in (4, 16, 32, 128)]
    row = found(rows, *base, *other)
    assert row["ratio"] == pytest.approx(1, rel=1e-3)
    assert row["ratio_covered"] == pytest.approx(4 / 5, rel=0.01)  # 4 to 64 of 2 to 64


def test_a_ratio_that_changes_along_the_curve_is_its_mean(rows) -> None:
    """log2 of the ratio falls from 2 to 0 on straight lines."""
    base = [("base", 0, 10 - x, {"depth": x, "params": 4**x}) for x in (1, 2, 3)]
    other = [("B", 0, 10 - x, {"depth": x, "params": 2 ** (x + 3)}) for x in (1, 2, 3)]
    assert found(rows, *base, *other)["ratio"] == pytest.approx(2, rel=0.01)


def test_a_single_network_is_set_against_a_curve(rows) -> None:
    row = found(rows, *line("base"), ("B", 0, 7.0, {"depth": 1, "params": 9000}))
    assert row["ratio"] == pytest.approx(3, rel=1e-3)


def test_the_interval_holds_what_is_not_spoken_against(rows) -> None:
    """Ours divided by either end: there the difference at equal cost is just decided."""
    cells = noisy(0.6, seeds=4, deviation=0.3)
    row = found(rows, *cells)
    assert row["ratio_low"] < row["ratio"] < row["ratio_high"] and row["ratio_reason"] == ""
    for end in ("ratio_low", "ratio_high"):
        moved = [
            (name, seed, error, {**more, "params": more["params"] / row[end] ** (name == "B")})
            for name, seed, error, more in cells
        ]
        whole = [
            (*cell[:3], {**cell[3], "params": round(1e6 * cell[3]["params"])}) for cell in moved
        ]
        lines = comparison(made(rows(*whole, sweep=("depth",)), baseline="base")).lines
        assert lines["p"].iloc[1] == pytest.approx(0.05, abs=0.01)


def test_a_ratio_and_a_difference_decide_alike(rows) -> None:
    for draw in range(8):
        row = found(rows, *noisy(0.8, seeds=3, deviation=0.5, draw=draw))
        excludes_one = not (row["ratio_low"] or 0) <= 1 <= (row["ratio_high"] or np.inf)
        assert excludes_one == (row["verdict"] in ("better", "worse"))


# Of 10: 9.5 expected, sd 0.7; of 150: 142.5, sd 2.7.
@pytest.mark.parametrize(
    ("studies", "least", "most"),
    [(10, 8, 10), pytest.param(150, 134, 149, marks=pytest.mark.slow)],
)
def test_the_interval_holds_the_truth_as_often_as_it_says(
    rows, studies: int, least: int, most: int
) -> None:
    held = 0
    for draw in range(studies):
        row = found(rows, *noisy(0.7, seeds=3, deviation=0.6, draw=draw))
        held += (row["ratio_low"] or 0) <= 0.7 <= (row["ratio_high"] or np.inf)
    assert least <= held <= most


def test_errors_that_hardly_overlap_give_one_end(rows) -> None:
    """All of ours are worse than the baseline's worst, but for noise: at least so many times."""
    draw = np.random.default_rng(0)
    cells = []
    for seed in range(3):
        for variant, errors in (("base", (3.0, 2.4, 2.0)), ("B", (4.2, 3.4, 3.05))):
            for step, error in enumerate(errors):
                more = {"depth": step, "params": 1000 * 3**step}
                cells.append((variant, seed, error + draw.normal(0, 0.3), more))
    compared = equal(rows(*cells, sweep=("depth",)))
    row = compared.lines.iloc[1]
    assert row["ratio"] is pd.NA and row["ratio_high"] is pd.NA and row["ratio_low"] > 1
    assert row["ratio_reason"] == ""
    assert f"at equal error it takes at least {row['ratio_low']:.2g} times the" in compared.answer


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (line("B", errors={10: 4.9, 22: 4.0}), "no error in common: 4.00 to 4.90 against 5.00 to"),
        (line("B", seed=4), "no seed in common with the baseline"),
        ([("B", 0, None, {"depth": 10})], "no cell is done"),
    ],
)
def test_no_ratio_and_why(rows, other: list[tuple[Any, ...]], reason: str) -> None:
    row = found(rows, *line("base"), *other)
    assert row["ratio_reason"].startswith(reason) and row["ratio"] is None


def test_errors_that_rise_with_cost_have_none(rows) -> None:
    base = [
        ("base", 0, 5.0, {"depth": 1, "params": 10}),
        ("base", 0, 7.0, {"depth": 2, "params": 99}),
    ]
    other = [("B", 0, 5.5, {"depth": 1, "params": 20}), ("B", 0, 6.5, {"depth": 2, "params": 50})]
    row = found(rows, *base, *other)
    assert row["ratio"] is None
    assert row["ratio_reason"] == "errors do not fall with cost from 20 on"


def test_a_seed_with_a_hole_keeps_its_other_cells(rows) -> None:
    cells = [
        cell for seed in range(3) for v, k in (("base", 1), ("B", 3)) for cell in line(v, k, seed)
    ]
    cells[-1] = (*cells[-1][:2], None, {"depth": 100, "state": "oom"})
    assert found(rows, *cells)["ratio"] == pytest.approx(3, rel=1e-3)


def test_other_costs(rows) -> None:
    cells = [
        (name, 0, error, {"depth": depth, "macs": k * PARAMS[depth]})
        for name, k in (("base", 5), ("B", 2))
        for depth, error in ERRORS.items()
    ]
    assert found(rows, *cells, cost="macs")["ratio"] == pytest.approx(0.4, rel=1e-3)


def test_messages(rows) -> None:
    table = rows(*line("base"), *line("B"), sweep=("depth",))
    with pytest.raises(UsageError, match="Did you mean `params`"):
        equal(table, "parms")
    with pytest.raises(UsageError, match="unknown variant `bse`"):
        equal(table, baseline="bse")
    with pytest.raises(HolesError, match=r"\(peak_bytes\) recorded; recorded are: params, macs"):
        equal(table, "peak_bytes")
    with pytest.raises(UsageError, match="is of fixed designs"):
        equal(table, objectives={"error": "minimize"})
    with pytest.raises(UsageError, match="is of fixed designs"):
        equal(table, design={"kind": "factorial", "reference": {"depth": 10}})
    with pytest.raises(UsageError, match="no variant has two points"):
        equal(rows(("base", 0, 5.0), ("B", 0, 6.0)))

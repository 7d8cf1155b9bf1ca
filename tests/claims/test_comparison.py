"""Every number of a comparison, computed anew from raw cells by other means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from ablate.claims import Comparison, comparison
from tests.made_results import made

DEPTHS = {"A": (10, 16, 22), "B": (10, 16, 22, 28), "C": (16, 22)}
SIZE = {"A": 100, "B": 70, "C": 150}  # parameters per depth squared
SHIFT = {"A": 0.0, "B": -1.0, "C": 0.3}


def sweeps(
    seeds: int = 3, noise: Mapping[str, float] | None = None, draw: int = 0
) -> list[tuple[Any, ...]]:
    """Cells of three curves; what a seed adds is the same at all points."""
    generator = np.random.default_rng(draw)
    of_seeds, cells = generator.normal(0, 0.5, seeds), []
    for name, depths in DEPTHS.items():
        for depth in depths:
            params = SIZE[name] * depth**2
            for seed in range(seeds):
                error = 30 - 2 * np.log(params) + SHIFT[name] + of_seeds[seed]
                error += generator.normal(0, (noise or {}).get(name, 0.4))
                cells.append((name, seed, error, {"depth": depth, "params": params}))
    return cells


def compared(rows: Any, cells: list[tuple[Any, ...]], **head: Any) -> Comparison:
    table = rows(*cells, sweep=("depth",))
    return comparison(made(table, **{"baseline": "A", "sweep_keys": ("depth",), **head}))


class ByLeastSquares:
    """The model again: dummies for points and seeds, solved by numpy, integrated by scipy."""

    def __init__(self, cells: list[tuple[Any, ...]]) -> None:
        self.points = list(dict.fromkeys((name, more["depth"]) for name, _, _, more in cells))
        seeds = sorted({seed for _, seed, _, _ in cells})
        self.costs = {(name, more["depth"]): more["params"] for name, _, _, more in cells}
        self.design = np.zeros((len(cells), len(self.points) + len(seeds) - 1))
        self.errors = np.array([error for _, _, error, _ in cells])
        for row, (name, seed, _, more) in enumerate(cells):
            self.design[row, self.points.index((name, more["depth"]))] = 1
            if seed != seeds[0]:
                self.design[row, len(self.points) + seeds.index(seed) - 1] = 1
        self.solution, squares, rank, _ = np.linalg.lstsq(self.design, self.errors, rcond=None)
        self.freedom = len(cells) - rank
        self.variance = float(squares[0]) / self.freedom
        self.covariance = self.variance * np.linalg.inv(self.design.T @ self.design)

    def contrast(self, weights: Mapping[tuple[str, int], float]) -> np.ndarray:
        whole = np.zeros(self.design.shape[1])
        for point, weight in weights.items():
            whole[self.points.index(point)] = weight
        return whole

    def family(self, contrasts: list[np.ndarray]) -> dict[str, np.ndarray]:
        """Estimates, half widths and p of contrasts that are judged together."""
        matrix = np.array(contrasts)
        covariance = matrix @ self.covariance @ matrix.T
        errors = np.sqrt(np.diag(covariance))
        shape = covariance / np.outer(errors, errors)
        t = stats.multivariate_t(shape=shape, df=self.freedom, seed=1, allow_singular=True)

        def outside(ends: float) -> float:
            high = np.full(len(matrix), ends)
            return 1 - float(t.cdf(high, lower_limit=-high))

        low, high = 1.0, 30.0
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if outside(middle) > 0.05 else (low, middle)
        estimates = matrix @ self.solution
        return {
            "difference": estimates,
            "half": low * errors,
            "p": np.array([outside(abs(value)) for value in estimates / errors]),
        }

    def at_equal_cost(self, variant: str, baseline: str = "A") -> np.ndarray:
        """The mean difference of two curves over the costs of both, by a fine grid."""
        curves = {
            name: [(self.costs[point], point) for point in self.points if point[0] == name]
            for name in (variant, baseline)
        }
        low = max(min(cost for cost, _ in curve) for curve in curves.values())
        high = min(max(cost for cost, _ in curve) for curve in curves.values())
        grid = np.linspace(np.log(low), np.log(high), 20_001)
        weights = {}
        for name, sign in ((variant, 1), (baseline, -1)):
            places = np.log([cost for cost, _ in curves[name]])
            for i, (_, point) in enumerate(curves[name]):
                values = np.interp(grid, places, np.eye(len(places))[i])
                mean = np.trapezoid(values, grid) / (grid[-1] - grid[0])
                weights[point] = sign * float(mean)
        return self.contrast(weights)


def check(table: pd.DataFrame, expected: Mapping[str, np.ndarray]) -> None:
    numbers = table[["difference", "difference_low", "difference_high", "p"]].astype(float)
    assert numbers["difference"].tolist() == pytest.approx(expected["difference"], abs=1e-6)
    # A critical value of 40,000 draws is off by about 0.01 in 3, a probability by 0.002.
    for name, sign in (("difference_low", -1), ("difference_high", 1)):
        halves = sign * (numbers[name] - numbers["difference"])
        assert halves.tolist() == pytest.approx(expected["half"], rel=0.02)
    assert numbers["p"].tolist() == pytest.approx(expected["p"], abs=0.01)


@pytest.mark.parametrize("lost", [(), (1, 8, 20)])
def test_lines_at_equal_cost_and_rows_at_equal_depth(rows, lost: tuple[int, ...]) -> None:
    whole = sweeps()
    cells = [cell for i, cell in enumerate(whole) if i not in lost]
    waiting = [(name, seed, None, more) for name, seed, _, more in (whole[i] for i in lost)]
    found = compared(rows, [*cells, *waiting])
    model = ByLeastSquares(cells)
    lines = found.lines[~found.lines["is_baseline"]]
    assert lines["variant"].tolist() == ["B", "C"]
    check(lines, model.family([model.at_equal_cost("B"), model.at_equal_cost("C")]))
    assert lines["cost_low"].tolist() == [100 * 10**2, 150 * 16**2]
    assert lines["cost_high"].tolist() == [100 * 22**2] * 2
    span = np.log(70 * 28**2 / (70 * 10**2))
    assert lines["covered"].tolist()[0] == pytest.approx(np.log(22**2 / 10**2) / span)
    pairs = [("B", 10), ("B", 16), ("B", 22), ("C", 16), ("C", 22)]
    expected = model.family([model.contrast({p: 1, ("A", p[1]): -1}) for p in pairs])
    differing = found.rows[found.rows["difference"].notna()]
    assert list(zip(differing["variant"], differing["depth"], strict=True)) == pairs
    check(differing, expected)
    assert differing["cost_ratio"].tolist() == pytest.approx([0.7, 0.7, 0.7, 1.5, 1.5])
    assert found.rows["verdict"].isna().all()  # they decide nothing beside the lines
    assert (found.of_lines.comparisons, found.of_rows.comparisons) == (2, 5)
    assert found.of_lines.freedom == pytest.approx(model.freedom)
    assert found.of_lines.deviation == pytest.approx(np.sqrt(model.variance))
    assert found.of_lines.over == "seeds"


def test_points_without_a_sweep_are_the_family(rows) -> None:
    draw = np.random.default_rng(5)
    cells = [
        (name, seed, 8 + shift + draw.normal(0, 0.3), {"depth": 10, "params": 1000})
        for name, shift in (("A", 0.0), ("B", -2.0), ("C", 0.1))
        for seed in range(4)
    ]
    found = compared(rows, cells)
    assert found.lines.empty
    model = ByLeastSquares(cells)
    expected = model.family([model.contrast({(n, 10): 1, ("A", 10): -1}) for n in "BC"])
    check(found.rows[~found.rows["is_baseline"]], expected)
    assert found.rows["verdict"].tolist()[1:] == ["better", "undecided"]
    assert found.rows["seeds_needed"].isna().all()


def test_a_margin_makes_equal_and_says_how_many_seeds_decide(rows) -> None:
    cells = sweeps(seeds=4, draw=5)
    plain = compared(rows, cells)
    assert plain.lines["verdict"].tolist()[1:] == ["better", "undecided"]
    wide = compared(rows, cells, margin=1.5)
    assert wide.lines["verdict"].tolist()[2] == "equal"
    narrow = compared(rows, cells, margin=0.2)
    assert narrow.lines["verdict"].tolist()[2] == "undecided"
    needed = int(narrow.lines["seeds_needed"].tolist()[2])
    width = (narrow.lines["difference_high"] - narrow.lines["difference_low"]).tolist()[2]
    # With many degrees of freedom a width falls as the root of the seeds.
    assert needed == pytest.approx(4 * (width / 0.2) ** 2, rel=0.3)
    assert narrow.answer.endswith(f"; {needed} seeds each would decide it to within 0.2 points.")


def test_one_seed_decides_nothing_and_has_no_interval(rows) -> None:
    found = compared(rows, sweeps(seeds=1), images=400)
    lines = found.lines[~found.lines["is_baseline"]]
    assert lines["difference"].notna().all()
    assert lines[["difference_low", "difference_high", "p"]].isna().all(axis=None)
    assert lines["verdict"].tolist() == ["undecided", "undecided"]
    assert "one seed cannot tell" in found.answer and "interval" not in found.answer


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_where_seeds_leave_no_spread_the_images_interval_stands(rows, shift: float) -> None:
    """Newcombe's interval of two shares, which has a width where both are alike, too."""
    cells = [(name, seed, 5.0 + (name == "B") * shift) for name in "AB" for seed in range(3)]
    found = comparison(made(rows(*cells), baseline="A", images=400))
    row = found.rows.iloc[1]
    low, high = stats.binomtest(20, 400).proportion_ci(method="wilson")
    other = stats.binomtest(20 + round(4 * shift), 400).proportion_ci(method="wilson")
    down = np.hypot(0.05 + shift / 100 - other.low, high - 0.05)
    up = np.hypot(other.high - 0.05 - shift / 100, 0.05 - low)
    ends = [shift - 100 * down, shift + 100 * up]
    assert row[["difference_low", "difference_high"]].tolist() == pytest.approx(ends)
    assert row["verdict"] == "undecided" and row["p"] is pd.NA and found.of_rows.over == "images"
    unknown = comparison(made(rows(*cells), baseline="A")).rows.iloc[1]
    assert unknown[["difference_low", "difference_high"]].isna().all()


def test_deviations_that_clearly_differ_are_not_pooled(rows) -> None:
    noisy = compared(rows, sweeps(seeds=8, noise={"A": 0.1, "B": 0.1, "C": 3.0}))
    assert noisy.of_lines.differ is True
    b, c = (noisy.lines["difference_high"] - noisy.lines["difference_low"]).tolist()[1:]
    assert c > 5 * b
    assert compared(rows, sweeps(seeds=8)).of_lines.differ is False
    assert compared(rows, sweeps(seeds=3)).of_lines.differ is None


def test_curves_without_a_cost_in_common_are_told(rows) -> None:
    cells = [
        ("A", seed, 9.0 - depth / 10 + seed / 7, {"depth": depth, "params": 100 * depth})
        for depth in (10, 20)
        for seed in range(2)
    ]
    far = [("B", seed, 8.0 + seed / 5, {"depth": 10, "params": 90_000}) for seed in range(2)]
    near = [("C", seed, 8.0 - seed / 5, {"depth": 10, "params": 1500}) for seed in range(2)]
    found = compared(rows, [*cells, *far, *near])
    assert found.lines["reason"].tolist() == [
        "",
        "no parameters in common: 90k against 1k to 2k",
        "",
    ]
    assert found.lines["cost_low"].tolist() == [pd.NA, pd.NA, 1500.0]
    assert found.answer.endswith("; not compared: B.")
    only_far = compared(rows, [*cells, *far])
    assert only_far.of_lines.comparisons == 0 and only_far.rows["verdict"].notna().any()


def test_a_sweep_that_changes_no_cost_compares_point_by_point(rows) -> None:
    cells = [
        (name, seed, 8 + (name == "B") + depth / 10 + seed / 3, {"depth": depth, "params": params})
        for name, params in (("A", 1000), ("B", 800))
        for depth in (1, 2)
        for seed in range(2)
    ]
    line = compared(rows, cells).lines.iloc[1]
    assert line["difference"] == pytest.approx(1.0) and line["cost_ratio"] == pytest.approx(0.8)
    assert line["cost_low"] is pd.NA


def test_points_of_other_seeds_are_not_compared(rows) -> None:
    cells = [cell for cell in sweeps() if cell[0] != "C"]
    others = [(name, seed + 7, error, more) for name, seed, error, more in sweeps() if name == "C"]
    found = compared(rows, [*cells, *others])
    assert found.lines["reason"].tolist() == ["", "", "no seed in common with the baseline"]
    assert found.of_lines.comparisons == 1


def test_the_very_same_cells_are_counted_once(rows) -> None:
    """Two rules may come to one network, which is trained once and stands in two rows."""
    cells = [cell for cell in sweeps() if cell[0] != "C"]
    twins = [
        ("C", seed, error, {**more, "key": f"B-{more['depth']}-{seed}"})
        for name, seed, error, more in cells
        if name == "B"
    ]
    alone, beside = compared(rows, cells), compared(rows, [*cells, *twins])
    assert beside.of_lines.freedom == alone.of_lines.freedom
    b, c = beside.lines.iloc[1], beside.lines.iloc[2]
    numbers = ["difference", "difference_low", "difference_high", "p"]
    assert b[numbers].tolist() == pytest.approx(c[numbers].tolist())
    assert b[numbers].tolist() == pytest.approx(alone.lines.iloc[1][numbers].tolist(), abs=1e-3)
    copies = [
        ("C", seed, error, {**more, "key": f"A-{more['depth']}-{seed}"})
        for name, seed, error, more in cells
        if name == "A"
    ]
    line = compared(rows, [*cells, *copies]).lines.iloc[2]
    assert line["difference"] == 0 and line["verdict"] is pd.NA


# One study in twenty has a false claim: 0.6 expected, sd 0.75, and 10, sd 3.1.
@pytest.mark.parametrize(
    ("studies", "least", "most"), [(12, 0, 3), pytest.param(200, 2, 22, marks=pytest.mark.slow)]
)
def test_claims_are_false_as_seldom_as_they_say(
    rows, monkeypatch: pytest.MonkeyPatch, studies: int, least: int, most: int
) -> None:
    """Three variants with nothing to find."""
    monkeypatch.setitem(SHIFT, "B", 0.0)
    monkeypatch.setitem(SHIFT, "C", 0.0)
    false = 0
    for draw in range(studies):
        lines = compared(rows, sweeps(draw=draw)).lines
        false += bool(lines["verdict"].isin(["better", "worse"]).any())
    assert least <= false <= most

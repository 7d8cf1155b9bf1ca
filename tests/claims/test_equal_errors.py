from typing import Any

import numpy as np
import pandas as pd
import pytest

from ablate.claims import costs_at_equal_error
from ablate.errors import HolesError, UsageError
from ablate.statistics import efficiency_curve
from tests.made_results import made

# t(2 degrees of freedom, 97.5%) = 4.302653, over the root of 3.
HALF = 2.484138
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


def seeds(*factors: float) -> list[tuple[Any, ...]]:
    """The cells of both curves, a seed for each factor between them."""
    pairs = [line("base", seed=s) + line("B", k, seed=s) for s, k in enumerate(factors)]
    return [cell for pair in pairs for cell in pair]


def equal(table: pd.DataFrame, cost: str = "params", **head: Any) -> pd.DataFrame:
    return costs_at_equal_error(made(table, **{"baseline": "base", **head}), cost).rows


def found(rows: Any, *cells: tuple[Any, ...], cost: str = "params") -> dict[str, Any]:
    (row,) = equal(rows(*cells, sweep=("depth",)), cost).to_dict("records")
    return {str(name): None if pd.isna(value) else value for name, value in row.items()}


def test_a_constant_factor_is_found_at_every_error(rows) -> None:
    row = found(rows, *line("base"), *line("dear", 3))
    assert (row["n"], row["error_first"], row["error_last"], row["reason"]) == (1, 9.0, 5.0, "")
    ratios = [row[name] for name in ("ratio", "ratio_first", "ratio_middle", "ratio_last")]
    assert ratios == pytest.approx([3] * 4, rel=1e-12)
    assert row["ratio_low"] is None
    assert found(rows, *line("base", 3), *line("cheap"))["ratio"] == pytest.approx(1 / 3)


def test_at_every_error_between_the_points_too() -> None:
    costs = np.array(list(PARAMS.values()))
    one, other = (efficiency_curve(k * costs, list(ERRORS.values())) for k in (1, 3))
    assert one and other
    at = np.linspace(5, 9, 50)
    assert np.exp(other(at) - one(at)) == pytest.approx(3, rel=1e-12)
    assert (np.diff(one(at)) < 0).all()


def test_other_points_of_one_curve_have_the_ratio_one(rows) -> None:
    """Straight in log cost, so that any points of it give the same line."""
    base = [("base", 0, 10 - np.log2(p), {"depth": p, "params": p}) for p in (2, 8, 64)]
    other = [("B", 0, 10 - np.log2(p), {"depth": p, "params": p}) for p in (4, 16, 32, 128)]
    row = found(rows, *base, *other)
    assert (row["error_first"], row["error_last"]) == (8.0, 4.0)
    assert row["ratio"] == pytest.approx(1, rel=1e-9)


def test_ratios_that_change_along_the_curve(rows) -> None:
    """log2 of the ratio falls from 2 to 0 on a straight line: its mean is 1."""
    base = [("base", 0, 10 - x, {"depth": x, "params": 4**x}) for x in (1, 2, 3)]
    other = [("B", 0, 10 - x, {"depth": x, "params": 2 ** (x + 3)}) for x in (1, 2, 3)]
    row = found(rows, *base, *other)
    ratios = [row[name] for name in ("ratio", "ratio_first", "ratio_middle", "ratio_last")]
    assert ratios == pytest.approx([2, 4, 2, 1])


def test_the_interval_is_a_t_interval_of_the_log_ratio(rows) -> None:
    """Seeds with ratios 2, 4 and 8 at every error."""
    row = found(rows, *seeds(2, 4, 8))
    expected = 4 * 2 ** np.array([0, -HALF, HALF])
    for name in ("ratio", "ratio_first", "ratio_middle", "ratio_last"):
        ends = [row[f"{name}{end}"] for end in ("", "_low", "_high")]
        assert ends == pytest.approx(expected, rel=1e-5)
    assert row["n"] == 3


def test_noise_of_seeds_widens_the_interval_around_the_truth(rows) -> None:
    draw = np.random.default_rng(0)
    cells = []
    for seed in range(5):
        for variant, k in (("base", 1), ("B", 3)):
            noisy = {depth: error + draw.normal(0, 0.1) for depth, error in ERRORS.items()}
            cells += line(variant, k, seed, noisy)
    row = found(rows, *cells)
    assert row["ratio_low"] < 3 < row["ratio_high"] < 2 * row["ratio_low"]
    assert row["ratio"] == pytest.approx(3, rel=0.15)
    assert 8.5 < row["error_first"] < 9 and 5 < row["error_last"] < 5.5


def test_the_range_is_what_every_seed_of_both_reaches(rows) -> None:
    short = {10: 8.5, 22: 7.0, 40: 5.5}
    row = found(rows, *line("base"), *line("base", seed=1), *line("B", 3, 0, short),
                *line("B", 3, 1, {10: 8.0, 22: 7.0, 40: 6.0}))  # fmt: skip
    assert (row["error_first"], row["error_last"]) == (8.0, 6.0)


def test_points_in_the_wrong_order_become_one_at_their_means() -> None:
    curve = efficiency_curve([1, 2, 8, 16], [9.0, 6.0, 7.0, 5.0])
    assert curve is not None
    assert curve.x.tolist() == [5.0, 6.5, 9.0]
    assert np.exp(curve(6.5)) == pytest.approx(4)  # the geometric mean of 2 and 8
    wavy = {10: 9.0, 22: 6.5, 40: 6.7, 100: 5.0}
    costs = np.array(list(PARAMS.values()))
    pair = [efficiency_curve(k * costs, list(wavy.values())) for k in (1, 3)]
    assert all(pair)
    assert np.exp(pair[1](7.7) - pair[0](7.7)) == pytest.approx(3)  # type: ignore[misc]


def test_equal_costs_are_one_point_and_equal_errors_another() -> None:
    curve = efficiency_curve([4, 1, 1, 16, 64], [7.0, 8.0, 10.0, 7.0, 5.0])
    assert curve is not None
    assert curve.x.tolist() == [5.0, 7.0, 9.0]
    assert np.exp(curve([9.0, 7.0])) == pytest.approx([1, 8])
    assert efficiency_curve([1, 2, 3], [5.0, 6.0, 7.0]) is None
    assert efficiency_curve([1], [5.0]) is None


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (line("B", errors={10: 4.9, 22: 4.0}),
         "no error is common to all seeds of both: 4.00 to 4.90 and 5.00 to 9.00 %"),
        (line("B", errors={10: 7.0}), "B has one point with this cost, which is no curve"),
        (line("B", seed=4), "no seed is done at all points of both"),
        (line("B", errors={10: 6.0, 22: 7.0}),
         "B has errors that do not fall with cost, seed 0"),
        ([("B", 0, None, {"depth": 10})], "B has no point with this cost, which is no curve"),
    ],
)  # fmt: skip
def test_no_ratio_and_why(rows, other: list[tuple[Any, ...]], reason: str) -> None:
    row = found(rows, *line("base"), *other)
    assert row["reason"] == reason
    assert row["ratio"] is row["ratio_first"] is row["ratio_last"] is None


def test_a_seed_with_a_hole_is_left_out(rows) -> None:
    cells = seeds(2, 3, 4)
    cells[-1] = (*cells[-1][:2], None, {"depth": 100, "state": "oom"})
    row = found(rows, *cells)
    assert (row["n"], row["reason"]) == (2, "")
    assert row["ratio"] == pytest.approx(6**0.5)
    alone = found(rows, *line("base"), *line("base", seed=1), *line("B", 3, seed=1))
    assert (alone["n"], alone["ratio"]) == (1, pytest.approx(3))


def test_a_point_that_no_seed_reached_shortens_the_curve(rows) -> None:
    lost = [("B", s, None, {"depth": 190, "state": "oom"}) for s in range(2)]
    assert found(rows, *seeds(3, 3), *lost)["ratio"] == pytest.approx(3)


def test_no_seed_at_all_points(rows) -> None:
    holed = [*line("B", errors={10: 9.0}), *line("B", seed=1, errors={22: 7.0})]
    row = found(rows, *line("base"), *holed)
    assert row["reason"] == "B has no seed that is done at all of its 2 points"


def test_two_settings_are_no_curve(rows) -> None:
    cells = [("B", 0, 5.0, {"depth": d, "growth_rate": k}) for d in (10, 22) for k in (1, 2)]
    table = rows(*line("base"), *cells, sweep=("depth", "growth_rate"))
    reason = equal(table)["reason"][0]
    assert reason == "B sweeps depth and growth_rate, which is no one curve"


def test_other_costs(rows) -> None:
    cells = [
        (name, 0, error, {"depth": depth, "macs": k * PARAMS[depth]})
        for name, k in (("base", 5), ("B", 2))
        for depth, error in ERRORS.items()
    ]
    assert found(rows, *cells, cost="macs")["ratio"] == pytest.approx(0.4)


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

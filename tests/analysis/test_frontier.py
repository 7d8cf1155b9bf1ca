import numpy as np
import pandas as pd
import pytest

from ablate.analysis import front_shares, frontier_data
from ablate.errors import HolesError, UsageError
from ablate.statistics import fit_blocks, spread, undominated


def test_means_and_front_by_hand(rows) -> None:
    table = rows(
        ("A", 0, 9.0, {"depth": 10, "params": 100}),
        ("A", 1, 11.0, {"depth": 10, "params": 100}),
        ("A", 0, 7.0, {"depth": 22, "params": 400}),
        ("B", 0, 8.0, {"depth": 22, "params": 500}),
        ("C", 0, None, {"depth": 22}),
        sweep=("depth",),
    )
    data = frontier_data(table)
    assert data["cost"].tolist() == [100, 400, 500, pd.NA]
    assert data["error"].tolist() == [10.0, 7.0, 8.0, pd.NA]
    assert data["n"].tolist() == [2, 1, 1, 0]
    assert data["holes"].tolist() == [0, 0, 0, 1]
    assert data["on_front"].tolist() == [True, True, False, False]
    assert data["line"].tolist() == [0, 0, 1, 2]
    assert data.loc[0, "low"] == pytest.approx(10 - 12.706205)


def test_points_are_joined_along_the_setting_with_most_values(rows) -> None:
    cells = [
        ("A", 0, 5.0, {"depth": depth, "growth_rate": k}) for k in (12, 24) for depth in (1, 2, 3)
    ]
    data = frontier_data(rows(*cells, sweep=("growth_rate", "depth")))
    assert data["line"].tolist() == [0, 0, 0, 1, 1, 1]
    # There is one variant, so the lines are told apart by the other setting.
    assert data["label"].tolist() == ["growth rate 12"] * 3 + ["growth rate 24"] * 3


def test_a_line_is_called_as_its_variant_where_there_are_several(rows) -> None:
    cells = [(name, 0, 5.0, {"depth": depth}) for name in "AB" for depth in (1, 2)]
    assert frontier_data(rows(*cells, sweep=("depth",)))["label"].tolist() == ["A", "A", "B", "B"]


def test_of_settings_with_as_many_values_a_number_is_joined_along(rows) -> None:
    cells = [
        ("s", 0, 5.0, {"growth_rate": k, "optimizer": name})
        for k in (12, 24)
        for name in ("sgd", "adamw")
    ]
    data = frontier_data(rows(*cells, sweep=("growth_rate", "optimizer")))
    assert data["label"].tolist() == ["optimizer sgd", "optimizer adamw"] * 2


def test_without_a_sweep_every_variant_is_a_line(rows) -> None:
    data = frontier_data(rows(("A", 0, 5.0), ("B", 0, 6.0)), "macs")
    assert data["line"].tolist() == [0, 1] and data["cost"].tolist() == [2000, 2000]


def test_how_surely_a_point_is_on_the_front(rows) -> None:
    draw = np.random.default_rng(0)
    params = np.array([100, 200, 200, 400, 800])
    errors = 20 - np.log(params)[:, None] + draw.normal(0, 0.5, (5, 3))
    errors[4] += 4
    cells = [
        ("A", seed, error, {"depth": point, "params": int(params[point])})
        for (point, seed), error in np.ndenumerate(errors)
    ]
    again = [("B", *cell[1:3], {**cell[3], "key": f"A-3-{cell[1]}"}) for cell in cells[9:12]]
    data = frontier_data(rows(*cells, *again, sweep=("depth",)))
    points, seeds = (each.ravel().tolist() for each in np.indices(errors.shape))
    of = spread(
        fit_blocks(points, seeds, errors.ravel().tolist(), [0] * 15), np.log(params.astype(float))
    )
    assert of is not None
    truths = of.truths()[:400]
    fronts = np.mean([undominated(np.column_stack([params, each])) for each in truths], axis=0)
    shares = data["front_share"].to_numpy(float)
    # An equal cost and a higher error is dominated; the very same cells are as sure as each other.
    assert shares[:5] == pytest.approx(fronts, abs=0.08)
    assert shares[0] == 1 and shares[4] < 0.05 and shares[5] == shares[3]
    assert shares[1] + shares[2] < 1.01


def test_one_seed_tells_no_share(rows) -> None:
    data = frontier_data(rows(("A", 0, 5.0), ("B", 0, 4.0, {"params": 2000})))
    assert data["on_front"].all() and data["front_share"].isna().all()
    table = rows(("A", 0, 5.0), ("A", 1, 5.2), ("B", 0, 4.0), ("B", 1, 4.4), ("C", 0, None))
    table.loc[table["variant"] == "B", "params"] = pd.NA
    assert front_shares(table).isna().tolist() == [False, True, True]


def test_messages(rows) -> None:
    with pytest.raises(HolesError, match=r"recorded are: params, macs, flops, saved_bytes, train"):
        frontier_data(rows(("A", 0, 5.0)), "peak_bytes")
    with pytest.raises(UsageError, match="Did you mean `macs`"):
        frontier_data(rows(("A", 0, 5.0)), "mac")
    with pytest.raises(HolesError, match="none of the study's 1 cells is done"):
        frontier_data(rows(("A", 0, None)))

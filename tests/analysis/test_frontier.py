import pandas as pd
import pytest

from ablate.analysis import frontier_data
from ablate.errors import HolesError, UsageError


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


def test_messages(rows) -> None:
    with pytest.raises(HolesError, match=r"recorded are: params, macs, flops, saved_bytes, train"):
        frontier_data(rows(("A", 0, 5.0)), "peak_bytes")
    with pytest.raises(UsageError, match="Did you mean `macs`"):
        frontier_data(rows(("A", 0, 5.0)), "mac")
    with pytest.raises(HolesError, match="none of the study's 1 cells is done"):
        frontier_data(rows(("A", 0, None)))

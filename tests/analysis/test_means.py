import pandas as pd
import pytest

from ablate.analysis import frame, means

# t(2 degrees of freedom, 97.5%) = 4.302653, over the root of 3.
HALF = 2.484138


def test_more_errors_are_means_over_seeds(rows) -> None:
    table = rows(
        ("A", 0, 5.0, {"top5_error": 1.0}), ("A", 1, 6.0, {"top5_error": 2.0}), ("B", 0, None)
    )
    found = means(table).set_index("variant")
    assert found["top5_error"].tolist() == [1.5, pd.NA]
    assert "ten_crop_error" not in found and "top5_error" not in means(rows(("A", 0, 5.0)))


def test_mean_deviation_and_interval_by_hand(rows) -> None:
    table = means(rows(("A", 0, 10.0), ("A", 1, 11.0), ("A", 2, 12.0)))
    row = table.iloc[0]
    assert (row["n"], row["holes"], row["states"], row["split"]) == (3, 0, "", "validation")
    assert row[["error", "sd", "low", "high"]].tolist() == pytest.approx(
        [11, 1, 11 - HALF, 11 + HALF], abs=1e-5
    )


def test_one_seed_has_no_interval_and_none_has_no_mean(rows) -> None:
    table = means(rows(("A", 0, 10.0), ("B", 0, None, {"state": "oom"})))
    assert table["error"].tolist() == [10.0, pd.NA]
    assert table[["sd", "low", "high"]].isna().all(axis=None)
    assert table["n"].tolist() == [1, 0]


def test_holes_stay_in_the_table_by_state(rows) -> None:
    row = means(rows(("A", 0, 10.0), ("A", 1, None), ("A", 2, None, {"state": "oom"}))).iloc[0]
    assert (row["n"], row["holes"], row["states"]) == (1, 2, "1 waiting, 1 oom")


def test_costs_are_means_of_done_cells(rows) -> None:
    cells = [("A", 0, 1.0, {"train_seconds": 2.0}), ("A", 1, 1.0, {"train_seconds": 5.0})]
    row = means(rows(*cells, ("A", 2, None))).iloc[0]
    assert (row["params"], row["train_seconds"]) == (1000, 3.5)
    assert row["peak_bytes"] is pd.NA


def test_equal_errors_have_no_interval(rows) -> None:
    row = means(rows(("A", 0, 10.0), ("A", 1, 10.0))).iloc[0]
    assert row["sd"] == 0 and row[["low", "high"]].isna().all()


def test_an_empty_study_has_an_empty_table() -> None:
    table = means(frame([], ["depth"]))
    assert table.empty and {"depth", "error", "params"} <= set(table.columns)

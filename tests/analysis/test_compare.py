import pandas as pd
import pytest

from ablate.analysis import compare, frame
from ablate.analysis.compare import means
from ablate.errors import UsageError

# t(2 degrees of freedom, 97.5%) = 4.302653, over the root of 3.
HALF = 2.484138


def test_more_errors_are_means_over_seeds(rows) -> None:
    table = rows(
        ("A", 0, 5.0, {"top5_error": 1.0}), ("A", 1, 6.0, {"top5_error": 2.0}), ("B", 0, None)
    )
    found = compare(table, "A").set_index("variant")
    assert found["top5_error"].tolist() == [1.5, pd.NA]
    assert "ten_crop_error" not in found and "top5_error" not in compare(rows(("A", 0, 5.0)), "A")


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


def test_paired_difference_by_hand(rows) -> None:
    base = [("A", seed, 10.0 + seed) for seed in range(3)]
    other = [("B", 0, 11.0), ("B", 1, 13.0), ("B", 2, 15.0)]
    row = compare(rows(*base, *other), "A").iloc[1]
    assert row["n_pairs"] == 3
    numbers = row[["difference", "difference_low", "difference_high", "p"]].tolist()
    assert numbers == pytest.approx([2, 2 - HALF, 2 + HALF, 0.0741799], abs=1e-5)


def test_only_common_seeds_are_paired(rows) -> None:
    table = rows(("A", 0, 10.0), ("A", 1, 20.0), ("B", 1, 21.0), ("B", 2, 5.0))
    row = compare(table, "A").iloc[1]
    assert (row["n"], row["n_pairs"], row["difference"]) == (2, 1, 1.0)
    assert row[["difference_low", "difference_high", "p"]].isna().all()


def test_no_common_seed_or_point_has_no_difference(rows) -> None:
    table = rows(
        ("A", 0, 10.0, {"depth": 10}),
        ("B", 1, 11.0, {"depth": 10}),
        ("C", 0, 11.0, {"depth": 22}),
        ("D", 0, 11.0),
        sweep=("depth",),
    )
    result = compare(table, "A")
    assert result["difference"].isna().all()
    assert result["n_pairs"].tolist() == [pd.NA, 0, pd.NA, pd.NA]


def test_points_are_matched_by_their_sweep(rows) -> None:
    table = rows(
        ("A", 0, 10.0, {"depth": 10}),
        ("A", 0, 8.0, {"depth": 22}),
        ("B", 0, 9.0, {"depth": 22}),
        sweep=("depth",),
    )
    result = compare(table, "A")
    assert result["difference"].tolist() == [pd.NA, pd.NA, 1.0]
    assert result["is_baseline"].tolist() == [True, True, False]


def test_what_the_baseline_does_not_sweep_is_no_condition(rows) -> None:
    table = rows(
        ("A", 0, 10.0),
        ("B", 0, 9.0, {"compression": 0.5}),
        ("B", 0, 12.0, {"compression": 0.3}),
        sweep=("compression",),
    )
    assert compare(table, "A")["difference"].tolist() == [pd.NA, -1.0, 2.0]


@pytest.mark.parametrize("shift", [0.0, 0.1])
def test_equal_differences_have_an_interval_of_no_width_and_no_p(rows, shift: float) -> None:
    base = [("A", seed, 10.1 + seed / 7) for seed in range(3)]
    other = [("B", seed, 10.1 + seed / 7 + shift) for seed in range(3)]
    row = compare(rows(*base, *other), "A").iloc[1]
    assert row[["difference", "difference_low", "difference_high"]].tolist() == pytest.approx(
        [shift] * 3
    )
    assert row["p"] is pd.NA


def test_an_unknown_baseline_is_named(rows) -> None:
    with pytest.raises(UsageError, match="Did you mean `DenseNet`"):
        compare(rows(("DenseNet", 0, 1.0)), "DenseNt")


def test_an_empty_study_compares_to_an_empty_table() -> None:
    table = compare(frame([], ["depth"]), "A")
    assert table.empty and {"depth", "error", "difference", "p"} <= set(table.columns)

import pandas as pd

import ablate.analysis
from ablate.analysis import frame
from ablate.analysis.frame import sweep_keys_of

COLUMNS = [
    "study",
    "profile",
    "key",
    "variant",
    "depth",
    "seed",
    "trial",
    "state",
    "reason",
    "attempts",
    "split",
    "epochs",
    "error",
    "loss",
    "stopped_epoch",
    "stopped_error",
    "params",
    "macs",
    "flops",
    "saved_bytes",
    "peak_bytes",
    "train_seconds",
    "shared_by",
    "step_seconds",
    "latency_seconds",
    "device",
    "torch",
    "ablate",
    "data_note",
    "data_sha256",
    "split_sha256",
]


def test_the_columns_are_those_of_the_design_in_order(rows) -> None:
    table = rows(("A", 0, 5.0, {"depth": 22}), ("B", 0, None), sweep=("depth",))
    assert list(table.columns) == COLUMNS
    assert sweep_keys_of(table) == ("depth",)


def test_whole_numbers_stay_whole_beside_missing_ones(rows) -> None:
    table = rows(("A", 0, 5.0, {"depth": 22}), ("B", 0, None), sweep=("depth",))
    assert table["depth"].tolist() == [22, pd.NA]
    assert "22.0" not in table.to_csv() and ",22," in table.to_csv()
    assert str(table["params"].dtype) == "Int64"
    assert table.loc[1, "error"] is pd.NA


def test_more_errors_have_columns_where_some_cell_has_them(rows) -> None:
    more = {"top5_error": 7.5, "ten_crop_error": 20.0, "ten_crop_top5_error": 6.5}
    table = rows(("A", 0, 5.0, {"depth": 22, **more}), ("B", 0, None), sweep=("depth",))
    at = COLUMNS.index("loss") + 1
    assert list(table.columns) == [*COLUMNS[:at], *more, *COLUMNS[at:]]
    assert table["top5_error"].tolist() == [7.5, pd.NA]


def test_no_records_give_every_column() -> None:
    table = frame([], ["depth"])
    assert list(table.columns) == COLUMNS and table.empty


def test_a_sweep_over_maps_and_names_keeps_them(rows) -> None:
    values = ["dense", {"fraction": 0.5}, None]
    cells = [("A", 0, 5.0, {"connectivity": value}) for value in values]
    assert rows(*cells, sweep=("connectivity",))["connectivity"].tolist() == values


def test_exported_names() -> None:
    assert sorted(ablate.analysis.__all__) == ablate.analysis.__all__
    assert all(hasattr(ablate.analysis, name) for name in ablate.analysis.__all__)

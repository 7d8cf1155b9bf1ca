"""Records of cells, and measurements -> the tidy tables that everything else here reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from ablate.cells import AFTER_SWEEP, BEFORE_SWEEP, WHERE_SOME

_WHOLE = ("batch_size", "threads", "params", "macs", "saved_bytes", "peak_bytes")  # of measurements


def frame(
    records: Sequence[Mapping[str, Any]],
    sweep_keys: Sequence[str],
    matched_keys: Sequence[str] = (),
) -> pd.DataFrame:
    """Records, one per cell of the plan -> one row per cell, in the same order.

    Error is in percent, loss in nats, memory in bytes, time in seconds. A setting that a variant
    does not sweep is missing in its rows. `trial` is the suggestion's number in a search;
    `stopped_epoch` and `stopped_error` are where a cell ended that did not reach its last epoch.
    `shared_by` is how many cells at most trained on the device at one time while this one did: on
    a GPU each of them then took longer. Where several devices trained some cell together,
    `devices_per_cell` is how many. Where images stream from files there are more errors, in
    percent: `top5_error`, `ten_crop_error` and `ten_crop_top5_error`.
    In a study with a match the last columns are what was reached and the `matched_keys`, the
    settings that were solved. No records give an empty table with every column.
    """
    swept = {key: _swept([record.get(key) for record in records]) for key in sweep_keys}
    names = [f"matched_{key}" for key in ("value", *matched_keys)] if matched_keys else []
    matched = {name: _swept([record.get(name) for record in records]) for name in names}
    known = [
        n for n in AFTER_SWEEP if n not in WHERE_SOME or any(n in record for record in records)
    ]
    dtypes = {name: (BEFORE_SWEEP | AFTER_SWEEP)[name] for name in (*BEFORE_SWEEP, *known)}
    table = tabled(records, dtypes).assign(**swept, **matched)
    return table[[*BEFORE_SWEEP, *swept, *known, *matched]]


def measured_frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows of measurements.csv -> a table, in the same order; what is swept stands after variant.

    Bytes are of an fp32 step at the row's batch size, times in seconds.
    """
    swept = list(dict.fromkeys(key for row in rows for key in row["sweep"]))
    columns = [column for column in (rows[0] if rows else {}) if column != "sweep"]
    table = pd.DataFrame({column: [row[column] for row in rows] for column in columns})
    for place, key in enumerate(swept, start=columns.index("variant") + 1):
        table.insert(place, key, _swept([row["sweep"].get(key) for row in rows]))
    whole = [name for name in (*_WHOLE, "measured_peak_bytes", "n") if name in table]
    real = [name for name in columns if "_seconds" in name or name == "others"]
    return table.astype(dict.fromkeys(whole, "Int64") | dict.fromkeys(real, "Float64"))


def tabled(rows: Sequence[Mapping[Any, Any]], dtypes: Mapping[str, str]) -> pd.DataFrame:
    """Maps -> a table with these columns; what a map has not is missing in its row."""
    return pd.DataFrame(
        {
            name: pd.Series([row.get(name) for row in rows], dtype=dtype)
            for name, dtype in dtypes.items()
        }
    )


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A table -> a map per row, as JSON has it: what is missing is None."""
    columns = {
        str(name): [
            None if is_missing else value
            for value, is_missing in zip(column.tolist(), column.isna().tolist(), strict=True)
        ]
        for name, column in table.items()
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _swept(values: list[Any]) -> pd.Series[Any]:
    """Depths are whole numbers, names are text; maps and lists stay as they were written."""
    return pd.Series(values, dtype=object).convert_dtypes()


def sweep_keys_of(table: pd.DataFrame) -> tuple[str, ...]:
    """The settings that are swept: the columns of `frame()` between variant and seed."""
    names = [str(name) for name in table.columns]
    return tuple(names[names.index("variant") + 1 : names.index("seed")])

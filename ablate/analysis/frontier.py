"""The data of the `frontier` figure."""

from __future__ import annotations

from typing import Any

import pandas as pd

from ablate.analysis.choose import pareto, require_cost
from ablate.analysis.frame import sweep_keys_of
from ablate.analysis.means import means
from ablate.analysis.points import compares_points, is_done, require_done
from ablate.analysis.selection import front_shares
from ablate.cells import check_cost
from ablate.text import sweep_text

_COLUMNS = (
    "line",
    "label",
    "cost",
    "error",
    "low",
    "high",
    "n",
    "holes",
    "on_front",
    "front_share",
)


def frontier_data(table: pd.DataFrame, cost: str = "params") -> pd.DataFrame:
    """Cells -> a row per variant and point: `cost`, mean `error`, `low`, `high`, `n`, `holes`.

    In a search every point is a cell.

    `on_front` says which means no other point dominates, `front_share` how surely they are of those
    (see `front_shares`); `line` numbers the points to be joined,
    which differ in one setting only. `label` names a line: by its variant, or where points of one
    variant stand against each other, by what they have in common. Raises HolesError where nothing
    is done or the cost is not recorded, UsageError for an unknown cost.
    """
    check_cost(cost)
    require_done(table)
    keys, rows = sweep_keys_of(table), means(table)
    require_cost(rows, cost)
    rows["on_front"] = pareto(rows, ("error", cost))
    rows["front_share"] = front_shares(table, cost)
    lines, common = _lines(rows, keys)
    rows["line"] = lines
    rows["label"] = common if compares_points(table) and len(keys) > 1 else rows["variant"]
    rows = rows.rename(columns={cost: "cost"})
    return rows[["variant", *keys, *_COLUMNS]]


def stopped_data(table: pd.DataFrame, cost: str = "params") -> pd.DataFrame:
    """Cells that ended before their last epoch -> variant, state, `cost` and `error` at that point.

    Cells whose cost or error nobody knows are left out.
    """
    found = table[table["stopped_error"].notna() & table[cost].notna() & ~is_done(table)]
    rows = found[["variant", "state", cost, "stopped_error"]]
    rows = rows.rename(columns={cost: "cost", "stopped_error": "error"})
    return rows.astype({"cost": "float64", "error": "float64"})


def _lines(rows: pd.DataFrame, keys: tuple[str, ...]) -> tuple[pd.Series[int], pd.Series[Any]]:
    """Per variant, points are joined along the setting with the most values, of equals the last
    with numbers: the number of each point's line, and what the points of the line have in common.
    """
    names: dict[Any, str] = {}
    common: dict[Any, str] = {}
    for variant, own in rows.groupby("variant", sort=False):
        texts = own[list(keys)].astype(object).map(str)
        counts = texts.nunique()
        best = [key for key in keys if counts[key] == counts.max()]
        numeric = [key for key in best if pd.api.types.is_numeric_dtype(own[key].infer_objects())]
        along = (numeric or best or [""])[-1]
        others = [key for key in keys if key != along]
        for index, point in own[others].astype(object).iterrows():
            common[index] = sweep_text({str(key): value for key, value in point.items()})
            names[index] = f"{variant}|{common[index]}"
    lines = pd.factorize(pd.Series(names, dtype=object).reindex(rows.index))[0]
    labels = pd.Series(common, dtype=object).reindex(rows.index)
    return pd.Series(lines, index=rows.index), labels

"""The data of the `frontier` figure."""

from __future__ import annotations

import pandas as pd

from ablate.analysis.choose import check_cost, pareto
from ablate.analysis.compare import means
from ablate.analysis.frame import sweep_keys_of
from ablate.analysis.points import is_done, require_done
from ablate.errors import HolesError
from ablate.spec import COSTS, METRICS


def frontier_data(table: pd.DataFrame, cost: str = "params") -> pd.DataFrame:
    """Cells -> a row per variant and point: `cost`, mean `error`, `low`, `high`, `n`, `holes`.

    In a search every point is a cell.

    `on_front` says which means no other point dominates; `line` numbers the points to be joined,
    which differ in one setting only. Raises HolesError where nothing is done or the cost is not
    recorded, UsageError for an unknown cost.
    """
    check_cost(cost)
    require_done(table)
    keys = sweep_keys_of(table)
    rows = means(table, keys)
    if rows[cost].isna().all():
        known = [name for name in COSTS if rows[name].notna().any()]
        raise HolesError(
            f"no done cell has its {METRICS[cost].label} ({cost}) recorded; "
            f"recorded are: {', '.join(known) or 'none'}"
        )
    rows["on_front"] = pareto(rows, ("error", cost))
    rows["line"] = _lines(rows, keys)
    rows = rows.rename(columns={cost: "cost"})
    return rows[
        ["variant", *keys, "line", "cost", "error", "low", "high", "n", "holes", "on_front"]
    ]


def stopped_data(table: pd.DataFrame, cost: str = "params") -> pd.DataFrame:
    """Cells that ended before their last epoch -> variant, state, `cost` and `error` at that point.

    Cells whose cost or error nobody knows are left out.
    """
    found = table[table["stopped_error"].notna() & table[cost].notna() & ~is_done(table)]
    rows = found[["variant", "state", cost, "stopped_error"]]
    rows = rows.rename(columns={cost: "cost", "stopped_error": "error"})
    return rows.astype({"cost": "float64", "error": "float64"})


def _lines(rows: pd.DataFrame, keys: tuple[str, ...]) -> pd.Series[int]:
    """Per variant, points are joined along the setting with the most values."""
    names = pd.Series("", index=rows.index, dtype=object)
    for variant, own in rows.groupby("variant", sort=False):
        texts = own[list(keys)].astype(object).map(str)
        counts = texts.nunique()
        along = counts.idxmax() if keys else ""
        others = texts.drop(columns=along, errors="ignore").agg("|".join, axis="columns")
        names[own.index] = f"{variant}|" + others if others.size else str(variant)
    return pd.Series(pd.factorize(names)[0], index=rows.index)

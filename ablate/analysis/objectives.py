"""What a search optimises, as its table says; a fixed design has no objectives."""

from __future__ import annotations

import pandas as pd

from ablate.cells import COSTS
from ablate.errors import UsageError


def is_search(table: pd.DataFrame) -> bool:
    """Whether a table is of a search: every cell a point of its own, suggested by a sampler."""
    return bool(table.attrs.get("objectives"))


def objectives_of(table: pd.DataFrame) -> dict[str, str]:
    """Metric -> minimize or maximize, in the order of the study; empty for a fixed design."""
    return dict(table.attrs.get("objectives") or {})


def require_search(table: pd.DataFrame, what: str) -> None:
    """Raise UsageError for the table of a fixed design."""
    if not is_search(table):
        raise UsageError(f"{what}: is of searches; this run is a fixed design")


def cost_of(table: pd.DataFrame, cost: str = "") -> str:
    """The cost that was asked for, else the search's first cost objective, else params."""
    return cost or next((name for name in objectives_of(table) if name in COSTS), "params")

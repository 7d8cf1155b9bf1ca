"""Sentences that several figures have in their captions."""

from __future__ import annotations

import pandas as pd

from ablate.analysis import holes_text
from ablate.contrasts import Effects


def number_text(n: pd.Series[int]) -> str:
    """Numbers of seeds or cells: `n=3`, `n=2 to 3`."""
    few, many = int(n.min()), int(n.max())
    return f"n={many}" if few == many else f"n={few} to {many}"


def seeds_text(n: pd.Series[int], spread: str = "") -> str:
    """What a mean is over, and what its spread is; of one seed it has none."""
    return "n=1" if int(n.max()) == 1 else f"mean of {number_text(n)} seeds{spread}"


def missing_text(cells: pd.DataFrame) -> str:
    """How many cells are not done, by state; empty where all are."""
    missing = int((cells["state"] != "done").sum())
    what = "cell" if missing == 1 else "cells"
    return f"{missing} {what} missing ({holes_text(cells['state'])})" if missing else ""


def cells_text(done: int) -> str:
    """How many cells of a search, and that none has a spread."""
    return "1 cell of one seed" if done == 1 else f"{done} cells of one seed each"


def stopped_text(stopped: pd.DataFrame, beyond: int) -> str:
    """What hollow points are, and how many are not in the frame."""
    if stopped.empty:
        return ""
    states = ", ".join(f"{n} {state}" for state, n in stopped["state"].value_counts().items())
    cut = f" ({beyond} of them beyond the frame)" if beyond else ""
    return f"hollow: the last error of cells that ended early, {states}{cut}"


def infeasible_text(cells: pd.DataFrame) -> str:
    """How many suggestions broke a limit before anything was trained."""
    number = int(cells["state"].eq("infeasible").sum())
    suggestions = "suggestion" if number == 1 else "suggestions"
    return f"{number} infeasible {suggestions}, not trained" if number else ""


def shares_text(drawn: pd.DataFrame) -> str:
    """What the size of markers says of the front, or why nothing does."""
    if drawn["front_share"].notna().any():
        return "the larger a marker, the surer its point is on the front"
    if drawn["on_front"].sum() > 1 and int(drawn["n"].max()) == 1:
        return "how sure the front is one seed cannot tell"
    return ""


def intervals_text(effects: Effects) -> str:
    """What the intervals of main effects and interactions are, to be put behind them."""
    number, over = effects.basis.comparisons, effects.basis.over
    if not over:
        return ", without an interval"
    together = "95% interval" if number == 1 else f"95% intervals of all {number} effects at once"
    return f", with {together}, over {over}"

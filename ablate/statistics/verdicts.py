"""What an interval decides. Undecided is never told as equal."""

from __future__ import annotations

from typing import Literal

Verdict = Literal["better", "worse", "equal", "differs by less than the margin", "undecided"]


def verdict(low: float, high: float, margin: float | None = None) -> Verdict:
    """The interval of a difference in error, and the least that matters -> what it decides.

    Less error is better. Without a margin nothing is equal. NaN decides nothing.
    """
    inside = margin is not None and -margin < low and high < margin
    if low > 0 or high < 0:
        if inside:
            return "differs by less than the margin"
        return "worse" if low > 0 else "better"
    return "equal" if inside else "undecided"

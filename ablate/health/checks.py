"""One thing that was looked at, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "error"]
STATES: tuple[State, ...] = ("ok", "warning", "error")


@dataclass(frozen=True)
class Check:
    """error: a run would not begin, or not last; warning: it runs, but not as one might think."""

    name: str
    state: State
    message: str
    mend: str = ""  # what to do about it, if it is not ok

    def __str__(self) -> str:
        """For people: a line, and one with the mend below."""
        mend = f"\n{'':8} mend: {self.mend}" if self.mend else ""
        return f"{self.state:8} {self.name}: {self.message}{mend}"


def worst(checks: Iterable[Check]) -> State:
    """The state of what is in the worst."""
    return max((check.state for check in checks), key=STATES.index, default="ok")

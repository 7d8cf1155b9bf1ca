"""A fault: when it comes, what it does, and what is to be said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from benchmarks.faults.scene import Call, Scene

When = Literal["between runs", "in a run", "at its end"]
WHEN: tuple[When, ...] = ("between runs", "in a run", "at its end")


def nothing() -> None:
    """There is nothing to put right."""


@dataclass(frozen=True)
class Struck:
    """A fault that came, and what may follow from it."""

    says: str = ""  # a pattern of what somebody has to say of it; empty where nobody need
    codes: tuple[int, ...] = (0,)  # with which the run that it befell may end
    mend: Callable[[], None] = nothing  # what a person then puts right; may be called again


@dataclass(frozen=True)
class Fault:
    """A name, and a function that does it; None of it where there is nothing to do it to.

    Between runs there is no call; otherwise the one that is at work.
    """

    name: str
    when: When
    come: Callable[[Scene, Call | None], Struck | None]
    why_not: Callable[[Scene], str] = lambda scene: ""  # why it cannot come here
    environment: Callable[[Scene], dict[str, str]] = lambda scene: {}  # of the run that it befalls

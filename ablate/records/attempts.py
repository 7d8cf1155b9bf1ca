"""What the attempts at one cell say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ablate.cells import OF_ANOTHER_CELL
from ablate.records.attempt import Attempt

if TYPE_CHECKING:
    from ablate.cells import State


@dataclass(frozen=True)
class Attempts:
    """Every attempt at one cell, oldest first."""

    all: tuple[Attempt, ...] = ()

    @cached_property
    def done(self) -> Attempt | None:
        """The last attempt that finished the cell. A result of another cell finishes nothing.

        There are several where the files of the first were lost: they are those of the last.
        """
        return next((each for each in reversed(self._complete) if not each.is_foreign), None)

    @property
    def foreign(self) -> Attempt | None:
        """The last attempt that came back with the result of another cell."""
        return next((each for each in reversed(self._complete) if each.is_foreign), None)

    @property
    def _complete(self) -> list[Attempt]:
        return [each for each in self.all if each.state == "complete"]

    @cached_property
    def open(self) -> Attempt | None:
        """The attempt that waits in the queue or runs."""
        return next((each for each in self.all if each.is_open), None)

    def since(self, number: int) -> Attempts:
        """Those of them that are number `number` of the record or later ones."""
        return Attempts(tuple(each for each in self.all if each.number >= number))

    @cached_property
    def ended(self) -> tuple[Attempt, ...]:
        """Attempts that ended without finishing the cell."""
        return tuple(each for each in self.all if each.state in ("pruned", "fail"))

    @property
    def begun(self) -> int:
        """How many attempts there were, without one that waits."""
        return sum(each.state != "waiting" for each in self.all)

    @property
    def state(self) -> State:
        """What the record knows of the cell."""
        if self.done:
            return "done"
        if self.open and self.open.state == "running" and not self.open.is_left:
            return "running"
        if self.open or not self.ended:
            return "waiting"
        last = self.ended[-1]
        if last.state == "pruned" and last.outcome:
            return last.outcome
        return "failed" if last.is_error else "waiting"

    @property
    def is_hopeless(self) -> bool:
        """Whether its last attempt failed in a way in which the next would fail too."""
        return self.state == "failed" and are_hopeless(self.ended)

    @property
    def is_crowded_out(self) -> bool:
        """Whether it ran out of memory where others took some: it is tried again alone."""
        return any(each.is_crowded_out for each in self.all)

    @property
    def is_beyond_recording(self) -> bool:
        """Whether its step could not be recorded as a graph: it is tried again without."""
        return any(each.is_beyond_recording for each in self.all)

    @property
    def reason(self) -> str:
        """Why the last attempt ended as it did; empty for a cell that is done."""
        if self.done:
            return ""
        if self.foreign and (not self.ended or self.ended[-1].number < self.foreign.number):
            key = self.foreign.result["key"]
            return f"{OF_ANOTHER_CELL}, {key}: the images had changed when it trained"
        if not self.ended:
            return ""
        last = self.ended[-1]
        lost = "" if last.state == "pruned" or last.is_error else "the worker was lost"
        return last.reason or lost

    @property
    def epoch(self) -> int:
        """The last epoch that any attempt finished."""
        return max((each.epoch for each in self.all), default=0)

    @property
    def error(self) -> float | None:
        """Percent; None of a cell that is not done."""
        error: float | None = self.done.result.get("error") if self.done else None
        return error

    @property
    def seconds(self) -> float:
        """Device seconds spent on the cell, as far as the epochs that were finished tell."""
        reached = [each.reached for each in self.all]
        return max((r.get("seconds", 0.0) * r.get("devices", 1) for r in reached), default=0.0)

    @property
    def stopped(self) -> Mapping[str, Any]:
        """Epoch, error, loss and seconds at which a cell ended before its last epoch."""
        last = self.ended[-1] if self.ended and not self.done and not self.open else None
        return last.reached if last and last.state == "pruned" else {}


def are_hopeless(ended: Sequence[Attempt]) -> bool:
    """Whether the last of a cell's attempts failed in a way in which the next would fail too.

    A usage error does at once. What else is wrong with a value may be the record's trouble, which
    Optuna tells in the same words: it is the cell's once it comes a second time.
    """
    errors = [each for each in ended if each.is_error]
    if not errors or errors[-1] is not ended[-1]:
        return False
    fault, reasons = errors[-1].fault, [each.reason for each in errors[-2:]]
    return fault == "usage" or (fault == "value" and len(reasons) == 2 and len({*reasons}) == 1)

"""How an attempt at a cell ended, as a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ablate.errors import CellOutcome, MissingDataError, RunFolderError, UsageError
from ablate.records import AttemptState


class Leave(BaseException):
    """Takes an error to the caller, past whatever would call it the failure of a cell."""

    def __init__(self, error: Exception) -> None:
        self.error = error


@dataclass(frozen=True)
class Outcome:
    """How an attempt at a cell ended: what is told to the record, then to whoever listens."""

    state: AttemptState
    attributes: Mapping[str, Any]  # fields of the attempt
    event: Mapping[str, Any]
    values: Sequence[float] | None = None  # the cell's objectives
    refusal: MissingDataError | RunFolderError | None = None  # why no cell can be trained
    is_unfit: bool = False  # the process, to train anything more


def stopped(error: CellOutcome) -> Outcome:
    """An end that counts: it is not tried again of itself."""
    attributes = {"outcome": error.state, "reason": str(error)}
    event = {"kind": "end", "state": error.state, "reason": str(error)}
    return Outcome("pruned", attributes, event)


def to_try_again(failure: str, reason: str) -> Outcome:
    """An end that the next attempt will not repeat."""
    attributes = {"failure": failure, "reason": reason}
    return Outcome("fail", attributes, {"kind": "died", "reason": reason})


def failed(error: Exception) -> Outcome:
    reason = f"{type(error).__name__}: {error}"
    return Outcome(
        "fail",
        {"failure": "error", "fault": fault_of(error), "reason": reason},
        {"kind": "end", "state": "failed", "reason": reason},
        refusal=error if isinstance(error, MissingDataError | RunFolderError) else None,
    )


def fault_of(error: Exception) -> str:
    """Where an error is at home: a usage, a value, or the place, as disks and drivers may mend."""
    if isinstance(error, UsageError):
        return "usage"
    return "value" if isinstance(error, ValueError | TypeError | LookupError) else "place"

"""Everything that ablate raises on purpose, and the exit code each becomes.

AblateError                   1   the root: catch this to catch them all
├── UsageError                2   a command or a call that cannot be meant
│   ├── SpecError             2   faults of a study or an architecture, all at once
│   ├── RunFolderError        2   a run folder that holds another question, or none
│   └── LaterFormat           2   a file that a later version of ablate wrote
├── ExportError               1   an exported folder that does not reproduce its cell
├── HolesError                3   something was asked of cells that are not done
├── DamagedCell               3   a cell's files that do not go together; the next run makes others
├── NothingFeasible           4   a search found no network within its limits
├── MachineError              5   this machine cannot do it: a broken installation, no such device
│   ├── MissingDataError      5   a dataset, or weights, are not where they were looked for
│   ├── NoSpace               5   a disk is full
│   ├── RecordAway            5   the record of a run stayed out of reach
│   └── RecordingFailed       5   a step could not be recorded as a CUDA graph: the process is unfit
├── Stopped                  75   ended by a signal; the same command goes on from there
└── CellOutcome               -   ends one cell, never the study
    ├── Diverged                  the loss was no longer finite
    ├── OutOfMemory               the device could not hold the training step
    ├── Pruned                    a search saw that it would not pay to finish it
    └── TimedOut                  the cell passed its time limit
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


class AblateError(Exception):
    """The root of the tree above."""

    exit_code: ClassVar[int] = 1


class UsageError(AblateError):
    """A command or a call that cannot be meant."""

    exit_code = 2


@dataclass(frozen=True)
class Fault:
    """One thing wrong with what a user wrote.

    `str()` is the line a user reads: `place: key: message`, leaving out what is unknown.
    """

    key: str  # dotted path, e.g. variants.DenseNet.sweep.depth[2]; empty for the whole file
    message: str  # rule, value found, nearest valid name
    place: str = ""  # file:line

    def __str__(self) -> str:
        return ": ".join(part for part in (self.place, self.key, self.message) if part)


class SpecError(UsageError):
    """Faults of a study or an architecture; `faults` has them one by one."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


class RunFolderError(UsageError):
    """A run folder that holds another question, or none."""


class LaterFormat(UsageError):
    """A file that a later version of ablate wrote, so that nobody knows what it says."""

    @classmethod
    def check(cls, found: object, newest: int, path: object) -> None:
        """Raise for a file at `path` whose format is after `newest`; without one it is 1."""
        if isinstance(found, int) and found > newest:
            raise cls(
                f"{path}: made by a later version of ablate (format {found}; this one reads up to "
                f"{newest}): upgrade ablate-nn"
            )


class ExportError(AblateError):
    """An exported folder that does not reproduce its cell."""


class HolesError(AblateError):
    """Something was asked of cells that are not done."""

    exit_code = 3


class DamagedCell(AblateError):
    """A cell's files that do not go together, so that its result does not count."""

    exit_code = 3


class NothingFeasible(AblateError):
    """A search found no network within its limits."""

    exit_code = 4


class MachineError(AblateError):
    """This machine cannot do it."""

    exit_code = 5


class MissingDataError(MachineError):
    """A dataset, or a file of weights, is not where it was looked for.

    The message lists the ways to get it.
    """


class NoSpace(MachineError):
    """A disk is full."""

    @classmethod
    def at(cls, path: object) -> NoSpace:
        """Of a file or a folder."""
        return cls(f"no space left on {path}: free some; the same command goes on")


class RecordAway(MachineError):
    """The record of a run, its database, stayed out of reach for minutes."""


class RecordingFailed(MachineError):
    """A CUDA graph could not be recorded, and torch of this process takes itself to be recording.

    Whoever catches it should end the process: the device's allocator and generator may stay so.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"a step could not be recorded as a CUDA graph ({reason}), after which torch is of no "
            'use in this process: start another, with capture="off" (--no-capture)'
        )


class Stopped(AblateError):
    """Ended by a signal; the same command goes on from there."""

    exit_code = 75


class CellOutcome(AblateError):
    """Ends one cell with a reason; `state` is what the record shows."""

    state: ClassVar[str]


class Diverged(CellOutcome):
    """The loss was no longer finite."""

    state = "diverged"


class OutOfMemory(CellOutcome):
    """The device could not hold the training step."""

    state = "oom"


class Pruned(CellOutcome):
    """A search saw that it would not pay to finish the cell."""

    state = "pruned"


class TimedOut(CellOutcome):
    """The cell passed its time limit."""

    state = "timeout"

"""A planner: what a study trains beyond what it lists, by what is known so far. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ablate.cells import DatasetFacts, PlannedCell, State

if TYPE_CHECKING:
    from ablate.study.study import StudyCell


class CellSeen(Protocol):
    """How a cell stands."""

    @property
    def state(self) -> State: ...
    @property
    def error(self) -> float | None: ...  # percent, of one that is done
    @property
    def seconds(self) -> float: ...  # of a device, spent on it


@dataclass(frozen=True)
class Standing:
    """What is known of a run when a worker is to take a cell of it."""

    cells: Sequence[PlannedCell]  # those that were listed, then those that were suggested
    attempts: Mapping[str, CellSeen]  # by a cell's key
    is_free: bool = True  # whether none of them is left to take just now
    have_ended: bool = True  # whether none of them will be
    batch_end: int = 0  # how many there are once the last batch of suggestions is whole
    exhausted: bool = False  # whether the space has no more suggestions
    # Labels of the points that a look has left open, of seeds that race.
    still_open: Callable[[], Collection[str]] = tuple


@dataclass(frozen=True)
class Wanted:
    """What is to be trained next; nothing where that hangs on what is still in work, or at all."""

    cells: tuple[StudyCell, ...] = ()  # to be priced and listed
    suggestions: int = 0  # to be made
    batch_end: int = 0  # how many cells there will be then, where they are made as a batch


class Planner(Protocol):
    """Of a study that cannot list all its cells before it trains."""

    def so_far(self, seen: Standing, facts: DatasetFacts) -> tuple[StudyCell, ...]:
        """The cells to list of a run that goes on, those it has listed and still wants first."""

    def next(self, seen: Standing, facts: Callable[[], DatasetFacts]) -> Wanted:
        """What follows from what is known; `facts` of its dataset are read where they are needed.

        It is asked under the lock of the record, before a cell is taken.
        """

    def most_cells(self) -> int | None:
        """How many cells it may come to; None where hours alone end it."""

    def at_once(self, seen: Standing, undone: int) -> int:
        """How many cells may be in work at one time, `undone` of those that are known."""

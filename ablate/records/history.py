"""Every attempt of a record as it was last seen: what has ended is read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from optuna.trial import FrozenTrial

from ablate.cells import PlannedCell
from ablate.errors import RunFolderError
from ablate.records.attempt import Attempt, attempt_of
from ablate.records.attempts import Attempts
from ablate.storage import MEND

_NONE = Attempts()


class AttemptsByKey(dict[str, Attempts]):
    """Key of a cell -> its attempts; an empty one for a key that has none."""

    def __missing__(self, key: str) -> Attempts:
        return _NONE


@dataclass(frozen=True)
class Moment:
    """What a record says at one moment."""

    planned: Sequence[PlannedCell]  # those of the plan, then those that the search suggested
    attempts: Mapping[str, Attempts]  # by the cell's key; an empty one for a key that has none
    in_order: Sequence[Attempt]  # free suggestions too, oldest first: the one at n is number n

    @cached_property
    def by_key(self) -> dict[str, PlannedCell]:
        """The cells by their keys: of several with one key the first, in the order of the plan."""
        return {cell.key: cell for cell in reversed(self.planned)}


class History:
    """The attempts of one record, kept up to date by what has changed since the last look."""

    def __init__(self) -> None:
        self.in_order: list[Attempt] = []
        self.by_key = AttemptsByKey()
        self.suggested: dict[int, PlannedCell] = {}  # number of a suggestion -> its cell
        self._open: set[int] = set()  # numbers of attempts that may change

    def see(self, trials: Sequence[FrozenTrial], label: str) -> None:
        """Take up what is new. `trials` are all of the record, the one at n is number n.

        Raises RunFolderError, with the `label` of the record, for what no version of ablate wrote.
        """
        try:
            for number in sorted(self._open):
                self._replace(attempt_of(trials[number]))
            for trial in trials[len(self.in_order) :]:
                self._append(attempt_of(trial))
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise RunFolderError(f"{label}: is damaged: {error}; {MEND}") from None

    def moment(self, of_plan: Sequence[PlannedCell]) -> Moment:
        """What the record says now, given the cells `of_plan`."""
        suggested = (self.suggested[number] for number in sorted(self.suggested))
        by_key = AttemptsByKey(self.by_key)
        return Moment([*of_plan, *suggested], by_key, list(self.in_order))

    def _append(self, attempt: Attempt) -> None:
        self.in_order.append(attempt)
        if attempt.is_open:
            self._open.add(attempt.number)
        if attempt.free:
            return
        if attempt.key:
            self.by_key[attempt.key] = Attempts((*self.by_key[attempt.key].all, attempt))
        if attempt.suggestion is not None and attempt.cell:
            self.suggested.setdefault(attempt.suggestion, attempt.cell)

    def _replace(self, attempt: Attempt) -> None:
        before = self.in_order[attempt.number]
        self.in_order[attempt.number] = attempt
        if not attempt.is_open:
            self._open.remove(attempt.number)
        if attempt.key and not attempt.free:
            mine = self.by_key[attempt.key].all
            changed = tuple(attempt if each is before else each for each in mine)
            self.by_key[attempt.key] = Attempts(changed)

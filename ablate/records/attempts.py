"""What the trials of one cell say of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from ablate.cells import OF_ANOTHER_CELL, State
from ablate.records.owner import is_dead


@dataclass(frozen=True)
class Attempts:
    """Every trial of one cell, oldest first."""

    trials: tuple[FrozenTrial, ...] = ()

    @property
    def done(self) -> FrozenTrial | None:
        """The last trial that finished the cell. A result of another cell finishes nothing.

        There are several where the files of the first were lost: they are those of the last.
        """
        return next((t for t in reversed(self._complete) if not is_foreign(t)), None)

    @property
    def foreign(self) -> FrozenTrial | None:
        """The last trial that came back with the result of another cell."""
        return next((t for t in reversed(self._complete) if is_foreign(t)), None)

    @property
    def _complete(self) -> list[FrozenTrial]:
        return [trial for trial in self.trials if trial.state == TrialState.COMPLETE]

    @property
    def open(self) -> FrozenTrial | None:
        """The trial that waits in the queue or runs."""
        states = (TrialState.WAITING, TrialState.RUNNING)
        return next((t for t in self.trials if t.state in states), None)

    def since(self, number: int) -> Attempts:
        """Those of them that are trial `number` or later ones."""
        return Attempts(tuple(trial for trial in self.trials if trial.number >= number))

    @property
    def ended(self) -> tuple[FrozenTrial, ...]:
        """Trials that ended without finishing the cell."""
        return tuple(t for t in self.trials if t.state in (TrialState.PRUNED, TrialState.FAIL))

    @property
    def begun(self) -> int:
        return sum(t.state != TrialState.WAITING for t in self.trials)

    @property
    def state(self) -> State:
        """What the record knows of the cell."""
        if self.done:
            return "done"
        if self.open and self.open.state == TrialState.RUNNING and not is_left(self.open):
            return "running"
        if self.open or not self.ended:
            return "waiting"
        last = self.ended[-1]
        if last.state == TrialState.PRUNED:
            outcome: State = last.user_attrs["outcome"]
            return outcome
        return "failed" if is_error(last) else "waiting"

    @property
    def is_hopeless(self) -> bool:
        """Whether its last attempt failed in a way in which the next would fail too."""
        return self.state == "failed" and are_hopeless(self.ended)

    @property
    def is_crowded_out(self) -> bool:
        """Whether it ran out of memory where others took some: it is tried again alone."""
        return any(trial.user_attrs.get("failure") == "crowded" for trial in self.trials)

    @property
    def is_beyond_recording(self) -> bool:
        """Whether its step could not be recorded as a graph: it is tried again without."""
        return any(map(is_not_recorded, self.trials))

    @property
    def reason(self) -> str:
        """Why the last attempt ended as it did; empty for a cell that is done."""
        if self.done:
            return ""
        if self.foreign and (not self.ended or self.ended[-1].number < self.foreign.number):
            key = self.foreign.user_attrs["result"]["key"]
            return f"{OF_ANOTHER_CELL}, {key}: the images had changed when it trained"
        if not self.ended:
            return ""
        last = self.ended[-1]
        lost = "" if last.state == TrialState.PRUNED or is_error(last) else "the worker was lost"
        return str(last.user_attrs.get("reason", lost))

    @property
    def epoch(self) -> int:
        """The last epoch that any attempt finished."""
        return max((last_epoch(t) for t in self.trials), default=0)

    @property
    def seconds(self) -> float:
        """Device seconds spent on the cell, as far as the epochs that were finished tell."""
        return max(
            (t.user_attrs.get("reached", {}).get("seconds", 0.0) for t in self.trials), default=0.0
        )

    @property
    def stopped(self) -> Mapping[str, Any]:
        """Epoch, error, loss and seconds at which a cell ended before its last epoch."""
        last = self.ended[-1] if self.ended and not self.done and not self.open else None
        if last is None or last.state != TrialState.PRUNED:
            return {}
        reached: Mapping[str, Any] = last.user_attrs.get("reached", {})
        return reached


def is_left(trial: FrozenTrial) -> bool:
    """Whether a running trial's worker is known to be gone; the next claim will fail it."""
    owner = trial.user_attrs.get("owner")
    return owner is not None and is_dead(owner)


def is_foreign(trial: FrozenTrial) -> bool:
    """Whether its result is of another cell than the trial: the images had changed meanwhile.

    Workers of earlier versions took whatever lay where the run's images had been.
    """
    key = trial.user_attrs.get("key")
    found: str | None = trial.user_attrs.get("result", {}).get("key", key)
    return found != key


def is_error(trial: FrozenTrial) -> bool:
    """Whether an exception ended it, rather than the end of its worker."""
    return trial.state == TrialState.FAIL and trial.user_attrs.get("failure") == "error"


def is_not_recorded(trial: FrozenTrial) -> bool:
    """Whether it ended, and its worker with it, because its step could not be recorded."""
    return trial.user_attrs.get("failure") == "recording"


def are_hopeless(ended: Sequence[FrozenTrial]) -> bool:
    """Whether the last of a cell's attempts failed in a way in which the next would fail too.

    A usage error does at once. What else is wrong with a value may be the record's trouble, which
    Optuna tells in the same words: it is the cell's once it comes a second time.
    """
    errors = [trial for trial in ended if is_error(trial)]
    if not errors or errors[-1] is not ended[-1]:
        return False
    fault = errors[-1].user_attrs.get("fault")
    reasons = [trial.user_attrs.get("reason") for trial in errors[-2:]]
    return fault == "usage" or (fault == "value" and len(reasons) == 2 and len({*reasons}) == 1)


def last_epoch(trial: FrozenTrial) -> int:
    """The last epoch that a trial reported; 0 for none."""
    reached: int = trial.user_attrs.get("reached", {}).get("epoch", 0)
    return max(trial.last_step or 0, reached)


def is_free(trial: FrozenTrial) -> bool:
    """Whether it is a suggestion that no cell was trained for."""
    return "free" in trial.user_attrs

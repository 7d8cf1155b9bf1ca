"""One attempt at a cell, as the record has it.

An attempt is a trial of Optuna's. The names under which its user attributes are written are here
alone, and of the user attributes of a trial those that begin with its cell: key, variant, sweep
point and seed. How it ended:

complete                          the cell is done; `result` has its numbers
pruned, `outcome` and `reason`    it ended in a way that counts: oom, diverged, timeout, pruned
fail, `failure: error`            an exception, retried a few times
fail, `failure: crowded`          out of memory while others were on its device, retried alone
fail, `failure: recording`        its step is no CUDA graph, retried without by another worker
fail without `failure`            lost: the worker died or was stopped, so it wrote nothing

In a search it also has the suggestion's number, its values as Optuna's parameters, and the planned
cell. Suggestions that cost no training are trials of their own, marked `free`:

pruned, `free: infeasible`        over a limit, or breaking a rule; `reason` says which
complete, `free: repeated`        equal to a finished cell, whose objectives it has
fail, `free: repeated`            equal to a cell that is not finished
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from ablate.cells import PlannedCell, is_as_signed
from ablate.machine import is_at_work, is_dead

if TYPE_CHECKING:
    from ablate.cells import State
    from ablate.text import Scalar

AttemptState = Literal["waiting", "running", "complete", "pruned", "fail"]


@dataclass(frozen=True)
class Attempt:
    """An attempt at a cell, or a suggestion that none was worth."""

    number: int = -1  # in the record, oldest first; -1 until it is there
    state: AttemptState = "waiting"
    begun: datetime | None = None
    ended: datetime | None = None

    key: str = ""  # of the cell; empty for a suggestion that cannot be built
    variant: str = ""
    sweep: Mapping[str, Scalar] = field(default_factory=dict)
    seed: int | None = None

    suggestion: int | None = None  # its number in a search; None in a fixed design
    planned: Mapping[str, Any] = field(default_factory=dict)  # document of the suggested cell
    sampler: Mapping[str, Any] = field(default_factory=dict)  # its memory of the suggestion
    free: Literal["", "infeasible", "repeated"] = ""  # why no cell was trained for it
    knobs: Mapping[str, Scalar] = field(default_factory=dict)  # values of the active ones
    ranges: Mapping[str, BaseDistribution] = field(default_factory=dict)  # knob -> what it may be
    constraints: Mapping[str, float] = field(default_factory=dict)  # above 0: broken
    objectives: tuple[float, ...] = ()  # of one that is complete

    owner: Mapping[str, Any] = field(default_factory=dict)  # the process that trains it
    device: str = ""
    need: int | None = None  # bytes of the device; None: all of it
    reached: Mapping[str, Any] = field(default_factory=dict)  # last epoch, error, loss, seconds
    epoch: int = 0  # the last that it reported; 0 for none
    rungs: Mapping[int, float] = field(default_factory=dict)  # number of a rung -> error there
    changes: Mapping[int, float] = field(default_factory=dict)  # of that error, with its last epoch
    taken_from: str = ""  # the run that had its result
    shared_by: int | None = None  # cells on the device at one time, itself included, at most
    result: Mapping[str, Any] = field(default_factory=dict)
    outcome: State | Literal[""] = ""  # of one that was pruned
    failure: str = ""
    fault: str = ""  # where an error is at home: usage, value, place
    reason: str = ""

    @cached_property
    def cell(self) -> PlannedCell | None:
        """The cell that was suggested; None of one that is in the plan, or cannot be built."""
        return PlannedCell(**self.planned) if self.planned else None

    @property
    def place(self) -> tuple[str, str] | None:
        """Host and device where it is trained; None until its claim is signed."""
        return (self.owner["host"], self.device) if self.owner and self.device else None

    @property
    def is_open(self) -> bool:
        """Whether it waits in the queue or runs, so that more will be written of it."""
        return self.state in ("waiting", "running")

    @property
    def is_left(self) -> bool:
        """Whether a running one's worker is known to be gone; the next claim will fail it."""
        return bool(self.owner) and is_dead(self.owner)

    @property
    def is_at_work(self) -> bool:
        """Whether its worker is seen to run; of one on another host nothing is known here."""
        return bool(self.owner) and is_at_work(self.owner)

    @property
    def is_foreign(self) -> bool:
        """Whether its result is of another cell: the images had changed meanwhile.

        Workers of earlier versions took whatever lay where the run's images had been.
        """
        return bool(self.result) and self.result.get("key", self.key) != self.key

    @property
    def is_error(self) -> bool:
        """Whether an exception ended it, rather than the end of its worker."""
        return self.state == "fail" and self.failure == "error"

    @property
    def is_beyond_recording(self) -> bool:
        """Whether it ended, and its worker with it, because its step could not be recorded."""
        return self.failure == "recording"

    @property
    def is_crowded_out(self) -> bool:
        """Whether it ran out of memory where others took some."""
        return self.failure == "crowded"

    def afresh(self) -> Attempt:
        """The suggestion as it was before it was tried."""
        return Attempt(
            key=self.key,
            variant=self.variant,
            seed=self.seed,
            suggestion=self.suggestion,
            planned=self.planned,
            sampler=self.sampler,
            knobs=self.knobs,
            ranges=self.ranges,
            constraints=self.constraints,
        )


# Fields that are user attributes of the same name.
_ATTRIBUTES = (
    *("key", "variant", "seed", "suggestion", "planned", "sampler", "free"),
    *("owner", "reached", "taken_from", "shared_by", "result"),
    *("outcome", "failure", "fault", "reason"),
)
_SWEEP, _PLACE = "sweep.", "place"
_BY_RUNG = {"rungs": "rung.", "changes": "change."}  # fields that have a user attribute a rung


def attempt_at(cell: PlannedCell) -> Attempt:
    """The attempt at a cell of the plan that waits in the queue."""
    return Attempt(key=cell.key, variant=cell.variant, sweep=cell.sweep, seed=cell.seed)


def attempt_of(trial: FrozenTrial) -> Attempt:
    """A trial of the record -> the attempt that it is.

    Raises ValueError for a result that is gone, or was changed.
    """
    attributes = trial.user_attrs
    result = attributes.get("result")
    if trial.state == TrialState.COMPLETE and attributes.get("owner") and not result:
        raise ValueError(f"the result of trial {trial.number} is gone")
    if result and not is_as_signed(result):
        raise ValueError(f"the result of trial {trial.number} was changed after it was written")
    place = attributes.get(_PLACE, {})
    reached: int = attributes.get("reached", {}).get("epoch", 0)
    return Attempt(
        number=trial.number,
        state=_STATES[trial.state],
        begun=trial.datetime_start,
        ended=trial.datetime_complete,
        sweep=_below(_SWEEP, attributes),
        knobs=trial.params,
        ranges=trial.distributions,
        constraints=trial.constraints,
        objectives=tuple(trial.values or ()),
        device=place.get("device", ""),
        need=place.get("need"),
        epoch=max(trial.last_step or 0, reached),
        rungs=_by_rung("rungs", attributes),
        changes=_by_rung("changes", attributes),
        **{name: attributes[name] for name in _ATTRIBUTES if name in attributes},
    )


def attributes_of(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of an attempt that has begun -> user attributes of its trial, in that order."""
    attributes: dict[str, Any] = {}
    for name, value in fields.items():
        if prefix := _BY_RUNG.get(name):
            attributes |= {f"{prefix}{number}": points for number, points in value.items()}
        elif name == "device":
            attributes[_PLACE] = {"device": value, "need": fields["need"]}
        elif name in _ATTRIBUTES:
            attributes[name] = value
        elif name != "need":
            raise TypeError(f"an attempt has no {name} to note")
    return attributes


def trial_of(attempt: Attempt) -> FrozenTrial:
    """An attempt -> the trial to add to the record; Optuna sets its number and times."""
    blank = Attempt()
    attributes = {
        name: value
        for name in _ATTRIBUTES
        if (value := getattr(attempt, name)) != getattr(blank, name)
    }
    if attempt.device:
        attributes[_PLACE] = {"device": attempt.device, "need": attempt.need}
    return create_trial(
        state=state_of(attempt.state),
        params=dict(attempt.knobs),
        distributions=dict(attempt.ranges),
        user_attrs=attributes | {_SWEEP + key: value for key, value in attempt.sweep.items()},
        constraints=dict(attempt.constraints) or None,
        values=attempt.objectives or None,
    )


_STATES: Mapping[TrialState, AttemptState] = {
    TrialState.WAITING: "waiting",
    TrialState.RUNNING: "running",
    TrialState.COMPLETE: "complete",
    TrialState.PRUNED: "pruned",
    TrialState.FAIL: "fail",
}


def state_of(state: AttemptState) -> TrialState:
    """How an attempt stands -> how Optuna says it."""
    return TrialState[state.upper()]


def _below(prefix: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {k.removeprefix(prefix): v for k, v in attributes.items() if k.startswith(prefix)}


def _by_rung(name: str, attributes: Mapping[str, Any]) -> dict[int, float]:
    return {int(number): points for number, points in _below(_BY_RUNG[name], attributes).items()}

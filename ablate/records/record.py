"""The record of a run: one Optuna study, a trial per attempt at a cell."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from copy import deepcopy
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import optuna
from optuna.distributions import BaseDistribution
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from ablate.cells import PlannedCell
from ablate.errors import RunFolderError
from ablate.machine import this_process
from ablate.records.attempt import (
    Attempt,
    AttemptState,
    attempt_at,
    attributes_of,
    state_of,
    trial_of,
)
from ablate.records.attempts import Attempts
from ablate.records.folder import RunFolder, planned_cells, read_plan
from ablate.records.history import AttemptsByKey, History, Moment
from ablate.records.standing import EXHAUSTED
from ablate.storage import HEARTBEAT_SECONDS, MEND, LockLost, beating, patiently, undisturbed

if TYPE_CHECKING:
    from optuna.storages import RDBStorage

    from ablate.space import Direction

T = TypeVar("T")


class Record:
    """The Optuna study of a run folder. Use one object per process.

    A worker's is `patient`, as is one on a server: it waits for a database that is away. What it
    then raises is RecordAway, or Superseded where the trial that is written to was taken for lost
    by somebody else.
    """

    def __init__(
        self, folder: RunFolder, study: optuna.Study, storage: RDBStorage, *, patient: bool = False
    ) -> None:
        self.folder, self.study, self.store = folder, study, folder.patient_store
        self.patient = patient or self.store.is_remote
        self.lock = self.store.locked()
        self._storage, self._stamp = storage, self.store.stamp()
        self._history = History()
        self._of_plan: tuple[tuple[int, int], list[PlannedCell]] | None = None  # and its stamp

    @classmethod
    def create(cls, folder: RunFolder, title: str) -> Record:
        """The record of `folder`, made if it is not there: then `title` is what Optuna calls it.

        One that is there is looked through. Raises RunFolderError for a damaged one.
        """
        store = folder.patient_store
        with store.locked():
            if store.exists():
                store.check()
            else:
                store.make(title, _objectives(folder), ())
        return cls.open(folder)

    @classmethod
    def remake(cls, folder: RunFolder, title: str, attempts: Iterable[Attempt]) -> None:
        """Write a record of these attempts, in this order, in place of the one of `folder`."""
        store = folder.patient_store
        with store.locked():
            store.make(title, _objectives(folder), map(trial_of, attempts))

    def widen(self, distributions: Mapping[str, BaseDistribution]) -> None:
        """Give every parameter the range that it has now. The lock must be held.

        Optuna lets no parameter's choices grow, so the trials are written anew, all at once, in
        place of the old ones. Raises RunFolderError while somebody works on the record.
        """
        trials = self._trials()
        if all(distributions[n] == d for t in trials for n, d in t.distributions.items()):
            return
        self.reap()
        trials = self._trials()
        if any(t.state == TrialState.RUNNING for t in trials):
            raise RunFolderError(
                f"{self.folder.path}: a wider space can be taken up once the run that works here "
                "has stopped"
            )
        names, directions = self.study.metric_names or ["error"], self.study.directions
        objectives: dict[str, Direction] = {
            name: "maximize" if direction == StudyDirection.MAXIMIZE else "minimize"
            for name, direction in zip(names, directions, strict=True)
        }
        moved = []
        for trial in trials:
            moved.append(deepcopy(trial))
            moved[-1].distributions = {name: distributions[name] for name in trial.distributions}
        self.store.make(self.study.study_name, objectives, moved)
        fresh = Record.open(self.folder)
        self.study, self._storage, self._stamp = fresh.study, fresh._storage, fresh._stamp
        self._history = History()
        self.study.set_user_attr("widened_at", len(moved))

    @classmethod
    def open(cls, folder: RunFolder, *, patient: bool = False) -> Record:
        """The record of `folder`, which is there."""
        store = folder.patient_store
        if not store.exists():
            if any(folder.path.glob("cells/*/result.json")):
                raise RunFolderError(f"{store.label}: is gone; {MEND}")
            cls.create(folder, folder.path.resolve().name)  # stopped before the first trial
        study, storage = store.open()
        return cls(folder, study, storage, patient=patient)

    def _touch(self, action: Callable[[], T], number: int | None = None) -> T:
        """Do something in the database; with the number of the trial that it is about, if any."""
        if not self.patient:
            return undisturbed(action)
        return patiently(action, lambda: number is not None and not self._is_running(number))

    def _decide(self, action: Callable[[], T]) -> T:
        """Touch it with the lock held. Raises LockLost where that went away with the database."""

        def locked() -> T:
            self.check_lock()
            return action()

        return self._touch(locked)

    def check_lock(self) -> None:
        """Raises LockLost where somebody else may decide by what is about to be changed."""
        if self.lock.is_lost:
            raise LockLost

    def now(self) -> Moment:
        """What it says now; cheaper than to ask for the parts one by one."""
        return self._seen().moment(self._cells_of_plan())

    def planned(self) -> Sequence[PlannedCell]:
        """The cells of the run: those of the plan, then those that the search suggested."""
        return self.now().planned

    def attempts(self) -> Mapping[str, Attempts]:
        """Key -> its attempts; an empty one for a key that has none."""
        return AttemptsByKey(self._seen().by_key)

    def attempts_in_order(self) -> list[Attempt]:
        """Every attempt and free suggestion, oldest first: the one at n is number n."""
        return list(self._seen().in_order)

    def _seen(self) -> History:
        self._history.see(self._trials(), self.store.label)
        return self._history

    def _trials(self) -> list[FrozenTrial]:
        return self._touch(lambda: self.study.get_trials(deepcopy=False))

    def is_running(self, number: int) -> bool:
        """Whether trial `number` still counts as running."""
        return self._touch(lambda: self._is_running(number))

    def _is_running(self, number: int) -> bool:
        return self.study.get_trials(deepcopy=False)[number].state == TrialState.RUNNING

    def take(self) -> optuna.Trial | None:
        """The first trial that waits, running from now on; None where none does.

        The lock must be held. Its heart has beaten once; `beating` goes on with that.
        """

        def ask() -> optuna.Trial | None:
            # Optuna would make one up, without a key.
            trials = self.study.get_trials(deepcopy=False)
            if not any(trial.state == TrialState.WAITING for trial in trials):
                return None
            return self.study.ask()

        # Taken in an attempt that was made again, one has no owner and will be reaped.
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Heartbeat of storage")  # which is ours to keep
            trial = self._decide(ask)
        if trial is not None:
            self._touch(partial(self._beat, trial), trial.number)
            if self.lock.is_lost:
                self.end(trial, "fail")
                raise LockLost
        return trial

    def _beat(self, trial: optuna.Trial) -> None:
        self._storage.record_heartbeat(trial._trial_id)

    def beating(self, trial: optuna.Trial) -> AbstractContextManager[None]:
        """A thread of its own keeps a trial from being taken for lost, while this lasts."""
        return beating(partial(self._beat, trial), HEARTBEAT_SECONDS)

    def attempt(self, trial: optuna.Trial) -> Attempt:
        """The attempt that a trial is, as the record has it now."""
        return self.attempts_in_order()[trial.number]

    def note(self, trial: optuna.Trial, **fields: Any) -> None:
        """Write down fields of an attempt, in that order; a device comes with the need of it."""
        for name, value in attributes_of(fields).items():
            self._touch(partial(trial.set_user_attr, name, value), trial.number)

    def report(self, trial: optuna.Trial, value: float, epoch: int) -> None:
        """Write down an epoch's value; once, where the record of an epoch was there before."""
        self._touch(partial(trial.report, value, epoch), trial.number)

    def should_prune(self, trial: optuna.Trial) -> bool:
        """Whether Optuna's pruner had better stop it, by what was reported."""
        return self._touch(trial.should_prune, trial.number)

    def end(
        self, trial: optuna.Trial, state: AttemptState, values: Sequence[float] | None = None
    ) -> None:
        """Tell how an attempt ended."""
        told = partial(self.study.tell, trial, values, state=state_of(state))
        self._touch(told, trial.number)

    def reap(self) -> None:
        """Fail attempts whose worker is gone. The lock must be held.

        One that runs without an owner is one whose worker died between taking it and signing it:
        claims do both under the lock. One of this very process is lost too: who reaps is between
        two cells, so the record was away when this one was told. On other hosts they are gone that
        gave no sign of life for minutes; to one that is seen at work here a clock was set.
        """
        silent = self._silent()
        for each in self.attempts_in_order():
            if each.state == "running" and (
                not each.owner
                or each.owner == this_process()
                or each.is_left
                or (each.number in silent and not each.is_at_work)
            ):
                # Its worker may have told it just before it went.
                fail = partial(self.study.tell, each.number, state=TrialState.FAIL)
                self._touch(partial(fail, skip_if_finished=True))

    def _silent(self) -> frozenset[int]:
        """Numbers of the trials whose last sign of life is minutes ago, by the database's clock."""
        stale = self._touch(partial(self._storage._get_stale_trial_ids, self.study._study_id))
        trials = self._trials() if stale else []
        return frozenset(trial.number for trial in trials if trial._trial_id in stale)

    @property
    def is_replaced(self) -> bool:
        """Whether the space was widened since this was opened: what is written here is lost."""
        return self.store.stamp() != self._stamp

    @property
    def exhausted(self) -> str:
        """Why the space has no more suggestions; empty while it may have."""
        return str(self._attribute(EXHAUSTED, ""))

    def _attribute(self, name: str, otherwise: Any) -> Any:
        return self._touch(lambda: self.study.user_attrs).get(name, otherwise)

    def _set_attribute(self, name: str, value: Any) -> None:
        self._decide(partial(self.study.set_user_attr, name, value))

    def exhaust(self, why: str) -> None:
        """Write down that the space has no more suggestions, until it is widened."""
        self._set_attribute(EXHAUSTED, why)

    @property
    def batch_end(self) -> int:
        """How many cells there are once the last batch of suggestions is whole."""
        count: int = self._attribute("batch_end", 0)
        return count

    def begin_batch(self, end: int) -> None:
        """Write down that suggestions will be made until there are `end` cells."""
        self._set_attribute("batch_end", end)

    @property
    def widened_at(self) -> int:
        """How many trials there were when the space was last widened."""
        count: int = self._attribute("widened_at", 0)
        return count

    def _cells_of_plan(self) -> list[PlannedCell]:
        """The cells of plan.json, which is read again once it has changed."""
        status = self.folder.plan.stat()
        stamp = status.st_mtime_ns, status.st_size
        if self._of_plan is None or self._of_plan[0] != stamp:
            self._of_plan = stamp, planned_cells(self.folder)
        return self._of_plan[1]

    def enqueue(self, cells: Iterable[PlannedCell]) -> None:
        """Put cells into the queue, a suggestion with the values it had. The lock must be held."""
        for cell in cells:
            suggested = cell.trial is not None
            again = self.attempts()[cell.key].all[0].afresh() if suggested else None
            self.add(again or attempt_at(cell))

    def add(self, attempt: Attempt) -> None:
        """Put an attempt that nobody has begun at the end. The lock must be held."""
        self._decide(partial(self.study.add_trial, trial_of(attempt)))


def _objectives(folder: RunFolder) -> Mapping[str, Direction]:
    """What the cells of a folder are compared by."""
    head = read_plan(folder) if folder.plan.exists() else {}
    objectives: Mapping[str, Direction] = head.get("objectives", {"error": "minimize"})
    return objectives

"""The record of a run: one Optuna study, a trial per attempt at a cell.

A trial carries its cell's key, variant, sweep point and seed as user attributes. How it ended:

COMPLETE                          the cell is done; `result` has its numbers
PRUNED, `outcome` and `reason`    the cell ended in a way that counts: oom, diverged, timeout
FAIL, `failure: error`            an exception, retried a few times
FAIL without `failure`            lost: the worker died or was stopped, so it wrote nothing
"""

from __future__ import annotations

import math
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from filelock import FileLock
from optuna.exceptions import ExperimentalWarning
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import URL

from ablate.search.folder import RunFolder
from ablate.search.owner import is_dead, this_process
from ablate.search.plan import PlannedCell
from ablate.spec import State

HEARTBEAT_SECONDS = 30
GRACE_SECONDS = 180  # longer than a database may be away
SQLITE_WAIT_SECONDS = 60


@dataclass(frozen=True)
class Attempts:
    """Every trial of one cell, oldest first."""

    trials: tuple[FrozenTrial, ...] = ()

    @property
    def done(self) -> FrozenTrial | None:
        """The trial that finished the cell."""
        return next((t for t in self.trials if t.state == TrialState.COMPLETE), None)

    @property
    def open(self) -> FrozenTrial | None:
        """The trial that waits in the queue or runs."""
        states = (TrialState.WAITING, TrialState.RUNNING)
        return next((t for t in self.trials if t.state in states), None)

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
        if self.open and self.open.state == TrialState.RUNNING and not _is_left(self.open):
            return "running"
        if self.open or not self.ended:
            return "waiting"
        last = self.ended[-1]
        if last.state == TrialState.PRUNED:
            outcome: State = last.user_attrs["outcome"]
            return outcome
        return "failed" if is_error(last) else "waiting"

    @property
    def reason(self) -> str:
        """Why the last attempt ended as it did; empty for a cell that is done."""
        if self.done or not self.ended:
            return ""
        last = self.ended[-1]
        lost = "" if last.state == TrialState.PRUNED or is_error(last) else "the worker was lost"
        return str(last.user_attrs.get("reason", lost))

    @property
    def epoch(self) -> int:
        """The last epoch that any attempt finished."""
        return max((last_epoch(t) for t in self.trials), default=0)


def _is_left(trial: FrozenTrial) -> bool:
    """Whether a running trial's worker is known to be gone; the next claim will fail it."""
    owner = trial.user_attrs.get("owner")
    return owner is not None and is_dead(owner)


def is_error(trial: FrozenTrial) -> bool:
    """Whether an exception ended it, rather than the end of its worker."""
    return trial.state == TrialState.FAIL and trial.user_attrs.get("failure") == "error"


def last_epoch(trial: FrozenTrial) -> int:
    """The last epoch that a trial reported; 0 for none."""
    return trial.last_step or 0


class Record:
    """The Optuna study of a run folder. Use one object per process."""

    def __init__(self, folder: RunFolder, study: optuna.Study) -> None:
        self.folder, self.study = folder, study
        self.lock = FileLock(folder.lock)

    @classmethod
    def create(cls, folder: RunFolder, title: str) -> Record:
        """The record of `folder`, made if it is not there: then `title` is what Optuna calls it.

        The file holds one study ever, whatever the folder and the question are called later.
        """
        with _quiet(), FileLock(folder.lock):
            if not folder.database.exists():
                made = folder.database.with_name(f"{folder.database.name}.tmp")
                for left in folder.path.glob(f"{made.name}*"):  # by a process that was killed here
                    left.unlink()
                study = optuna.create_study(
                    storage=_storage(made), study_name=title, direction="minimize"
                )
                study.set_metric_names(["error"])
                made.replace(folder.database)
        return cls.open(folder)

    @classmethod
    def open(cls, folder: RunFolder) -> Record:
        """The record of `folder`, which is there."""
        if not folder.database.exists():  # stopped between the plan and the first trial
            return cls.create(folder, folder.path.resolve().name)
        with _quiet():
            storage = _storage(folder.database)
            (name,) = optuna.get_all_study_names(storage)
            study = optuna.load_study(
                study_name=name,
                storage=storage,
                sampler=optuna.samplers.RandomSampler(seed=0),
            )
        return cls(folder, study)

    def attempts(self) -> Mapping[str, Attempts]:
        """Key -> its attempts; an empty one for a key that has none."""
        found: dict[str, list[FrozenTrial]] = defaultdict(list)
        for trial in self.trials():
            found[trial.user_attrs["key"]].append(trial)
        grouped = {key: Attempts(tuple(trials)) for key, trials in found.items()}
        return defaultdict(Attempts, grouped)

    def trials(self) -> list[FrozenTrial]:
        """Every trial, oldest first. Not copies: do not change them."""
        return self.study.get_trials(deepcopy=False)

    def is_running(self, number: int) -> bool:
        """Whether trial `number` still counts as running."""
        return self.trials()[number].state == TrialState.RUNNING

    def reap(self) -> None:
        """Fail trials whose worker is gone. The lock must be held.

        A running trial without an owner is one whose worker died between taking it and signing
        it: claims do both under the lock. One of this very process is lost too: who reaps is
        between two cells, so the record was away when this one was told.
        """
        for trial in self.trials():
            if trial.state == TrialState.RUNNING:
                owner = trial.user_attrs.get("owner")
                if owner in (None, this_process()) or _is_left(trial):
                    # Its worker may have told it just before it went.
                    self.study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)
        with _quiet():
            optuna.storages.fail_stale_trials(self.study)  # of other hosts, by heartbeat

    def enqueue(self, cells: Iterable[PlannedCell]) -> None:
        """Put cells into the queue. The lock must be held."""
        for cell in cells:
            sweep = {f"sweep.{key}": value for key, value in cell.sweep.items()}
            attributes = {"key": cell.key, "variant": cell.variant, **sweep, "seed": cell.seed}
            self.study.enqueue_trial({}, user_attrs=attributes)

    def rows(self, planned: Iterable[PlannedCell], head: Mapping[str, Any]) -> list[dict[str, Any]]:
        """A plain row per planned cell: what `results()` is made from."""
        attempts = self.attempts()
        return [_row(cell, attempts[cell.key], head) for cell in planned]


def _row(cell: PlannedCell, attempts: Attempts, head: Mapping[str, Any]) -> dict[str, Any]:
    result = attempts.done.user_attrs["result"] if attempts.done else {}
    sweep = {key: cell.sweep.get(key) for key in head["sweep_keys"]}
    return {
        "study": head["study"],
        "profile": head["profile"],
        "key": cell.key,
        "variant": cell.variant,
        **sweep,
        "seed": cell.seed,
        "trial": None,
        "state": attempts.state,
        "reason": attempts.reason,
        "attempts": attempts.begun,
        "split": cell.split,
        "epochs": cell.epochs,
        "error": result.get("error"),
        "loss": result.get("loss"),
        "stopped_epoch": None,
        "stopped_error": None,
        "params": cell.params,
        "macs": cell.macs,
        "flops": cell.flops,
        "saved_bytes": cell.saved_bytes,
        "peak_bytes": cell.peak_bytes,
        "train_seconds": result.get("train_seconds"),
        "device": result.get("device"),
        "torch": result.get("torch"),
        "ablate": result.get("ablate"),
        "data_note": result.get("data_note"),
    }


def _storage(database: Path) -> RDBStorage:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return RDBStorage(
        # Rendered, since a `?`, a `%` or a brace in a folder's name would mean something in a URL.
        URL.create("sqlite", database=str(database.resolve())).render_as_string(),
        engine_kwargs={"connect_args": {"timeout": SQLITE_WAIT_SECONDS}},
        heartbeat_interval=HEARTBEAT_SECONDS,
        grace_period=GRACE_SECONDS,
    )


def reportable(error: float | None) -> float:
    """An epoch's error as Optuna stores it: NaN where the split was not looked at."""
    return math.nan if error is None else error


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Optuna's notes that heartbeats and metric names are experimental."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        yield

"""The record of a run: one Optuna study, a trial per attempt at a cell.

A trial carries its cell's key, variant, sweep point and seed as user attributes. How it ended:

COMPLETE                          the cell is done; `result` has its numbers
PRUNED, `outcome` and `reason`    it ended in a way that counts: oom, diverged, timeout, pruned
FAIL, `failure: error`            an exception, retried a few times
FAIL, `failure: crowded`          out of memory while others were on its device, retried alone
FAIL, `failure: recording`        its step is no CUDA graph, retried without by another worker
FAIL without `failure`            lost: the worker died or was stopped, so it wrote nothing

In a search a trial also has the suggestion's number, its values as Optuna's parameters, and the
planned cell. Suggestions that cost no training are trials of their own, marked `free`:

PRUNED, `free: infeasible`        over a limit, or breaking a rule; `reason` says which
COMPLETE, `free: repeated`        equal to a finished cell, whose objectives it has
FAIL, `free: repeated`            equal to a cell that is not finished
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from copy import deepcopy
from pathlib import Path

import optuna
from filelock import FileLock
from optuna.distributions import BaseDistribution
from optuna.storages import RDBStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import URL

from ablate.errors import RunFolderError
from ablate.records.attempts import Attempts, is_free, is_left
from ablate.records.folder import RunFolder, planned_cells, read_plan
from ablate.records.owner import this_process
from ablate.records.quiet import quiet
from ablate.study import Direction, PlannedCell

HEARTBEAT_SECONDS = 30
GRACE_SECONDS = 180  # longer than a database may be away
SQLITE_WAIT_SECONDS = 60


class Record:
    """The Optuna study of a run folder. Use one object per process."""

    def __init__(self, folder: RunFolder, study: optuna.Study) -> None:
        self.folder, self.study = folder, study
        self.lock = FileLock(folder.lock)
        self._file = folder.database.stat().st_ino

    @classmethod
    def create(cls, folder: RunFolder, title: str) -> Record:
        """The record of `folder`, made if it is not there: then `title` is what Optuna calls it.

        The file holds one study ever, whatever the folder and the question are called later.
        """
        with FileLock(folder.lock):
            if not folder.database.exists():
                head = read_plan(folder) if folder.plan.exists() else {}
                _make(folder, title, head.get("objectives", {"error": "minimize"}), ())
        return cls.open(folder)

    def widen(self, distributions: Mapping[str, BaseDistribution]) -> None:
        """Give every parameter the range that it has now. The lock must be held.

        Optuna lets no parameter's choices grow, so the trials are written anew, as one file that
        takes the place of the old one. Raises RunFolderError while somebody works on the record.
        """
        trials = self.trials()
        if all(distributions[n] == d for t in trials for n, d in t.distributions.items()):
            return
        self.reap()
        trials = self.trials()
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
        _make(self.folder, self.study.study_name, objectives, moved)
        fresh = Record.open(self.folder)
        self.study, self._file = fresh.study, fresh._file
        self.study.set_user_attr("widened_at", len(moved))

    @classmethod
    def open(cls, folder: RunFolder) -> Record:
        """The record of `folder`, which is there."""
        if not folder.database.exists():  # stopped between the plan and the first trial
            return cls.create(folder, folder.path.resolve().name)
        with quiet():
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
            if not is_free(trial):
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
                if owner in (None, this_process()) or is_left(trial):
                    # Its worker may have told it just before it went.
                    self.study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)
        with quiet():
            optuna.storages.fail_stale_trials(self.study)  # of other hosts, by heartbeat

    @property
    def is_replaced(self) -> bool:
        """Whether the space was widened since this was opened: what is written here is lost."""
        return self.folder.database.stat().st_ino != self._file

    @property
    def exhausted(self) -> str:
        """Why the space has no more suggestions; empty while it may have."""
        return str(self.study.user_attrs.get("exhausted", ""))

    def exhaust(self, why: str) -> None:
        """Write down that the space has no more suggestions, until it is widened."""
        self.study.set_user_attr("exhausted", why)

    @property
    def batch_end(self) -> int:
        """How many cells there are once the last batch of suggestions is whole."""
        count: int = self.study.user_attrs.get("batch_end", 0)
        return count

    def begin_batch(self, end: int) -> None:
        """Write down that suggestions will be made until there are `end` cells."""
        self.study.set_user_attr("batch_end", end)

    @property
    def widened_at(self) -> int:
        """How many trials there were when the space was last widened."""
        count: int = self.study.user_attrs.get("widened_at", 0)
        return count

    def planned(self) -> list[PlannedCell]:
        """The cells of the run: those of the plan, then those that the search suggested."""
        found: dict[int, PlannedCell] = {}
        for trial in self.trials():
            attributes = trial.user_attrs
            if "suggestion" in attributes and "free" not in attributes:
                number = attributes["suggestion"]
                found.setdefault(number, PlannedCell(**attributes["planned"]))
        return [*planned_cells(self.folder), *(found[number] for number in sorted(found))]

    def enqueue(self, cells: Iterable[PlannedCell]) -> None:
        """Put cells into the queue, a suggestion with the values it had. The lock must be held."""
        first = {t.user_attrs.get("key"): t for t in reversed(self.trials()) if not is_free(t)}
        for cell in cells:
            if cell.trial is not None:
                self.study.add_trial(_again(first[cell.key]))
                continue
            sweep = {f"sweep.{key}": value for key, value in cell.sweep.items()}
            attributes = {"key": cell.key, "variant": cell.variant, **sweep, "seed": cell.seed}
            self.study.enqueue_trial({}, user_attrs=attributes)


def _make(
    folder: RunFolder,
    title: str,
    objectives: Mapping[str, Direction],
    trials: Iterable[FrozenTrial],
) -> None:
    """Write study.db, whole or not at all."""
    made = folder.database.with_name(f"{folder.database.name}.tmp")
    for left in folder.path.glob(f"{made.name}*"):  # by a process that was killed here
        left.unlink()
    with quiet():
        study = optuna.create_study(
            storage=_storage(made), study_name=title, directions=list(objectives.values())
        )
        study.set_metric_names(list(objectives))
        study.add_trials(trials)
    made.replace(folder.database)


# What an attempt adds to its trial; another attempt begins without it.
_OF_AN_ATTEMPT = (
    "owner",
    "place",
    "result",
    "shared_by",
    "outcome",
    "reason",
    "failure",
    "taken_from",
    "reached",
)


def _again(trial: FrozenTrial) -> FrozenTrial:
    """A suggestion's trial as it was before it was tried."""
    kept = {
        name: value
        for name, value in trial.user_attrs.items()
        if name not in _OF_AN_ATTEMPT and not name.startswith("rung.")
    }
    return optuna.trial.create_trial(
        state=TrialState.WAITING,
        params=trial.params,
        distributions=trial.distributions,
        user_attrs=kept,
        constraints=trial.constraints,
    )


def _storage(database: Path) -> RDBStorage:
    return RDBStorage(
        # Rendered, since a `?`, a `%` or a brace in a folder's name would mean something in a URL.
        URL.create("sqlite", database=str(database.resolve())).render_as_string(),
        engine_kwargs={"connect_args": {"timeout": SQLITE_WAIT_SECONDS}},
        heartbeat_interval=HEARTBEAT_SECONDS,
        grace_period=GRACE_SECONDS,
    )

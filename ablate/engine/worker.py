"""A worker: take a cell, train it, tell the record, until nothing is left."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import optuna
from sqlalchemy.exc import SQLAlchemyError

from ablate.cells import Cell, read_cell
from ablate.costs import Rates
from ablate.data import Images, facts, load_images
from ablate.engine.claiming import Decision, Rules, decide, room
from ablate.engine.packing import most_at_once
from ablate.engine.place import Place
from ablate.engine.same_images import check_same_images
from ablate.engine.taking_over import take_over
from ablate.engine.watching import Watch
from ablate.errors import (
    AblateError,
    CellOutcome,
    MachineError,
    MissingDataError,
    OutOfMemory,
    Pruned,
    RecordingFailed,
    RunFolderError,
    UsageError,
)
from ablate.machine import EXIT_ORPHANED, first_line, leave_with_parent, release_memory, stay_on
from ablate.records import Attempts, Record, RunFolder, this_process
from ablate.sampling import Suggester, objectives_of, optuna_pruner
from ablate.study import PlannedCell, load_study
from ablate.text import from_plain
from ablate.training import Epoch, Execution, Progress, run_cell

log = logging.getLogger("ablate")
Event = dict[str, Any]
POLL_SECONDS = 0.5
MAX_STUMBLES = 20  # troubles with the record in a row before a worker gives up
EXIT_UNFIT = 70  # the device or torch is of no use in this process: another is to go on


@dataclass(frozen=True)
class Assignment:
    """What a worker is started with. Plain values: it crosses a process boundary."""

    slot: int
    folder: Path
    data_root: Path
    execution: Execution
    rules: Rules
    version: str  # of ablate, for the record
    data_sha256: str  # of the images that the run is of
    cache: Path | None = None  # of counts
    rates: Rates | None = None  # of the device, to predict times


class Leave(BaseException):
    """Takes an error to the caller, past whatever would call it the failure of a cell."""

    def __init__(self, error: Exception) -> None:
        self.error = error


class _Superseded(Exception):
    """The trial is no longer this worker's: somebody took it for lost."""


class _Unfit(Exception):
    """The device, or torch, is of no more use in this process."""


def work(assignment: Assignment, events: Connection) -> None:
    """The body of a worker process. Returns when no cell is left for it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    leave_with_parent()  # an orphan would go on training unseen
    # First of all: whatever asks for no device, as pinned memory, has a context on the current one.
    stay_on(assignment.execution.device)

    def tell(event: Event) -> None:
        try:
            events.send(event)
        except (BrokenPipeError, OSError):
            os._exit(EXIT_ORPHANED)  # nobody is left to hear it

    try:
        Worker(assignment, tell).loop()
    except (MissingDataError, RunFolderError) as error:  # the parent ends the run
        tell({"kind": "refused", "error": error})
    except _Unfit as error:
        log.warning("a new process goes on: %s", error)
        os._exit(EXIT_UNFIT)


def work_here(assignment: Assignment, on_event: Callable[[Event], None]) -> None:
    """A worker's cells, one after the other, in the process that asks for them.

    What `on_event` raises ends it and reaches the caller, as `Leave(error)` does wherever it is
    raised; a cell in work is then lost as that of a worker that died, and its checkpoint stays.
    Raises MachineError where only another process could go on.
    """

    def tell(event: Event) -> None:
        try:
            on_event(event)
        except Exception as error:
            raise Leave(error) from error

    worker = Worker(assignment, tell)
    try:
        worker.loop()
    except Leave as left:
        raise left.error from None
    except _Unfit as error:
        raise MachineError(f"this process can train no more ({error}): start another") from error
    finally:
        with worker.record.lock:  # this process lives on, and is no longer at work on a cell
            worker.record.reap()


class Worker:
    """Takes cells of a run folder, trains them and tells the record, until none is left."""

    def __init__(self, assignment: Assignment, tell: Callable[[Event], None]) -> None:
        self.assignment, self.tell = assignment, tell
        self.folder = RunFolder(assignment.folder)
        self.record = Record.open(self.folder)
        self.study = load_study(self.folder.study)
        self.planned: Mapping[str, PlannedCell] = {}
        self.refusal: MissingDataError | RunFolderError | None = None  # why no cell can be trained
        self.is_unfit = False  # to train anything more
        if search := self.study.search:
            self.record.study.pruner = optuna_pruner(search.pruner, self.study.file.recipe.epochs)

    @cached_property
    def images(self) -> Images:
        images = load_images(self.study.file.data, self.assignment.data_root)
        check_same_images(images.sha256, self.assignment.data_sha256, self.study.file.data)
        return images

    @cached_property
    def place(self) -> Place:
        root, rules = self.assignment.data_root, self.assignment.rules
        known = partial(facts, self.study.file.data, root)
        return Place(self.assignment.execution, rules.per_device, known)

    @cached_property
    def suggester(self) -> Suggester:
        assignment = self.assignment
        return Suggester(self.study, self.images.facts, assignment.cache, assignment.rates)

    def loop(self) -> None:
        """Take cells until none is left; outlive a record that is briefly out of order."""
        stumbles = 0
        while stumbles <= MAX_STUMBLES:
            try:
                took = self.take_one()
            except (
                optuna.exceptions.OptunaError,  # a trial that somebody finished meanwhile
                SQLAlchemyError,
                ValueError,  # how Optuna says the same in `tell`
                AssertionError,  # Optuna 5.0, in place of either where the objective had returned
                UnboundLocalError,  # Optuna 5.0, when the database vanishes in `tell`
            ) as error:
                stumbles += 1
                log.warning("trouble with the record: %s", error)
                time.sleep(min(0.2 * 2**stumbles, 10))
                continue
            stumbles = 0
            if took is None:
                return
            if not took:
                time.sleep(POLL_SECONDS)
        raise AblateError(f"the record {self.folder.database} cannot be used")

    def take_one(self) -> bool | None:
        """True: trained a cell. False: nothing to take just now. None: nothing left."""
        with self.record.lock:
            if self.record.is_replaced:
                return None  # the run that widened the search goes on with it
            self.record.reap()
            decision = self.decide()
            if decision.kind != "take":
                return None if decision.kind == "finished" else False
            self.record.enqueue(decision.enqueue)
            self.planned = {cell.key: cell for cell in reversed(self.record.planned())}
            # The objective releases the lock once it has signed the trial.
            self.record.study.optimize(self.objective, n_trials=1, catch=(Exception,))
        if self.refusal:
            raise self.refusal
        self.tidy()
        return True

    def tidy(self) -> None:
        """Give memory back. Raises _Unfit where this process can train nothing more."""
        if self.is_unfit:
            raise _Unfit("torch takes itself to be recording a CUDA graph")
        try:
            release_memory(self.assignment.execution.device)
        except RuntimeError as error:  # of the device, from a cell that has ended of it
            raise _Unfit(first_line(error)) from error

    def decide(self) -> Decision:
        """What to do next; a search that has nothing to take is asked for more."""
        planned, attempts = self.record.planned(), self.record.attempts()
        decision = self._next(planned, attempts)
        search = self.study.search
        if search is None or self.record.exhausted:
            return decision
        count = room(search, planned, attempts, decision.kind, self.record.batch_end)
        if count and search.sampler.batch:
            self.record.begin_batch(len(planned) + count)
        if count and self.suggester.top_up(self.record, count):
            return self._next(self.record.planned(), self.record.attempts())
        return decision

    def _next(self, planned: Sequence[PlannedCell], attempts: Mapping[str, Attempts]) -> Decision:
        """What to do next, as far as the record and the place say."""
        by_key = {cell.key: cell for cell in reversed(planned)}
        device = self.place.device(self.record.attempts_in_order())
        need = self.place.need(by_key, attempts)
        return decide(planned, attempts, self.assignment.rules, device, need)

    def sign(self, trial: optuna.Trial) -> None:
        """Say who trains it, where, and with how much memory. The lock must be held."""
        cell = self.planned[trial.user_attrs["key"]]
        need = self.place.need(self.planned, self.record.attempts())(cell)
        trial.set_user_attr("place", {"device": self.place.id, "need": need})
        trial.set_user_attr("owner", this_process())  # last: without it the claim does not count

    def objective(self, trial: optuna.Trial) -> float | Sequence[float]:
        """A trial -> the cell's objectives. Its first lines run under the lock."""
        self.sign(trial)
        self.record.lock.release()
        key = trial.user_attrs["key"]
        attempt = f"trial {trial.number}"
        self.send("start", key)
        with _logging_to(self.folder.cell(key).log):
            log.info("%s begins, %s", attempt, self.execution_of(key))
            try:
                result = self.result_of(key, trial)
            except CellOutcome as outcome:
                if isinstance(outcome, OutOfMemory) and self.shared_by(trial) > 1:
                    reason = f"{outcome}, beside others on its device"
                    log.info("%s: %s; it is tried again alone", attempt, reason)
                    self.try_again(trial, "crowded", reason)
                    raise
                log.info("%s: %s: %s", attempt, outcome.state, outcome)
                trial.set_user_attr("outcome", outcome.state)
                trial.set_user_attr("reason", str(outcome))
                self.send("end", key, state=outcome.state, reason=str(outcome))
                if isinstance(outcome, Pruned):
                    self.folder.cell(key).checkpoint.unlink(missing_ok=True)
                raise optuna.TrialPruned(str(outcome)) from None
            except RecordingFailed as error:
                log.warning("%s: %s; it is tried again with capture off", attempt, error)
                self.is_unfit = True
                self.try_again(trial, "recording", f"no CUDA graph: {error.reason}")
                raise
            except _Superseded:
                log.warning("%s was given to another worker", attempt)
                raise
            except Exception as error:
                log.exception("%s failed", attempt)
                reason = f"{type(error).__name__}: {error}"
                trial.set_user_attr("failure", "error")
                trial.set_user_attr("fault", fault_of(error))
                trial.set_user_attr("reason", reason)
                self.send("end", key, state="failed", reason=reason)
                if isinstance(error, MissingDataError | RunFolderError):
                    self.refusal = error
                raise
            log.info("%s: done, error %.2f %%", attempt, result["error"])
        trial.set_user_attr("result", result)
        trial.set_user_attr("shared_by", self.shared_by(trial))
        source = trial.user_attrs.get("taken_from")
        self.send("end", key, state="done", error=result["error"], source=source)
        if self.study.search is None:
            return float(result["error"])
        return objectives_of(self.study.search, self.planned[key], result)

    def try_again(self, trial: optuna.Trial, failure: str, reason: str) -> None:
        """Tell the record and the parent of an attempt that the next will not repeat."""
        trial.set_user_attr("failure", failure)
        trial.set_user_attr("reason", reason)
        self.send("died", trial.user_attrs["key"], reason=reason)

    def shared_by(self, trial: optuna.Trial) -> int:
        """How many cells at most were on the device at one time since the attempt began."""
        attempts = self.record.attempts_in_order()
        return most_at_once(attempts, attempts[trial.number])

    def execution_of(self, key: str) -> Execution:
        """How a cell is executed, after what its plan says of its memory and what befell it."""
        execution = self.assignment.execution.fitted(self.planned[key].peak_bytes)
        if self.record.attempts()[key].is_beyond_recording:
            return replace(execution, capture="off")
        return execution

    def result_of(self, key: str, trial: optuna.Trial) -> dict[str, Any]:
        """The cell's result: found in the folder or in one beside it, else trained."""
        folder, cell = self.folder.cell(key), self.cell_of(key)
        if folder.finished(key) is None and (
            source := take_over(folder, self.folder.siblings(key), key, self.images)
        ):
            trial.set_user_attr("taken_from", source)

        def before_save() -> None:
            if not self.record.is_running(trial.number):
                raise _Superseded(f"trial {trial.number} is no longer running")

        watch = Watch(self.record, trial, self.planned[key], self.study.search)

        def on_epoch(epoch: Epoch) -> None:
            log.info("%s", epoch)
            watch.see(epoch)

        def on_progress(progress: Progress) -> None:
            self.send("progress", key, progress=progress)

        return run_cell(
            cell,
            self.images,
            self.execution_of(key),
            folder,
            ablate_version=self.assignment.version,
            before_save=before_save,
            on_epoch=on_epoch,
            on_progress=on_progress,
        )

    def cell_of(self, key: str) -> Cell:
        """The cell `key` of the plan. Raises RunFolderError where that is no longer what it is."""
        cell = read_cell(from_plain(self.planned[key].cell, "the plan"), self.images.facts)
        if cell.key != key:
            raise RunFolderError(
                f"{self.folder.path}: cell {key} of its plan is {cell.key} to this worker: the "
                "plan was made by another version of ablate, or changed; run the study again"
            )
        return cell

    def send(self, kind: str, key: str, **more: Any) -> None:
        """An event for the parent: who, what, and which cell."""
        label = self.planned[key].label
        self.tell({"kind": kind, "slot": self.assignment.slot, "key": key, "label": label, **more})


def fault_of(error: Exception) -> str:
    """Where an error is at home: a usage, a value, or the place, as disks and drivers may mend."""
    if isinstance(error, UsageError):
        return "usage"
    return "value" if isinstance(error, ValueError | TypeError | LookupError) else "place"


@contextmanager
def _logging_to(path: Path) -> Iterator[None]:
    """The project's log, into a cell's log.txt for a while."""
    handler: logging.Handler
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, encoding="utf-8")
    except OSError:  # a full disk, say: the cell's own files fail too, and that is recorded
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    level = log.level
    log.setLevel(logging.INFO)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
        handler.close()

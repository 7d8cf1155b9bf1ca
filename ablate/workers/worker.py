"""A worker: take a cell, train it, tell the record, until nothing is left."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal

import optuna

from ablate.cells import Cell, DatasetFacts, PlannedCell, read_cell
from ablate.costs import Rates, price_cells
from ablate.data import Images, facts, load_images
from ablate.errors import (
    CellOutcome,
    OutOfMemory,
    Pruned,
    RecordAway,
    RecordingFailed,
    RunFolderError,
)
from ablate.machine import (
    first_line,
    logging_to,
    release_memory,
    telling_warnings,
    this_process,
)
from ablate.records import Moment, Record, RunFolder, list_cells
from ablate.sampling import Suggester, objectives_of, optuna_pruner
from ablate.storage import LockLost, Superseded
from ablate.study import Planner, load_study
from ablate.text import from_plain
from ablate.training import Execution, Progress, run_cell
from ablate.workers.claiming import Decision, Rules, decide
from ablate.workers.full_disk import no_space, out_of_space
from ablate.workers.growing import as_begun, standing_of
from ablate.workers.options import RunOptions
from ablate.workers.outcome import Outcome, failed, stopped, to_try_again
from ablate.workers.packing import most_at_once
from ablate.workers.place import Place
from ablate.workers.ranks import Calls, RankLost, Task, train_on_ranks
from ablate.workers.same_images import check_same_images
from ablate.workers.taking_over import take_over
from ablate.workers.watching import Watch

log = logging.getLogger("ablate")
Event = dict[str, Any]
POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Assignment:
    """What a worker is started with. Plain values: it crosses a process boundary."""

    slot: int
    folder: Path
    options: RunOptions  # its own: the execution is on its device
    rules: Rules
    data_sha256: str  # of the images that the run is of
    rates: Rates | None = None  # of the device, to predict times


class Unfit(Exception):
    """The device, or torch, is of no more use in this process."""


class Worker:
    """Takes cells of a run folder, trains them and tells the record, until none is left."""

    def __init__(self, assignment: Assignment, tell: Callable[[Event], None]) -> None:
        self.assignment, self.tell = assignment, tell
        self.folder = RunFolder(assignment.folder)
        self.record = Record.open(self.folder, patient=True)
        self.study = as_begun(load_study(self.folder.study), self.folder)
        self.planned: Mapping[str, PlannedCell] = {}
        self.planner = self.study.planner
        self.told = 0  # epochs of the cell in work that the parent knows of
        file = self.study.file
        self.record.study.pruner = optuna_pruner(file.pruner, file.recipe.epochs)

    @cached_property
    def images(self) -> Images:
        images = load_images(self.study.file.data, self.assignment.options.data_root)
        check_same_images(images.sha256, self.assignment.data_sha256, self.study.file.data)
        return images

    @cached_property
    def place(self) -> Place:
        options = self.assignment.options
        return Place(options.execution, options.per_device, lambda: self.facts)

    @cached_property
    def suggester(self) -> Suggester:
        cache, rates = self.assignment.options.cache, self.assignment.rates
        return Suggester(self.study, self.images.facts, cache, rates)

    @cached_property
    def facts(self) -> DatasetFacts:
        """Of the dataset; its images are not read for them."""
        return facts(self.study.file.data, self.assignment.options.data_root)

    def loop(self) -> None:
        """Take cells until none is left."""
        while (took := self.take_one()) is not None:
            if not took:
                time.sleep(POLL_SECONDS)

    def take_one(self) -> bool | None:
        """True: trained a cell. False: nothing to take just now. None: nothing left."""
        try:
            with self.record.lock:
                claimed = self.claim()
        except (LockLost, Superseded):  # whoever has it now decides
            return False
        if claimed is None or claimed is False:
            return claimed
        try:
            outcome = self.attempt(claimed)
        except Superseded as error:
            log.warning("trial %s goes on elsewhere: %s", claimed.number, error)
        else:
            if outcome.refusal:
                raise outcome.refusal
            if outcome.is_unfit:
                raise Unfit("torch takes itself to be recording a CUDA graph")
        self.tidy()
        return True

    def claim(self) -> optuna.Trial | Literal[False] | None:
        """The next trial, signed; False: nothing to take just now, None: nothing left.

        The lock must be held, so that nobody decides by what this is about to change.
        """
        if self.record.is_replaced:
            return None  # the run that widened the search goes on with it
        self.record.reap()
        decision, seen = self.decide()
        if decision.kind != "take":
            return None if decision.kind == "finished" else False
        self.record.enqueue(decision.enqueue)
        trial = self.record.take()
        if trial is None:  # it was taken in an attempt to reach the record, and will be reaped
            return False
        self.planned = seen.by_key
        self.sign(trial, seen)
        return trial

    def attempt(self, trial: optuna.Trial) -> Outcome:
        """Train a claimed cell, and tell how that ended."""
        key = self.record.attempt(trial).key
        earlier = self.folder.cell(key).epochs()
        self.told = len(earlier)
        self.send("start", key, cell=self.planned[key], earlier=earlier)
        with (
            self.record.beating(trial),
            logging_to(self.folder.cell(key).log),
            telling_warnings(lambda reason: self.send("warned", key, reason=reason)),
        ):
            outcome = self.train(key, trial)
            self.record.note(trial, **outcome.attributes)
            self.record.end(trial, outcome.state, outcome.values)
        self.send(key=key, **outcome.event)
        return outcome

    def tidy(self) -> None:
        """Give memory back. Raises Unfit where this process can train nothing more."""
        try:
            release_memory(self.assignment.options.execution.device)
        except RuntimeError as error:  # of the device, from a cell that has ended of it
            raise Unfit(first_line(error)) from error

    def decide(self) -> tuple[Decision, Moment]:
        """What to do next, by what the record says and what its planner adds to that."""
        decision, seen = self._next()
        while self.planner and self.extend(self.planner, seen, decision):
            decision, seen = self._next()
        return decision, seen

    def extend(self, planner: Planner, seen: Moment, decision: Decision) -> bool:
        """Add to the run what its planner wants by now -> whether that was anything."""
        wanted = planner.next(standing_of(self.record, seen, decision), lambda: self.facts)
        if wanted.batch_end:
            self.record.begin_batch(wanted.batch_end)
        if wanted.cells:
            cache, rates = self.assignment.options.cache, self.assignment.rates
            priced = price_cells(wanted.cells, self.facts, cache=cache, rates=rates, jobs=1)
            self.record.check_lock()
            list_cells(self.folder, priced)
        new = wanted.suggestions and self.suggester.top_up(self.record, wanted.suggestions)
        return bool(wanted.cells or new)

    def _next(self) -> tuple[Decision, Moment]:
        """What to do next, as far as the record and the place say."""
        seen = self.record.now()
        device = self.place.device(seen.in_order)
        need = self.place.need(seen.by_key, seen.attempts)
        return decide(seen.planned, seen.attempts, self.assignment.rules, device, need), seen

    def sign(self, trial: optuna.Trial, seen: Moment) -> None:
        """Say who trains it, where, and with how much memory. The lock must be held."""
        need = self.place.need(seen.by_key, seen.attempts)(seen.by_key[trial.user_attrs["key"]])
        # The owner comes last: without it the claim does not count.
        self.record.note(trial, device=self.place.id, need=need, owner=this_process())

    def train(self, key: str, trial: optuna.Trial) -> Outcome:
        """A cell -> how this attempt at it ended. Raises what is trouble with the record."""
        attempt = f"trial {trial.number}"
        log.info("%s begins, %s", attempt, self.execution_of(key))
        try:
            result = self.result_of(key, trial)
            values = self.objectives(key, result)
            for row in self.folder.cell(key).epochs():  # of one that was taken over
                self.tell_epoch(key, row)
        except CellOutcome as error:
            if isinstance(error, OutOfMemory) and self.shared_by(trial) > 1:
                reason = f"{error}, beside others on its device"
                log.info("%s: %s; it is tried again alone", attempt, reason)
                return to_try_again("crowded", reason)
            log.info("%s: %s: %s", attempt, error.state, error)
            if isinstance(error, Pruned):
                self.folder.cell(key).drop_checkpoints()
            return stopped(error)
        except RecordingFailed as error:
            log.info("%s: %s; it is tried again with capture off", attempt, error)
            outcome = to_try_again("recording", f"no CUDA graph: {error.reason}")
            return replace(outcome, is_unfit=True)
        except RankLost as error:
            log.info("%s: %s", attempt, error)
            return to_try_again("", str(error))
        except (Superseded, RecordAway):
            raise
        except Exception as error:
            if full := no_space(error, self.folder.path):
                log.info("%s: %s", attempt, full)
                return out_of_space(full, self.folder.path)
            log.exception("%s failed", attempt)
            return failed(error)
        log.info("%s: done, error %.2f %%", attempt, result["error"])
        source = self.record.attempt(trial).taken_from or None
        return Outcome(
            "complete",
            {"result": result, "shared_by": self.shared_by(trial)},
            {
                "kind": "end",
                "state": "done",
                "error": result["error"],
                "source": source,
                "result": result,
            },
            values,
        )

    def objectives(self, key: str, result: Mapping[str, Any]) -> Sequence[float]:
        """What a result is to the record, which takes no NaN for a number."""
        values = objectives_of(self.study.file.objectives, self.planned[key], result)
        if any(map(math.isnan, values)):
            raise ValueError(f"the objectives of a cell must be numbers, got {values}")
        return values

    def shared_by(self, trial: optuna.Trial) -> int:
        """How many cells at most were on the device at one time since the attempt began."""
        attempts = self.record.attempts_in_order()
        return most_at_once(attempts, attempts[trial.number])

    def execution_of(self, key: str) -> Execution:
        """How a cell is executed, after what its plan says of its memory and what befell it."""
        execution = self.assignment.options.execution.fitted(self.planned[key].peak_bytes)
        if self.record.attempts()[key].is_beyond_recording:
            return replace(execution, capture="off")
        return execution

    def result_of(self, key: str, trial: optuna.Trial) -> dict[str, Any]:
        """The cell's result: found in the folder or in one beside it, else trained."""
        folder, cell = self.folder.cell(key), self.cell_of(key)
        if folder.finished(key) is None and (
            source := take_over(folder, self.folder.siblings(key), key, self.images)
        ):
            self.record.note(trial, taken_from=source)

        def before_save() -> None:
            if not self.record.is_running(trial.number):
                raise Superseded("it is no longer running")

        options, execution = self.assignment.options, self.execution_of(key)
        watch = Watch(
            self.record,
            trial,
            self.planned[key],
            self.study.file,
            execution.devices_per_cell,
            tell=partial(self.tell_epoch, key),
        )

        def progress(progress: Progress) -> None:
            self.send("progress", key, progress=progress)

        if execution.devices_per_cell == 1 or folder.finished(key) is not None:
            return run_cell(
                cell,
                self.images,
                execution,
                folder,
                before_save=before_save,
                on_epoch=watch.see,
                on_progress=progress,
            )
        execution.check(cell.recipe.accumulate)
        images = options.data_root, self.images.sha256
        calls: Calls = {
            "before_save": before_save,
            "on_epoch": watch.see,
            "on_progress": progress,
            "warned": lambda reason: self.send("warned", key, reason=reason),
        }
        return train_on_ranks(Task(cell, execution, options.devices, folder, *images), calls)

    def cell_of(self, key: str) -> Cell:
        """The cell `key` of the plan. Raises RunFolderError where that is no longer what it is."""
        cell = read_cell(from_plain(self.planned[key].cell, "the plan"), self.images.facts)
        if cell.key != key:
            raise RunFolderError(
                f"{self.folder.path}: cell {key} of its plan is {cell.key} to this worker: the "
                "plan was made by another version of ablate, or changed; run the study again"
            )
        return cell

    def tell_epoch(self, key: str, row: Mapping[str, Any]) -> None:
        """A row of the curve of the cell in work, once."""
        if row["epoch"] > self.told:
            self.told = row["epoch"]
            self.send("epoch", key, row=row)

    def send(self, kind: str, key: str, **more: Any) -> None:
        """An event for the parent: who, what, and which cell."""
        label = self.planned[key].label
        self.tell({"kind": kind, "slot": self.assignment.slot, "key": key, "label": label, **more})

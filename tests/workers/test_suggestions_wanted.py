"""How many new cells of a search a free worker may ask for."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import replace
from typing import Any

import pytest

from ablate.cells import PlannedCell
from ablate.records import Attempt, Attempts, AttemptState
from ablate.study import Search, Standing, Wanted
from ablate.workers import Rules
from ablate.workers.claiming import Decision, decide
from tests.engine.little_search import search_of
from tests.records.conftest import AttemptsOf, planned

CELLS = [planned(key) for key in "abcdefgh"]


def search(batch: int | None = None, **budget: Any) -> Search:
    found = search_of(sampler={"name": "tpe", "batch": batch}, budget=budget).search
    assert found is not None
    return found


def wanted(search: Search, count: int, attempts: Any, batch_end: int = 0) -> int:
    """How many more it asks for after the first `count` cells."""
    decision = decide(CELLS[:count], attempts, Rules())
    return asked(search, CELLS[:count], attempts, decision, batch_end).suggestions


def asked(
    search: Search, cells: list[PlannedCell], attempts: Any, decision: Decision, batch_end: int
) -> Wanted:
    free, ended = decision.kind in ("idle", "finished"), decision.kind == "finished"
    return search.next(
        Standing(cells, attempts, free, ended, batch_end), lambda: pytest.fail("facts")
    )


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], 1),
        (["a running"], 1),  # somebody else is busy
        (["a done", "b running"], 1),
        (["a waiting"], 0),  # to be taken first
        (["a lost"], 0),
        (["a running", "b error"], 0),
        (["a oom", "b diverged", "c done"], 1),
        (["a done", "b done", "c done", "d running"], 0),  # the budget
        (["a done", "b done", "c done", "d done"], 0),
    ],
)
def test_one_for_every_free_worker(
    lines: list[str], expected: int, attempts_of: AttemptsOf
) -> None:
    assert wanted(search(trials=4), len(lines), attempts_of(*lines)) == expected


@pytest.mark.parametrize(
    ("lines", "batch_end", "expected"),
    [
        ([], 0, 3),
        (["a running"], 3, 2),  # its worker died while the batch was made
        (["a waiting", "b waiting"], 3, 1),
        (["a running", "b waiting", "c waiting"], 3, 0),
        (["a done", "b done", "c running"], 3, 0),
        (["a done", "b lost", "c done"], 3, 0),
        (["a done", "b oom", "c done"], 3, 3),
        # A budget of 4 that was extended: the next batch begins where the last one ended.
        (["a done", "b done", "c done", "d done"], 4, 3),
        (["a done", "b done", "c done", "d done", "e running", "f waiting", "g waiting"], 7, 0),
        (["a done", "b done", "c done", "d done", "e done", "f done"], 6, 2),  # the budget
        (["a done", "b done", "c done", "d done", "e done", "f done", "g done", "h done"], 8, 0),
    ],
)
def test_batches(lines: list[str], batch_end: int, expected: int, attempts_of: AttemptsOf) -> None:
    assert wanted(search(3, trials=8), len(lines), attempts_of(*lines), batch_end) == expected


def test_a_batch_in_the_making_ends_with_a_smaller_budget(attempts_of: AttemptsOf) -> None:
    lines = ["a done", "b done", "c done", "d waiting"]
    assert wanted(search(3, trials=5), 4, attempts_of(*lines), 6) == 1
    assert wanted(search(3, trials=2), 4, attempts_of(*lines), 6) == 0
    assert wanted(search(trials=2), 3, attempts_of(*lines[:3])) == 0


def spent(*seconds: float) -> Attempts:
    """Attempts of a finished cell, each with the device seconds it had reached in all."""
    *lost, done = (Attempt(state="fail", reached={"epoch": 1, "seconds": s}) for s in seconds)
    return Attempts((*lost, replace(done, state="complete")))


@pytest.mark.parametrize(("hours", "expected"), [(1.0, 0), (1.1, 1)])
def test_device_hours(hours: float, expected: int) -> None:
    """An attempt that goes on from a checkpoint counts the seconds before it too."""
    attempts = defaultdict(
        Attempts,
        a=spent(900, 1800),
        b=spent(1800),
    )
    assert wanted(search(device_hours=hours), 2, attempts) == expected
    assert wanted(search(device_hours=hours, trials=2), 2, attempts) == 0
    assert wanted(search(2, device_hours=hours), 2, attempts, 2) == 2 * expected


class Simulation:
    """Workers, the queue and the record, without any of them."""

    def __init__(self, search: Search, seed: int) -> None:
        self.search, self.dice = search, random.Random(seed)
        self.made: list[Attempt] = []
        self.cells: list[PlannedCell] = []
        self.batch_end = self.free = self.first_trial = 0
        self.is_finished = False

    @property
    def attempts(self) -> defaultdict[str, Attempts]:
        by_key: defaultdict[str, list[Attempt]] = defaultdict(list)
        for attempt in self.made:
            by_key[attempt.key].append(attempt)
        return defaultdict(Attempts, {key: Attempts(tuple(by_key[key])) for key in by_key})

    def of_state(self, state: AttemptState) -> list[Attempt]:
        return [attempt for attempt in self.made if attempt.state == state]

    def add(self, key: str) -> None:
        self.made.append(Attempt(number=len(self.made), key=key))

    def change(self, attempt: Attempt, state: AttemptState, **fields: Any) -> None:
        self.made[attempt.number] = replace(attempt, state=state, **fields)

    def claim(self) -> None:
        """A free worker takes a cell, or asks for new ones; it may die while it does."""
        rules = Rules(first_trial=self.first_trial)
        decision = decide(self.cells, self.attempts, rules)
        self.is_finished = decision.kind == "finished"
        wanted = asked(self.search, self.cells, self.attempts, decision, self.batch_end)
        count = wanted.suggestions
        if count:
            self.is_finished = False
            self.check_moment()
            self.batch_end = wanted.batch_end
            for _ in range(count):
                if self.dice.random() < 0.1:
                    return  # killed
                self.cells.append(planned(f"k{len(self.cells)}"))
                self.add(self.cells[-1].key)
        elif decision.kind != "take":
            return
        for cell in decision.enqueue if not count else ():
            self.add(cell.key)
        if self.dice.random() > 0.1:  # else killed between the queue and its first cell
            self.change(self.of_state("waiting")[0], "running")

    def check_moment(self) -> None:
        if self.search.sampler.batch and len(self.cells) >= self.batch_end:
            assert all(self.attempts[c.key].done or self.attempts[c.key].ended for c in self.cells)

    def end(self, attempt: Attempt) -> None:
        how = self.dice.choices(["done", "oom", "error", "lost"], [6, 1, 1, 2])[0]
        if how == "done":
            self.change(attempt, "complete")
        elif how == "oom":
            self.change(attempt, "pruned", outcome="oom")
        else:
            self.change(attempt, "fail", failure="error" if how == "error" else "")

    def run(self, jobs: int) -> None:
        while not self.is_finished:
            running = self.of_state("running")
            event = self.dice.random()
            if event < 0.03:  # the whole run is killed, and begun again
                for attempt in running:
                    self.change(attempt, "fail")
                self.first_trial = len(self.made)
            elif running and (event < 0.5 or len(running) == jobs):
                self.end(self.dice.choice(running))
            elif len(running) < jobs:
                self.claim()
                self.is_finished &= not self.of_state("running")


@pytest.mark.parametrize("batch", [None, 1, 3, 4])
@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_the_budget_is_met_exactly_whatever_happens(batch: int | None, jobs: int) -> None:
    for seed in range(12):
        simulation = Simulation(search(batch, trials=10), seed)
        simulation.run(jobs)
        assert len(simulation.cells) == 10
        done = Counter(attempt.key for attempt in simulation.of_state("complete"))
        assert max(done.values()) == 1
        assert not simulation.of_state("waiting") + simulation.of_state("running")
        # Every cell has ended: finished, out of memory, or given up.
        assert all(
            simulation.attempts[c.key].done or simulation.attempts[c.key].ended
            for c in simulation.cells
        )
        simulation.search = search(batch, trials=17)
        simulation.is_finished = False
        simulation.run(jobs)
        assert len(simulation.cells) == 17

"""A search that is stopped, fails, or runs out of hours; with cells that train in no time."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import ablate
from ablate.cells import DATASETS, Cell
from ablate.errors import Diverged, OutOfMemory
from ablate.records import Record, RunFolder, Summary, seconds_left, snapshot
from ablate.sampling import Suggester, Told, history_of, judge, suggest
from ablate.study import Study
from tests.engine.little_search import QuickRuns, Stop, made_up_error, search_of

FACTS = DATASETS["digits"]
assert FACTS is not None
# No two suggestions are one cell.
DISTINCT: dict[str, Any] = {"recipe": {"lr": {"float": [0.01, 0.1]}}, "activation_order": None}


def study(sampler: dict[str, Any], trials: int = 6, **changes: Any) -> Study:
    return search_of(
        space=DISTINCT,
        sampler=sampler,
        budget={"trials": trials},
        limits={"params": "1.3k"},
        **changes,
    )


def record(summary: Summary) -> Record:
    return Record.open(RunFolder(summary.folder))


def suggested(summary: Summary) -> list[tuple[int, dict[str, Any]]]:
    first: dict[int, dict[str, Any]] = {}
    for attempt in record(summary).attempts_in_order():
        assert attempt.suggestion is not None
        first.setdefault(attempt.suggestion, {**attempt.knobs})
    return sorted(first.items())


def until_done(quick: QuickRuns, asked: Study, runs: Path) -> Summary:
    """Run it, and again each time that it was stopped."""
    for _ in range(50):
        try:
            return quick(asked, runs)
        except Stop:
            continue
    raise AssertionError("it never ends")


# The record and the sampler


@pytest.mark.parametrize("name", ["random", "qmc", "tpe", "nsga2"])
def test_nothing_that_a_sampler_knows_is_lost_in_the_record(
    name: str, quick: QuickRuns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each suggestion is what the sampler says of values, errors and memory kept by hand."""
    monkeypatch.setattr("ablate.sampling.samplers.STARTUP", 4)
    monkeypatch.setattr("ablate.sampling.samplers.POPULATION", 4)
    asked = study({"name": name}, trials=9)
    assert asked.search is not None
    found = quick(asked, tmp_path)
    told: list[Told] = []
    for number, values in suggested(found):
        expected, memory = suggest(asked.search, told, number)
        assert values == expected
        (one,) = judge(asked, [values], FACTS)
        assert one.cell is not None
        if one.reason:
            told.append(Told(values, "infeasible", (), one.violation, memory))
        else:
            errors = (made_up_error(one.cell.key),)
            told.append(Told(values, "done", errors, one.violation, memory))
    assert {one.state for one in told} == {"done", "infeasible"}
    if name == "nsga2":
        assert told[-1].memory["NSGAIISampler:generation"] >= 1


# Stops


@pytest.mark.parametrize(
    "sampler",
    [{"name": "random"}, {"name": "tpe", "batch": 1}, {"name": "tpe", "batch": 2}],
    ids=["random", "tpe", "tpe in batches"],
)
def test_stopped_at_every_cell_it_comes_to_the_same(
    sampler: dict[str, Any],
    quick: QuickRuns,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ablate.sampling.samplers.STARTUP", 2)
    asked = study(sampler, trials=5)
    whole = quick(asked, tmp_path / "whole")
    quick.trained.clear()
    begun = 0

    def stop_once_each(cell: Cell, epoch: int) -> float:
        nonlocal begun
        begun += epoch == 2
        if epoch == 2 and begun % 2:
            raise Stop
        return made_up_error(cell.key)

    quick.error = stop_once_each
    found = until_done(quick, asked, tmp_path / "stopped")
    assert len(quick.trained) == len(set(quick.trained)) == found.total == 5
    assert suggested(found) == suggested(whole)
    drop = ["attempts"]
    pd.testing.assert_frame_equal(
        ablate.results(found.folder).drop(columns=drop),
        ablate.results(whole.folder).drop(columns=drop),
    )
    lost = [a for a in record(found).attempts_in_order() if a.state == "fail"]
    assert len(lost) == 5


def test_a_worker_that_dies_while_it_makes_a_batch(
    quick: QuickRuns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ablate.sampling.samplers.STARTUP", 2)
    asked = study({"name": "tpe", "batch": 3}, trials=7)
    whole = quick(asked, tmp_path / "whole")
    checked, calls = Suggester._checked, 0

    def dies(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls % 3 == 2:
            raise Stop
        return checked(*arguments)

    monkeypatch.setattr(Suggester, "_checked", dies)
    found = until_done(quick, asked, tmp_path / "stopped")
    assert calls > 7 and found.total == 7
    assert suggested(found) == suggested(whole)


def test_batches_after_more_budget_are_whole(quick: QuickRuns, tmp_path: Path) -> None:
    """5 is no multiple of 2; the next suggestions are still made two at a time."""
    asked = study({"name": "random", "batch": 2}, trials=5)
    quick(asked, tmp_path)
    moments: list[tuple[int, int]] = []
    top_up = Suggester.top_up

    def watched(self: Suggester, one: Record, count: int) -> int:
        moments.append((len(one.planned()), count))
        undone = [key for key, found in one.attempts().items() if not found.done]
        assert not undone
        return top_up(self, one, count)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Suggester, "top_up", watched)
        quick(study({"name": "random", "batch": 2}, trials=10), tmp_path)
    assert moments == [(5, 2), (7, 2), (9, 1)]


# Failures and outcomes


def test_a_cell_that_fails_is_a_hole_and_tried_again(quick: QuickRuns, tmp_path: Path) -> None:
    broken: list[str] = []

    def error(cell: Cell, epoch: int) -> float:
        if not broken or cell.key in broken:
            broken[:] = [cell.key]
            raise RuntimeError("a bug")
        return made_up_error(cell.key)

    quick.error = error
    asked = study({"name": "tpe"}, trials=4)
    found = quick(asked, tmp_path)
    assert (found.states, found.exit_code) == ({"failed": 1, "done": 3}, 3)
    # Cells that are done are told of too: made-up ones have no files.
    failed = [reason for reason in found.reasons.values() if " are lost, " not in reason]
    assert failed == ["failed: RuntimeError: a bug"]
    assert found.total == 4 and found.search is not None and found.search.is_over
    quick.error = lambda cell, epoch: made_up_error(cell.key)
    again = quick(asked, tmp_path)
    assert (again.trained, again.total, again.exit_code) == (1, 4, 0)
    assert quick.trained[-1] == broken[0]
    values = [a.knobs for a in record(found).attempts_in_order() if a.key == broken[0]]
    assert len(values) == 4 and all(one == values[0] for one in values)


@pytest.mark.parametrize("outcome", [OutOfMemory, Diverged])
def test_an_outcome_is_an_answer(
    outcome: Callable[[str], Exception], quick: QuickRuns, tmp_path: Path
) -> None:
    def error(cell: Cell, epoch: int) -> float:
        if cell.document()["architecture"]["growth_rate"] == 4:
            raise outcome("too much")
        return made_up_error(cell.key)

    quick.error = error
    asked = search_of(space=DISTINCT, budget={"trials": 5})
    found = quick(asked, tmp_path)
    state = outcome("").state  # type: ignore[attr-defined]
    assert found.exit_code == 0 and found.total == 5 and found.states[state] > 0
    assert asked.search is not None
    told = [seen.told for seen in history_of(record(found), asked.search)]
    assert {t.state for t in told if t and t.values["growth_rate"] == 4} == {"infeasible"}
    assert all(t.violation > 0 for t in told if t and t.state == "infeasible")
    quick.error = lambda cell, epoch: made_up_error(cell.key)
    assert quick(asked, tmp_path).trained == 0
    again = quick(asked, tmp_path, retry=[state])
    assert (again.trained, again.states, again.total) == (found.states[state], {"done": 5}, 5)


# Hours


def test_a_budget_of_hours(quick: QuickRuns, tmp_path: Path) -> None:
    """A cell takes 3 s."""

    def asked(seconds: float, **more: Any) -> Study:
        return search_of(space=DISTINCT, budget={"device_hours": seconds / 3600, **more})

    found = quick(asked(7), tmp_path)
    assert found.search is not None
    assert (found.trained, found.search.trials, found.exit_code) == (3, None, 0)
    assert found.search.hours_used * 3600 == pytest.approx(9)
    assert quick(asked(9), tmp_path).trained == 0
    assert quick(asked(10), tmp_path).trained == 1
    more = quick(asked(1000, trials=6), tmp_path)
    assert (more.trained, more.total) == (2, 6)
    over = quick(asked(10, trials=50), tmp_path)
    assert (over.trained, over.exit_code) == (0, 0)
    assert seconds_left(snapshot(over.folder)) == 0


def test_hours_of_an_attempt_that_was_lost_count_once(quick: QuickRuns, tmp_path: Path) -> None:
    """What goes on from a checkpoint tells the epochs before it again."""
    stops = iter([True])

    def error(cell: Cell, epoch: int) -> float:
        if epoch == 2 and next(stops, False):
            raise Stop
        return made_up_error(cell.key)

    quick.error = error
    found = until_done(quick, study({"name": "random"}, trials=2), tmp_path)
    assert found.search is not None
    assert found.search.hours_used * 3600 == pytest.approx(6)


def test_seconds_left_count_the_cells_to_come(quick: QuickRuns, tmp_path: Path) -> None:
    quick.stop_after = 2
    with pytest.raises(Stop):
        quick(search_of(space={"growth_rate": 4, "dropout": None, **DISTINCT}), tmp_path)
    # Two of six are done, in 3 s each, and all cost the same.
    assert seconds_left(snapshot(tmp_path / "little")) == pytest.approx(4 * 3.0)


# Files


def test_a_suggestion_that_lost_its_files_is_trained_again_and_spared(tmp_path: Path) -> None:
    """The pruner would stop it now, as worse than what came after it."""
    asked = search_of(
        pruner={"name": "pareto", "neighbours": 1, "margin": 0},
        recipe={"epochs": 4, "schedule": "one_cycle", "lr": 0.05, "batch_size": 32},
    )

    def run() -> Summary:
        return ablate.run(ablate.plan(asked), runs=tmp_path, devices=["cpu"], jobs=0)

    first = run()
    table = ablate.results(first.folder)
    lost = set(table.loc[table["state"] == "done", "key"])
    assert first.is_complete and first.trained == len(lost)
    kept = history_of(record(first), asked.search)
    shutil.rmtree(first.folder / "cells")
    again = run()
    assert (again.is_complete, again.trained, again.states) == (True, len(lost), first.states)
    assert {path.parent.name for path in first.folder.glob("cells/*/result.json")} == lost
    assert history_of(record(again), asked.search) == kept
    assert run().trained == 0

"""An attempt, and the trial of Optuna's that it is written as."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import optuna
import pytest
from optuna.distributions import IntDistribution

from ablate.records import Attempt, Record, RunFolder
from ablate.records.attempt import attempt_of, trial_of
from tests.plans import write_plan
from tests.records.conftest import planned

DONE = Attempt(
    state="complete",
    key="k1",
    variant="little",
    sweep={"depth": 7},
    seed=0,
    suggestion=3,
    planned=replace(planned("k1"), trial=3).document(),
    sampler={"nsga2:generation": 1},
    knobs={"growth_rate": 4},
    ranges={"growth_rate": IntDistribution(2, 8)},
    constraints={"violation": -0.5},
    objectives=(12.5,),
    owner={"host": "here", "pid": 1, "start": 2.0},
    device="cpu",
    need=None,
    reached={"epoch": 2, "error": 12.5, "loss": 0.1, "seconds": 3.0},
    epoch=2,
    taken_from="other",
    shared_by=1,
    result={"key": "k1", "error": 12.5},
)


@pytest.mark.parametrize(
    "attempt",
    [
        DONE,
        Attempt(),
        Attempt(state="pruned", free="infeasible", reason="depth: no", suggestion=0),
        Attempt(state="pruned", key="k1", outcome="oom", reason="no room"),
        Attempt(state="fail", key="k1", failure="error", fault="value", reason="ValueError: x"),
    ],
)
def test_what_is_written_is_read(attempt: Attempt) -> None:
    read = attempt_of(trial_of(attempt))
    assert replace(read, number=-1, begun=None, ended=None) == attempt


def test_a_suggestion_is_tried_again_as_it_was_made() -> None:
    again = DONE.afresh()
    assert (again.state, again.key, again.knobs, again.cell) == (
        "waiting",
        DONE.key,
        DONE.knobs,
        DONE.cell,
    )
    spent = ("owner", "reached", "result", "device", "epoch", "shared_by", "taken_from")
    assert all(getattr(again, name) == getattr(Attempt(), name) for name in spent)


@pytest.mark.filterwarnings("ignore:Heartbeat of storage")
def test_what_changes_is_read_anew(tmp_path: Path) -> None:
    record = Record.create(RunFolder(tmp_path), "tiny")
    record.enqueue([planned("k1")])
    (waiting,) = record.attempts_in_order()
    trial = record.study.ask()
    trial.set_user_attr("rung.1", 40.0)
    trial.report(40.0, 3)
    (running,) = record.attempts_in_order()
    trial.set_user_attr("result", {"error": 12.5})
    record.study.tell(trial, 12.5)
    (done,) = record.attempts_in_order()
    assert (waiting.state, running.state, done.state) == ("waiting", "running", "complete")
    assert (running.rungs, running.epoch, running.objectives) == ({1: 40.0}, 3, ())
    assert done.objectives == (12.5,) and done.begun and done.ended
    assert record.attempts_in_order()[0] is done


@pytest.mark.filterwarnings("ignore:Heartbeat of storage")
def test_a_trial_of_nobodys_is_no_cell(tmp_path: Path) -> None:
    """As one that somebody asked Optuna for, who had not found the queue empty."""
    record = Record.create(RunFolder(tmp_path), "tiny")
    write_plan(tmp_path)
    record.study.tell(record.study.ask(), state=optuna.trial.TrialState.FAIL)
    assert (dict(record.attempts()), record.planned()) == ({}, [])

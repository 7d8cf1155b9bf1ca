"""Workers that hang: noticed by their silence, ended, and their cells taken up by others."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

import ablate
from ablate.engine import plan, train_plan
from ablate.records import RunFolder
from ablate.training import Progress
from ablate.workers import Assignment, Limits, RunOptions, executor, hanging
from ablate.workers.hanging import Pulse
from ablate.workers.process import work

LIMITS = Limits(stopped=120, step=300, usual=10, other=3600)


@pytest.fixture
def pulse(monkeypatch: pytest.MonkeyPatch) -> Pulse:
    """Of a worker that runs, and by whose clock time passes as tests let it."""
    monkeypatch.setattr(hanging, "is_stopped", lambda pid: False)
    monkeypatch.setattr(hanging.Clock, "turn", lambda self: None)
    return Pulse()


def progress(epoch: float, epochs: int = 9) -> dict[str, Any]:
    return {"kind": "progress", "progress": Progress(epoch, epochs, None, 1.0, 1.0)}


def after(pulse: Pulse, seconds: float, event: dict[str, Any] | None = None) -> str:
    """What is said of a worker after seconds in which it said nothing, or at their end `event`."""
    pulse.clock.now += seconds
    if event:
        pulse.hear(event)
    return pulse.look(1, LIMITS)


def test_a_cell_that_makes_no_step(pulse: Pulse) -> None:
    for epoch in (0.5, 1.0, 1.5, 2.0):
        assert not after(pulse, 8, progress(epoch))
        pulse.hear({"kind": "epoch"})
    assert not after(pulse, 300)
    why = "the worker made no step for 301 s, before in 8.0 s at most"
    assert after(pulse, 1) == why


def test_one_whose_steps_are_long_may_be_silent_for_longer(pulse: Pulse) -> None:
    after(pulse, 8, progress(1.0))
    assert not after(pulse, 60, progress(1.1))  # with an evaluation
    assert not after(pulse, 8, progress(1.2))
    assert not after(pulse, 600)
    assert after(pulse, 1)


@pytest.mark.parametrize(
    "events",
    [
        [],  # it imports torch
        [{"kind": "start"}],  # it reads images
        [{"kind": "start"}, progress(0.1), progress(0.9)],  # it compiles what evaluates
        [{"kind": "start"}, progress(4.1), progress(4.2)],  # the same, from a checkpoint
        [{"kind": "start"}, progress(7.5), progress(8.5)],  # it looks at ten crops
        [progress(1.0), progress(1.5), {"kind": "end"}],  # it asks for a suggestion
        [progress(1.0), progress(1.5), {"kind": "end"}, {"kind": "start"}, progress(0.1)],
    ],
)
def test_where_no_steps_are_counted_it_may_be_silent_for_an_hour(
    pulse: Pulse, events: list[dict[str, Any]]
) -> None:
    for event in events:
        assert not after(pulse, 1, event)
    assert not after(pulse, 3600)
    assert after(pulse, 1) == "the worker said nothing for 3601 s"


def test_one_that_is_stopped_hangs_wherever_it_is(
    pulse: Pulse, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not after(pulse, 500)
    monkeypatch.setattr(hanging, "is_stopped", lambda pid: True)
    assert not after(pulse, 1)
    assert not after(pulse, 120)
    assert after(pulse, 1) == "the worker was stopped by a signal for 121 s"
    monkeypatch.setattr(hanging, "is_stopped", lambda pid: False)
    assert not after(pulse, 1)


def test_a_parent_that_was_stopped_itself_blames_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0.0, 1.0, 9_000.0, 9_001.0])
    monkeypatch.setattr(hanging.time, "monotonic", lambda: next(times))
    pulse = Pulse()
    for heard in (1.0, 3.0, 4.0):
        assert not pulse.look(os.getpid(), LIMITS)
        assert pulse.clock.now == heard


def stops_with_the_lock(assignment: Assignment, events: Connection) -> None:
    """A worker; the first in slot 0 is stopped while it decides what to take."""
    folder = RunFolder(assignment.folder)
    seen = assignment.folder / "stopped"
    if assignment.slot == 0 and not seen.exists():
        with folder.locked():
            seen.touch()
            os.kill(os.getpid(), signal.SIGSTOP)
    work(assignment, events)


@pytest.mark.heavy
@pytest.mark.slow
def test_a_worker_that_is_stopped_with_the_lock_stops_nobody_for_good(
    tiny_study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "work", stops_with_the_lock)
    options = replace(RunOptions.of(devices=["cpu"], jobs=2), limits=Limits(stopped=0.5))
    heard: list[dict[str, Any]] = []
    study = ablate.load_study(tiny_study, sets=["seeds=[0]"])
    found = train_plan(plan(study), tmp_path / "run", options, on_event=heard.append)
    assert found.is_complete
    (died,) = [event for event in heard if event["kind"] == "died"]
    assert died["slot"] == 0
    assert died["reason"] == "the worker was stopped by a signal for 1 s and was ended"
    assert set(ablate.results(found.folder)["attempts"]) == {1}
    assert not executor.multiprocessing.active_children()


@pytest.mark.slow
def test_a_worker_that_is_stopped_in_a_cell_gives_it_up(tiny_study: Path, tmp_path: Path) -> None:
    options = replace(RunOptions.of(devices=["cpu"], jobs=1), limits=Limits(stopped=0.5))
    stopped: list[str] = []

    def on_event(event: dict[str, Any]) -> None:
        if event["kind"] == "start" and not stopped:
            (worker,) = executor.multiprocessing.active_children()
            assert worker.pid is not None
            os.kill(worker.pid, signal.SIGSTOP)
            stopped.append(event["key"])

    found = train_plan(plan(tiny_study), tmp_path / "run", options, on_event=on_event)
    assert found.is_complete
    attempts = ablate.results(found.folder).set_index("key")["attempts"]
    assert attempts.pop(stopped[0]) == 2 and set(attempts) == {1}

"""Planned cells and trials without a database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

import pytest
from optuna.trial import FrozenTrial, TrialState, create_trial

from ablate.records import Attempts
from ablate.study import PlannedCell
from tests.engine.little_search import QuickRuns

Trials = Callable[..., Mapping[str, Attempts]]


def planned(key: str, variant: str = "plain", seed: int = 0) -> PlannedCell:
    return PlannedCell(
        variant=variant,
        sweep={},
        seed=seed,
        key=key,
        split="validation",
        epochs=10,
        params=1,
        macs=1,
        flops=2,
        saved_bytes=1,
        peak_bytes=1,
        predicted_seconds=1.0,
    )


@pytest.fixture
def trials() -> Trials:
    """("a done", "b lost 3", ...) -> attempts: key, how the trial stands, its last epoch."""

    def make(*lines: str) -> Mapping[str, Attempts]:
        found: dict[str, list[FrozenTrial]] = defaultdict(list)
        for number, line in enumerate(lines):
            key, how, *epoch = line.split()
            trial = _trial(how, {1: 50.0} if not epoch else {int(epoch[0]): 50.0}, bool(epoch))
            trial.number = number
            found[key].append(trial)
        attempts = {key: Attempts(tuple(trials)) for key, trials in found.items()}
        return defaultdict(Attempts, attempts)

    return make


def _trial(how: str, reports: dict[int, float], has_reports: bool) -> FrozenTrial:
    states = {
        "done": TrialState.COMPLETE,
        "waiting": TrialState.WAITING,
        "running": TrialState.RUNNING,
        "lost": TrialState.FAIL,
        "recording": TrialState.FAIL,
        **dict.fromkeys(("error", "value", "other", "usage"), TrialState.FAIL),
    }
    failed = {"failure": "error", "reason": "OSError: x"}
    attributes = {
        "error": failed,
        "value": {**failed, "reason": "ValueError: x", "fault": "value"},
        "other": {**failed, "reason": "ValueError: y", "fault": "value"},
        "usage": {**failed, "reason": "UsageError: x", "fault": "usage"},
    }.get(how, {})
    if how == "recording":
        attributes = {"failure": how, "reason": "no CUDA graph: x"}
    if how in ("oom", "diverged", "timeout"):
        attributes = {"outcome": how, "reason": "why"}
    return create_trial(
        state=states.get(how, TrialState.PRUNED),
        value=1.0 if how == "done" else None,
        user_attrs=attributes,
        intermediate_values=reports if has_reports else {},
    )


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> QuickRuns:
    """Runs whose cells train in no time."""
    return QuickRuns(monkeypatch)

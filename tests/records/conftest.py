"""Planned cells and attempts without a database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from ablate.cells import PlannedCell
from ablate.records import Attempt, Attempts

AttemptsOf = Callable[..., Mapping[str, Attempts]]


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
def attempts_of() -> AttemptsOf:
    """("a done", "b lost 3", ...) -> attempts: key, how it stands, its last epoch."""

    def make(*lines: str) -> Mapping[str, Attempts]:
        by_key: dict[str, list[Attempt]] = defaultdict(list)
        for number, line in enumerate(lines):
            key, how, *epoch = line.split()
            by_key[key].append(_attempt(number, how, int(epoch[0]) if epoch else 0))
        attempts = {key: Attempts(tuple(made)) for key, made in by_key.items()}
        return defaultdict(Attempts, attempts)

    return make


def _attempt(number: int, how: str, epoch: int) -> Attempt:
    attempt = Attempt(number=number, epoch=epoch)
    if how in ("waiting", "running"):
        return replace(attempt, state=how)
    if how == "done":
        return replace(attempt, state="complete", objectives=(1.0,))
    if how in ("oom", "diverged", "timeout"):
        return replace(attempt, state="pruned", outcome=how, reason="why")
    failed = replace(attempt, state="fail")
    error = replace(failed, failure="error", reason="OSError: x")
    return {
        "lost": failed,
        "recording": replace(failed, failure=how, reason="no CUDA graph: x"),
        "error": error,
        "value": replace(error, fault="value", reason="ValueError: x"),
        "other": replace(error, fault="value", reason="ValueError: y"),
        "usage": replace(error, fault="usage", reason="UsageError: x"),
    }[how]

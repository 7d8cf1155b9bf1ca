"""Which cell a free worker takes next."""

from __future__ import annotations

from typing import Any

import pytest

from ablate.search.claiming import MAX_ERRORS, MAX_LOSSES, Rules, decide
from ablate.search.plan import PlannedCell

from .conftest import Trials, planned

NO_RULES = Rules()
A, B, C = planned("a"), planned("b"), planned("c")


def taken(plan: list[PlannedCell], attempts: Any, rules: Rules = NO_RULES) -> str:
    decision = decide(plan, attempts, rules)
    return " ".join([decision.kind, *(cell.key for cell in decision.enqueue)])


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], "take a"),
        (["a done"], "take b"),
        (["a running"], "take b"),
        (["a done", "b done"], "finished"),
        (["a done", "b running"], "idle"),  # it may be lost and have to be done again
        (["a waiting"], "take"),  # enqueued by a worker that died before it took it
        (["a lost", "b running"], "take a"),
        (["a lost", "a done", "b done"], "finished"),
        (["a error", "b done"], "take a"),
        (["a oom", "b done"], "finished"),  # an outcome, not a failure
        (["a diverged"], "take b"),
    ],
)
def test_next_step(lines: list[str], expected: str, trials: Trials) -> None:
    assert taken([A, B], trials(*lines)) == expected


def test_plan_order_decides(trials: Trials) -> None:
    assert taken([C, A, B], trials()) == "take c"


def test_two_cells_of_one_key_train_once(trials: Trials) -> None:
    twin = planned("a", variant="twin")
    assert taken([A, twin], trials("a done")) == "finished"
    assert taken([A, twin], trials("a running")) == "idle"


def test_errors_are_retried_a_few_times(trials: Trials) -> None:
    assert taken([A], trials(*["a error"] * MAX_ERRORS)) == "take a"
    assert taken([A], trials(*["a error"] * (MAX_ERRORS + 1))) == "finished"


def test_a_new_run_gives_failed_cells_new_attempts(trials: Trials) -> None:
    lines = ["a error"] * (MAX_ERRORS + 1)
    assert taken([A], trials(*lines), Rules(first_trial=len(lines))) == "take a"


def test_outcomes_are_retried_only_on_request_and_once_a_run(trials: Trials) -> None:
    assert taken([A], trials("a oom"), Rules(first_trial=1)) == "finished"
    retry = Rules(first_trial=1, retry=("oom",))
    assert taken([A], trials("a oom"), retry) == "take a"
    assert taken([A], trials("a oom", "a oom"), retry) == "finished"
    assert taken([A], trials("a diverged"), retry) == "finished"


def test_losses_without_progress_end(trials: Trials) -> None:
    assert taken([A], trials(*["a lost"] * (MAX_LOSSES - 1))) == "take a"
    assert taken([A], trials(*["a lost"] * MAX_LOSSES)) == "finished"


def test_losses_with_progress_do_not_count(trials: Trials) -> None:
    lines = [f"a lost {epoch}" for epoch in range(1, 3 * MAX_LOSSES)]
    assert taken([A], trials(*lines)) == "take a"


def test_losses_of_earlier_runs_do_not_count(trials: Trials) -> None:
    lines = ["a lost"] * MAX_LOSSES
    assert taken([A], trials(*lines), Rules(first_trial=len(lines))) == "take a"


def test_a_cell_lost_twice_waits_until_it_can_run_alone(trials: Trials) -> None:
    twice = ["a lost", "a lost"]
    assert taken([A, B], trials(*twice)) == "take b"
    assert taken([A, B], trials(*twice, "b running")) == "wait"
    assert taken([A, B], trials(*twice, "b done")) == "take a"
    assert taken([A, B, C], trials(*twice, "b done", "a running")) == "wait"

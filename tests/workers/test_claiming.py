"""Which cell a free worker takes next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ablate.cells import PlannedCell
from ablate.workers import Rules, by_turn
from ablate.workers.claiming import MAX_ERRORS, MAX_LOSSES, decide
from tests.records.conftest import AttemptsOf, planned

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
def test_next_step(lines: list[str], expected: str, attempts_of: AttemptsOf) -> None:
    assert taken([A, B], attempts_of(*lines)) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a done", "b done"], "take a"),
        (["a done", "b done", "a lost"], "take a"),  # whoever made it again was lost
        (["a done", "b done", "a running"], "idle"),
        (["a done", "b done", "a done"], "finished"),
        (["a done", "b done", "a oom"], "finished"),
        (["a error", "a done", "a done"], "take b"),
    ],
)
def test_a_cell_without_its_files_begins_anew(
    lines: list[str], expected: str, attempts_of: AttemptsOf
) -> None:
    assert taken([A, B], attempts_of(*lines), Rules(first_trial=2, lost=["a"])) == expected


def test_plan_order_decides_among_equals(attempts_of: AttemptsOf) -> None:
    assert taken([C, A, B], attempts_of()) == "take c"


def test_seed_by_seed_and_the_costliest_first(attempts_of: AttemptsOf) -> None:
    # As a study lists them: points, and the seeds of each.
    small, large = {"macs": 10}, {"macs": 40}
    plan = [
        replace(planned(f"{size}{seed}", seed=seed), **cost)
        for size, cost in {"small": small, "large": large}.items()
        for seed in (7, 3)
    ]
    assert [cell.key for cell in by_turn(plan)] == ["large7", "small7", "large3", "small3"]
    assert taken(plan, attempts_of("large7 done")) == "take small7"
    longer = replace(planned("longer", seed=7), macs=30, epochs=20)  # than 10 epochs of 40
    assert by_turn([*plan, longer])[0] is longer


def test_suggestions_keep_their_order_behind_the_plan() -> None:
    suggested = [replace(planned(f"#{n}"), trial=n, macs=n) for n in range(3)]
    assert by_turn([*suggested, A]) == [A, *suggested]


def test_two_cells_of_one_key_train_once(attempts_of: AttemptsOf) -> None:
    twin = planned("a", variant="twin")
    assert taken([A, twin], attempts_of("a done")) == "finished"
    assert taken([A, twin], attempts_of("a running")) == "idle"


@pytest.mark.parametrize(
    ("how", "retried"),
    [
        (["usage"], False),
        (["value"], True),  # the record's troubles have the same names
        (["value", "value"], False),
        (["value", "other"], True),
        (["error", "error"], True),  # a disk or a driver
        (["usage", "lost"], True),
    ],
)
def test_what_can_never_succeed_is_not_retried(
    how: list[str], retried: bool, attempts_of: AttemptsOf
) -> None:
    attempts = attempts_of(*(f"a {one}" for one in how))
    assert taken([A], attempts) == ("take a" if retried else "finished")
    assert attempts["a"].is_hopeless != retried
    # A later run has a newer version, or another machine: it gives the cell one more chance.
    assert taken([A], attempts, Rules(first_trial=len(how))) == "take a"


def test_errors_are_retried_a_few_times(attempts_of: AttemptsOf) -> None:
    assert taken([A], attempts_of(*["a error"] * MAX_ERRORS)) == "take a"
    assert taken([A], attempts_of(*["a error"] * (MAX_ERRORS + 1))) == "finished"


def test_a_new_run_gives_failed_cells_new_attempts(attempts_of: AttemptsOf) -> None:
    lines = ["a error"] * (MAX_ERRORS + 1)
    assert taken([A], attempts_of(*lines), Rules(first_trial=len(lines))) == "take a"


def test_outcomes_are_retried_only_on_request_and_once_a_run(attempts_of: AttemptsOf) -> None:
    assert taken([A], attempts_of("a oom"), Rules(first_trial=1)) == "finished"
    retry = Rules(first_trial=1, retry=("oom",))
    assert taken([A], attempts_of("a oom"), retry) == "take a"
    assert taken([A], attempts_of("a oom", "a oom"), retry) == "finished"
    assert taken([A], attempts_of("a diverged"), retry) == "finished"


def test_losses_without_progress_end(attempts_of: AttemptsOf) -> None:
    assert taken([A], attempts_of(*["a lost"] * (MAX_LOSSES - 1))) == "take a"
    assert taken([A], attempts_of(*["a lost"] * MAX_LOSSES)) == "finished"


def test_losses_with_progress_do_not_count(attempts_of: AttemptsOf) -> None:
    lines = [f"a lost {epoch}" for epoch in range(1, 3 * MAX_LOSSES)]
    assert taken([A], attempts_of(*lines)) == "take a"


def test_a_step_that_could_not_be_recorded_counts_as_nothing(attempts_of: AttemptsOf) -> None:
    lines = ["a recording", *["a lost"] * (MAX_LOSSES - 1)]
    assert taken([A], attempts_of(*lines)) == "take a"
    assert taken([A], attempts_of(*lines, "a lost")) == "finished"
    lines = ["a recording", *["a error"] * MAX_ERRORS]
    assert taken([A], attempts_of(*lines)) == "take a"
    assert taken([A], attempts_of(*lines, "a error")) == "finished"
    assert taken([A, B], attempts_of("a recording", "a lost")) == "take a"  # need not run alone
    assert attempts_of("a recording")["a"].state == "waiting"


def test_losses_of_earlier_runs_do_not_count(attempts_of: AttemptsOf) -> None:
    lines = ["a lost"] * MAX_LOSSES
    assert taken([A], attempts_of(*lines), Rules(first_trial=len(lines))) == "take a"


def test_a_cell_lost_twice_waits_until_it_can_run_alone(attempts_of: AttemptsOf) -> None:
    twice = ["a lost", "a lost"]
    assert taken([A, B], attempts_of(*twice)) == "take b"
    assert taken([A, B], attempts_of(*twice, "b running")) == "wait"
    assert taken([A, B], attempts_of(*twice, "b done")) == "take a"
    assert taken([A, B, C], attempts_of(*twice, "b done", "a running")) == "wait"

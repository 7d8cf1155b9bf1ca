"""Which cells share a device: room, needs, and what a claim makes of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from ablate.cells import DATASETS, PlannedCell
from ablate.records import Attempt, Attempts
from ablate.workers import Rules
from ablate.workers.claiming import OVERTAKERS, decide
from ablate.workers.packing import (
    CONTEXT_BYTES,
    Device,
    Needs,
    alike,
    most_at_once,
    predicted_need,
    running_on,
)
from tests.records.conftest import AttemptsOf, planned

A, B, C = planned("a"), planned("b"), planned("c")
GIB = 2**30


@pytest.mark.parametrize(
    ("device", "need", "expected"),
    [
        (Device(), 10**15, True),
        (Device(needs=(0, 0, 0)), 0, True),  # as many as there are workers
        (Device(memory=10), 99, True),  # alone it may try
        (Device(memory=10, needs=(4,)), 6, True),
        (Device(memory=10, needs=(4,)), 7, False),
        (Device(memory=10, needs=(4, 4)), 2, True),
        (Device(memory=10, needs=(4, 4)), 3, False),
        (Device(memory=10, needs=(99,)), 1, False),  # one that is too large for company
        (Device(most=2, needs=(0,)), 0, True),
        (Device(most=2, needs=(0, 0)), 0, False),
        (Device(most=1), 0, True),
        (Device(memory=10), None, True),
        (Device(memory=10, needs=(1,)), None, False),  # wants to be alone
        (Device(most=2, needs=(0,)), None, False),
        (Device(memory=10, needs=(None,)), 1, False),  # is to be left alone
        (Device(needs=(None,)), 0, False),
    ],
)
def test_room(device: Device, need: int | None, expected: bool) -> None:
    assert device.has_room(need) is expected


def sizes(**needs: int | None) -> Callable[[PlannedCell], int | None]:
    return lambda cell: needs[cell.key]


@pytest.mark.parametrize(
    ("lines", "there", "expected"),
    [
        ([], (), "take a"),  # alone, though it is larger than the device
        (["b running"], (3,), "take c"),
        (["c running"], (8,), "wait"),
        (["b running", "c running"], (3, 4), "wait"),
        (["b done", "c done"], (), "take a"),
        (["b done", "c running"], (4,), "wait"),
        (["b done", "c running"], (), "take a"),  # on another device
        (["b done", "c done"], (4,), "wait"),  # by one that the plan does not have any more
        (["a running"], (20,), "wait"),
        (["a done", "b running"], (3,), "take c"),
        (["a done", "b done", "c running"], (4,), "idle"),
    ],
)
def test_the_first_that_fits_is_taken(
    lines: list[str], there: tuple[int, ...], expected: str, attempts_of: AttemptsOf
) -> None:
    decision = decide(
        [A, B, C],
        attempts_of(*lines),
        Rules(),
        Device(memory=10, needs=there),
        sizes(a=20, b=3, c=4),
    )
    assert " ".join([decision.kind, *(cell.key for cell in decision.enqueue)]) == expected


def test_small_cells_overtake_a_large_one_only_so_often(attempts_of: AttemptsOf) -> None:
    small = [planned(f"s{number}") for number in range(2 * OVERTAKERS)]
    device = Device(memory=10, needs=(1,))

    def need(cell: PlannedCell) -> int:
        return 20 if cell is A else 1

    def next_one(done: int, rules: Rules, *more: str) -> str:
        lines = [f"s{number} done" for number in range(done - 1)]
        attempts = attempts_of(*more, *lines, f"s{done - 1} running")
        decision = decide([A, *small], attempts, rules, device, need)
        return " ".join([decision.kind, *(cell.key for cell in decision.enqueue)])

    assert next_one(OVERTAKERS - 1, Rules()) == f"take s{OVERTAKERS - 1}"
    assert next_one(OVERTAKERS, Rules()) == "wait"
    # What was trained in an earlier run has overtaken nobody.
    assert next_one(OVERTAKERS, Rules(first_trial=1)) == f"take s{OVERTAKERS}"
    # Nor what was begun before it had to be tried again.
    lost = attempts_of(*(f"s{n} done" for n in range(OVERTAKERS)), "a lost", "s8 running")
    assert decide([A, *small], lost, Rules(), device, need).enqueue == (small[9],)


def test_those_behind_who_come_first_in_the_plan_overtake_nobody(attempts_of: AttemptsOf) -> None:
    small = [planned(f"s{number}") for number in range(OVERTAKERS + 1)]
    attempts = attempts_of(*(f"s{number} done" for number in range(OVERTAKERS)), "b running")
    decision = decide(
        [*small, A, B, C], attempts, Rules(), Device(memory=10, needs=(1,)), lambda cell: 1
    )
    assert decision.enqueue == (small[-1],)


def test_the_queue_leaves_in_order(attempts_of: AttemptsOf) -> None:
    attempts = attempts_of("b waiting", "a waiting")

    def kind(**needs: int | None) -> str:
        device = Device(memory=10, needs=(5,))
        return decide([A, B], attempts, Rules(), device, sizes(**needs)).kind

    assert kind(a=1, b=6) == "wait"  # Optuna would hand out b
    assert kind(a=6, b=1) == "take"


def test_a_cell_that_wants_to_be_alone_waits_and_is_left_alone(attempts_of: AttemptsOf) -> None:
    need = sizes(a=None, b=1)
    beside = Device(needs=(1,))
    assert decide([A, B], attempts_of("b running"), Rules(), beside, need).kind == "wait"
    assert decide([A, B], attempts_of("b done"), Rules(), Device(), need).enqueue == (A,)
    left_alone = Device(needs=(None,))
    assert decide([A, B], attempts_of("a running"), Rules(), left_alone, need).kind == "wait"


# The record

NOON = datetime(2026, 1, 1, 12)


def ran(
    number: int, start: int, end: int | None, device: str = "cpu", host: str = "here"
) -> Attempt:
    """An attempt that trained from minute to minute."""
    return Attempt(
        number=number,
        state="running" if end is None else "complete",
        begun=NOON + timedelta(minutes=start),
        ended=None if end is None else NOON + timedelta(minutes=end),
        owner={"host": host},
        device=device,
        need=1,
    )


def test_who_runs_on_a_device() -> None:
    attempts = [
        ran(0, 0, 5),
        ran(1, 0, None),
        ran(2, 0, None, device="GPU-1"),
        ran(3, 0, None, host="there"),
        Attempt(state="running"),  # taken, but not signed
        Attempt(state="running", owner={"host": "here"}),  # of old
    ]
    assert [each.number for each in running_on(attempts, "here", "cpu")] == [1]


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ([], 1),
        ([ran(1, 0, 10)], 1),  # over when ours began
        ([ran(1, 0, 11)], 2),
        ([ran(1, 12, None)], 2),
        ([ran(1, 0, None), ran(2, 12, 13), ran(3, 14, 15)], 3),  # one after the other
        ([ran(1, 0, None), ran(2, 12, 15), ran(3, 14, 16)], 4),
        ([ran(1, 0, None, device="GPU-1"), ran(2, 0, None, host="there")], 1),
    ],
)
def test_the_most_at_one_time(others: list[Attempt], expected: int) -> None:
    mine = ran(0, 10, None)
    assert most_at_once([mine, *others], mine) == expected


def test_the_most_at_one_time_is_of_what_has_begun() -> None:
    with pytest.raises(ValueError, match="has begun"):
        most_at_once([], Attempt(state="waiting"))


# Needs


def test_a_predicted_need_grows_with_the_step_and_the_images() -> None:
    cifar, svhn = DATASETS["cifar10"], DATASETS["svhn"]
    assert cifar and svhn
    small, large = (predicted_need(size, cifar) for size in (GIB, 4 * GIB))
    assert 3 * GIB < large - small < 4 * GIB
    assert GIB < small - GIB < 3 * GIB
    assert predicted_need(GIB, svhn) > small


def of(key: str, seed: int, batch_size: int = 64) -> PlannedCell:
    document = {
        "key": key,
        "seed": seed,
        "architecture": {"depth": 10},
        "recipe": {"batch_size": batch_size},
    }
    return PlannedCell(**{**planned(key, seed=seed).document(), "cell": document})


def done(number: int, **result: Any) -> Attempts:
    result = {"device": "H100", **result}
    return Attempts((Attempt(number=number, state="complete", result=result),))


EXECUTION = {"device": "cuda:0", "memory": "fast", "time_limit": None}


def test_a_measured_need_is_that_of_cells_that_differ_in_their_seed() -> None:
    plan: Mapping[str, PlannedCell] = {c.key: c for c in (of("a", 0), of("b", 1), of("c", 2))}
    attempts = defaultdict(
        Attempts,
        a=done(0, measured_peak_bytes=3 * GIB, execution=EXECUTION),
        b=done(1, measured_peak_bytes=4 * GIB, execution=EXECUTION),
        c=done(2),  # on a CPU, or by an older version
    )
    needs = Needs()
    needs.see(plan, defaultdict(Attempts))
    assert needs.bytes_of == {}
    needs.see(plan, attempts)
    found = dict(needs.bytes_of)
    assert found == {alike(of("x", 7), EXECUTION, "H100"): 4 * GIB + CONTEXT_BYTES}
    elsewhere = {**EXECUTION, "device": "cuda:1", "time_limit": 9.0}
    assert alike(of("x", 7), elsewhere, "H100") in found
    assert alike(of("x", 7, batch_size=128), EXECUTION, "H100") not in found
    assert alike(of("x", 7), {**EXECUTION, "memory": "efficient"}, "H100") not in found
    assert alike(of("x", 7), EXECUTION, "A100") not in found
    needs.see(plan, attempts | {"c": done(3, measured_peak_bytes=9 * GIB, execution=EXECUTION)})
    assert list(needs.bytes_of.values()) == [9 * GIB + CONTEXT_BYTES]

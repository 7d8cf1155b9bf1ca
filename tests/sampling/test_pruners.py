"""When a cell is not worth finishing."""

from __future__ import annotations

from typing import Any

import numpy as np
import optuna
import pytest

from ablate.records import saved_share
from ablate.sampling import Rung, is_behind, margin_at, optuna_pruner, rung_at
from ablate.sampling.pruners import RUNGS
from ablate.space import Pruner


@pytest.mark.parametrize(
    ("epochs", "expected"),
    [
        (300, {75: 0, 165: 1, 240: 2}),
        (40, {10: 0, 22: 1, 32: 2}),
        (30, {8: 0, 17: 1, 24: 2}),
        (8, {2: 0, 5: 1, 7: 2}),
        (4, {1: 0, 3: 1}),  # the last would be the end
        (3, {1: 0, 2: 1}),
        (2, {1: 0}),
        (1, {}),
    ],
)
def test_rungs(epochs: int, expected: dict[int, int]) -> None:
    found = {epoch: rung_at(epoch, epochs) for epoch in range(epochs + 2)}
    assert {epoch: number for epoch, number in found.items() if number is not None} == expected


@pytest.mark.parametrize("epochs", range(1, 51))
def test_rungs_of_any_length(epochs: int) -> None:
    found = {e: n for e in range(epochs + 1) if (n := rung_at(e, epochs)) is not None}
    assert list(found.values()) == sorted(found.values())  # later epochs, later rungs
    assert len(set(found.values())) == len(found)
    assert epochs not in found and 0 not in found
    for epoch, number in found.items():
        assert epoch >= RUNGS[number] * epochs > epoch - 1


def test_rungs_after_the_drops_of_the_learning_rate() -> None:
    """Of `densenet-2017`: after 1/2 and 3/4 of the steps."""
    for epochs in (20, 40, 100, 300):
        ends = [e for e in range(epochs) if rung_at(e, epochs)]
        assert [e > share * epochs for e, share in zip(ends, (0.5, 0.75), strict=True)] == [
            True
        ] * 2


def rungs(*cells: tuple[float, ...]) -> list[Rung]:
    """(error, costs ...) -> rungs."""
    return [Rung(tuple(costs), error) for error, *costs in cells]


CELL = Rung((100.0,), 20.0)


@pytest.mark.parametrize(
    ("others", "margin", "neighbours", "expected"),
    [
        ([], 0, 1, False),
        ([(19, 100)], 0, 1, True),  # as dear
        ([(19, 99)], 0, 1, True),
        ([(19, 101)], 0, 1, False),  # dearer: no rival
        ([(20, 50)], 0, 1, False),  # a tie is not better
        ([(19, 100)], 1, 1, False),  # not by more than the margin
        ([(18.9, 100)], 1, 1, True),
        ([(10, 90), (10, 90)], 1, 3, False),
        ([(10, 90), (10, 90), (10, 90)], 1, 3, True),
        ([(10, 90), (10, 90), (10, 101), (19.5, 90)], 1, 3, False),
    ],
)
def test_who_is_behind(
    others: list[tuple[float, ...]], margin: float, neighbours: int, expected: bool
) -> None:
    found = is_behind(CELL, rungs(*others), margin=margin, neighbours=neighbours)
    assert found == expected


def test_every_cost_counts() -> None:
    cell = Rung((100.0, 5.0), 20.0)
    dearer_in_one = rungs((10, 90, 6), (10, 101, 4))
    assert not is_behind(cell, dearer_in_one, margin=0, neighbours=1)
    assert is_behind(cell, [*dearer_in_one, *rungs((10, 90, 4))], margin=0, neighbours=1)


def test_without_costs_errors_alone_decide() -> None:
    assert is_behind(Rung((), 20.0), rungs((18.0,)), margin=1, neighbours=1)
    assert not is_behind(Rung((), 20.0), rungs((21.0,)), margin=1, neighbours=1)


def of_changes(changes: list[float | None]) -> list[Rung]:
    return [Rung((1.0,), 20.0, change) for change in changes]


def test_the_margin_follows_the_noise_of_the_rung() -> None:
    draw = np.random.default_rng(0)
    before, last = draw.normal(0, 2.5, (2, 4_000))
    changes = (last - before - 30).tolist()  # all fall by 30: that is no noise
    assert margin_at(of_changes(changes)) == pytest.approx(2 * 2.5, rel=0.05)
    by_hand = [3.0, -1.0, 0.0, 4.0, 9.0]  # median 3; distances 0 4 3 1 6: median 3
    assert margin_at(of_changes(by_hand)) == pytest.approx(2 * 3 / (0.6745 * 2**0.5))
    with_unknown = [*by_hand, None]
    assert margin_at(of_changes(with_unknown)) == margin_at(of_changes(by_hand))


@pytest.mark.parametrize("changes", [[], [None], [5.0], [-20.0] * 6, [0.1, 0.2, 0.3]])
def test_a_quiet_rung_and_an_unknown_one_forgive_a_point(changes: list[float | None]) -> None:
    assert margin_at(of_changes(changes)) == 1.0
    assert Pruner(name="pareto").margin is None  # so that this decides


def pruned_by(pruner: Pruner, curves: list[list[float]]) -> list[int]:
    """For each curve in turn, the epoch at which it was stopped; 0 for none."""
    epochs = len(curves[0])
    study = optuna.create_study(
        pruner=optuna_pruner(pruner, epochs), sampler=optuna.samplers.RandomSampler(seed=0)
    )
    stopped = []
    for curve in curves:
        trial, end = study.ask(), 0
        for epoch, error in enumerate(curve[:-1], start=1):
            trial.report(error, epoch)
            if trial.should_prune():
                end = epoch
                break
        if end:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        else:
            trial.report(curve[-1], epochs)
            study.tell(trial, curve[-1])
        stopped.append(end)
    return stopped


GOOD, BAD = [50.0 - 2 * epoch for epoch in range(20)], [90.0 - epoch / 10 for epoch in range(20)]


def test_median_waits_for_finished_cells_and_a_quarter_of_the_epochs() -> None:
    stopped = pruned_by(Pruner(name="median", startup=3), [BAD, GOOD, GOOD, BAD, GOOD])
    assert stopped == [0, 0, 0, 5, 0]
    assert pruned_by(Pruner(name="median", startup=4), [GOOD, GOOD, GOOD, BAD]) == [0] * 4


def test_asha_stops_whoever_is_not_among_the_best_quarter() -> None:
    curves = [[error + shift for error in GOOD] for shift in range(17)]
    # The first has nobody to be compared with; a sixteenth of 20 epochs is one.
    assert pruned_by(Pruner(name="asha"), curves) == [0] + [1] * 16
    assert pruned_by(Pruner(name="asha"), curves[::-1]) == [0] * 17


@pytest.mark.parametrize("name", ["asha", "hyperband"])
def test_the_first_halving_leaves_room_for_two(name: Any) -> None:
    pruner = Pruner(name=name, reduction=3)
    curves = [[error + shift for error in range(90, 0, -1)] for shift in range(20)]
    ends = {end for end in pruned_by(pruner, curves) if end}
    assert min(ends) == 90 // 9


def test_hyperband_stops_something_in_each_of_its_brackets() -> None:
    curves = [[e + shift for e in GOOD] for shift in range(0, 60, 3)]
    stopped = pruned_by(Pruner(name="hyperband"), curves)
    assert stopped[0] == 0 and len({end for end in stopped if end}) >= 2


@pytest.mark.parametrize("name", ["none", "pareto"])
def test_others_leave_optuna_out(name: Any) -> None:
    assert pruned_by(Pruner(name=name), [GOOD, GOOD, GOOD, BAD, BAD, BAD]) == [0] * 6


def test_time_saved() -> None:
    """4 s for 2 of 10 epochs would have been 20; 30 s for 5 of 6 would have been 36."""
    assert saved_share([(2, 10, 4.0), (5, 6, 30.0)]) == pytest.approx((34.0, 16.0 + 6.0))
    assert saved_share([]) == (0.0, 0.0)
    assert saved_share([(0, 10, 1.0)]) == (1.0, 0.0)  # nothing tells

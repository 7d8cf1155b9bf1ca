"""Steps that are timed side by side."""

from __future__ import annotations

import pytest
import torch

from ablate.costs import Quartiles, alternate, each_round, threads, timing


def test_every_step_is_called_once_a_round_and_rounds_begin_in_turn() -> None:
    calls: list[str] = []
    steps = {name: (lambda name=name: calls.append(name)) for name in "abc"}
    taken = alternate(steps, rounds=3, warm_up=1)
    assert "".join(calls) == "abc" + "abc" + "bca" + "cab"
    assert {name: len(seconds) for name, seconds in taken.items()} == {"a": 3, "b": 3, "c": 3}


class Clock:
    """One that only steps move."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.steps = 0
        monkeypatch.setattr(timing.time, "perf_counter", lambda: self.now)

    def step(self, seconds: float) -> None:
        self.steps += 1
        self.now += seconds


def test_what_is_timed_is_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    steps = {"short": lambda: clock.step(1), "long": lambda: clock.step(4)}
    assert alternate(steps, rounds=3, warm_up=1) == {"short": [1] * 3, "long": [4] * 3}


def test_quick_steps_are_repeated_and_their_mean_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock(monkeypatch)
    steps = {"a": lambda: clock.step(2 if clock.steps % 2 else 4)}
    taken = alternate(steps, rounds=2, warm_up=1, at_least=40)
    assert clock.steps == 1 + 2 * 10  # the first took 4, and ten of those are 40
    assert taken == {"a": [3, 3]}


def test_a_step_that_fails_takes_no_other_with_it() -> None:
    """At its first call, or in the second round."""
    calls: list[str] = []
    why: dict[str, str] = {}

    def step(name: str, most: int) -> None:
        calls.append(name)
        if calls.count(name) > most:
            raise RuntimeError(f"{name} is out of memory")

    most = {"never": 0, "well": 99, "once": 2}
    steps = {name: (lambda name=name: step(name, most[name])) for name in most}
    taken = alternate(
        steps, rounds=3, warm_up=1, failed=lambda name, error: why.update({name: str(error)})
    )
    assert {name: len(seconds) for name, seconds in taken.items()} == {"well": 3}
    assert why == {"never": "never is out of memory", "once": "once is out of memory"}
    with pytest.raises(RuntimeError, match="never is out of memory"):
        alternate(steps, rounds=3)


def test_what_there_is_after_each_round() -> None:
    steps = {name: (lambda: None) for name in "ab"}
    rounds = each_round(steps, "cpu", 3)
    assert [min(map(len, taken.values())) for taken in rounds] == [1, 2, 3]


def test_quartiles() -> None:
    found = Quartiles.of([4.0, 1.0, 3.0, 2.0, 5.0])
    assert found == Quartiles(low=2.0, median=3.0, high=4.0)
    assert found.columns("seconds") == {"seconds": 3.0, "seconds_q1": 2.0, "seconds_q3": 4.0}


def test_threads_are_put_back() -> None:
    before = torch.get_num_threads()

    def fail() -> None:
        with threads(before + 1):
            assert torch.get_num_threads() == before + 1
            raise RuntimeError("in between")

    with pytest.raises(RuntimeError, match="in between"):
        fail()
    assert torch.get_num_threads() == before

"""The processes of a cell, as their worker hears of them; stand-ins take their place."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection
from types import SimpleNamespace
from typing import Any

import pytest

from ablate.errors import OutOfMemory
from ablate.workers import ranks


@pytest.fixture
def two() -> tuple[list[Any], list[Connection]]:
    """A worker's view of two living processes, and their ends of the pipes."""
    ours, theirs = [], []
    for number in range(2):
        mine, other = multiprocessing.Pipe()
        # As a process lives, its sentinel is not ready: until the other end of this is closed.
        sentinel, life = multiprocessing.Pipe()
        process = SimpleNamespace(exitcode=None, sentinel=sentinel, life=life)
        ours.append(ranks._Rank(number, process, mine))  # type: ignore[arg-type]
        theirs.append(other)
    return ours, theirs


def test_calls_are_answered_until_the_result_comes(two: Any) -> None:
    ours, (first, _) = two
    heard: list[tuple[Any, ...]] = []
    first.send(("on_epoch", (3,)))
    first.send(("before_save", ()))
    first.send(("result", {"error": 5.0}))
    calls = {
        "on_epoch": lambda epoch: heard.append(("epoch", epoch)),
        "before_save": lambda: heard.append(("save",)),
    }
    assert ranks._listen(ours, calls) == {"error": 5.0}
    assert heard == [("epoch", 3), ("save",)]
    assert [first.recv(), first.recv()] == [None, None]


def test_what_a_call_raises_ends_the_cell(two: Any) -> None:
    ours, (first, _) = two
    first.send(("before_save", ()))

    def refuse() -> None:
        raise ValueError("no longer running")

    with pytest.raises(ValueError, match="no longer running"):
        ranks._listen(ours, {"before_save": refuse})
    assert not first.poll()


def test_an_outcome_is_that_of_the_cell_whoever_has_it(two: Any) -> None:
    ours, (_, second) = two
    second.send(("error", OutOfMemory("out of memory")))
    with pytest.raises(OutOfMemory):
        ranks._listen(ours, {})


def test_who_died_is_told_and_not_what_that_broke_elsewhere(two: Any) -> None:
    """The first process may tell that its connection broke before the second's end is known."""
    ours, (first, second) = two
    first.send(("error", RuntimeError("Connection closed by peer")))
    second.close()
    ours[1].process.life.close()
    ours[1].process.exitcode = -9
    with pytest.raises(ranks.RankLost) as caught:
        ranks._listen(ours, {})
    assert str(caught.value) == "process 2 of 2 of the cell died (signal 9)"


def test_an_error_stays_itself_where_nobody_died(two: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, (_, second) = two
    monkeypatch.setattr(ranks, "SECONDS_TO_DIE", 0)
    second.send(("error", RuntimeError("a fault")))
    with pytest.raises(RuntimeError, match="a fault"):
        ranks._listen(ours, {})


def test_an_error_that_cannot_cross_is_told_by_its_words() -> None:
    class Odd(Exception):
        pass

    told = ranks._sendable(Odd("no module has me"))
    assert type(told) is RuntimeError and str(told) == "Odd: no module has me"
    assert ranks._sendable(OutOfMemory("full")).args == ("full",)

"""What a cell without an error says of its variant."""

from __future__ import annotations

from typing import get_args

import pytest

from ablate.cells import State, error_of_chance, is_lost, lost_text


def test_what_diverged_or_failed_counts_and_nothing_else_does() -> None:
    assert {state for state in get_args(State) if is_lost(state)} == {"diverged", "failed"}


@pytest.mark.parametrize(
    ("states", "text"),
    [
        (["done", "diverged", "done", "diverged", "waiting"], "diverged 2 of 5"),
        (["failed", "diverged", "done"], "diverged 1, failed 1 of 3"),
        (["done", "oom", "pruned", "timeout", "waiting", "running"], ""),
        ([], ""),
    ],
)
def test_they_are_told_of_all_cells(states: list[str], text: str) -> None:
    assert lost_text(states) == text


def test_guesses_are_right_once_in_so_many_classes() -> None:
    assert (error_of_chance(10), error_of_chance(2), error_of_chance(0)) == (90.0, 50.0, 100.0)

"""What is said of a run as it stands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ablate.cli.summary import ending, search_line
from ablate.records import SearchSummary, Summary

SUMMARY = SearchSummary(
    ended=7,
    trials=20,
    device_hours=None,
    hours_used=0.5,
    infeasible=0,
    repeated=0,
    exhausted="",
    is_over=False,
    pruned_hours=0.0,
    saved_hours=0.0,
)


@pytest.mark.parametrize(
    ("states", "hopeless", "way"),
    [
        ({"done": 1, "failed": 1}, 0, "run again"),
        ({"done": 1, "failed": 2}, 1, "run again"),
        (
            {"done": 1, "failed": 1},
            1,
            "another run would fail as this one did: change what the reason above names",
        ),
        ({"failed": 1, "oom": 1}, 1, "run again with --retry oom to try them again"),
    ],
)
def test_the_way_on_is_one_that_leads_on(states: dict[str, int], hopeless: int, way: str) -> None:
    summary = Summary(Path("x"), states, 0, 0, {}, hopeless)
    assert ending(summary).endswith(f"; {way}")


@pytest.mark.parametrize(
    ("trained", "taken", "elsewhere", "said"),
    [
        (4, 0, 0, "trained 4"),
        (0, 0, 0, "nothing to train"),
        (1, 0, 3, "trained 1, 3 by another run of the study meanwhile"),
        (0, 0, 4, "trained none, 4 by another run of the study meanwhile"),
        (1, 3, 0, "trained 1, 3 taken over from neighbouring runs"),
    ],
)
def test_a_run_says_what_it_trained_itself(
    trained: int, taken: int, elsewhere: int, said: str
) -> None:
    summary = Summary(Path("x"), {"done": 4}, trained, taken, {}, elsewhere=elsewhere)
    assert ending(summary) == f"complete: 4 of 4 cells are done, {said}"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "7 of 20 trials; 30 min 00 s of training"),
        ({"ended": 5}, "5 of 20 trials and 2 more begun; 30 min 00 s of training"),
        ({"trials": None, "device_hours": 2.0}, "7 trials; 30 min 00 s of 2 h 00 min of training"),
        ({"device_hours": 2.0}, "7 of 20 trials; 30 min 00 s of 2 h 00 min of training"),
        (
            {"infeasible": 3, "repeated": 1},
            "7 of 20 trials; 30 min 00 s of training; "
            "suggestions that cost none: 3 infeasible, 1 repeated",
        ),
        (
            {"pruned_hours": 0.1, "saved_hours": 0.5},
            "7 of 20 trials; 30 min 00 s of training; "
            "pruning saved about 30 min 00 s (50%) after 6 min 00 s",
        ),
        (
            {"exhausted": "every point of the space was suggested"},
            "7 trials; 30 min 00 s of training; "
            "no more to suggest: every point of the space was suggested",
        ),
    ],
)
def test_a_line(changes: dict[str, object], expected: str) -> None:
    assert search_line(replace(SUMMARY, **changes), 7) == expected  # type: ignore[arg-type]

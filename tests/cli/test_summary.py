"""What is said of a run as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from ablate.cli.summary import ending
from ablate.records import Summary


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

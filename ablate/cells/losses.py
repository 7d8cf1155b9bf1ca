"""What a cell without an error says of its variant: the one rule for all that compare or choose.

A cell that diverged, or that an error of its own ended, was lost through what was compared: a mean
over those that are left would praise a variant for hiding its worst seeds. Such cells count against
their variant: nothing is claimed in its favour. All else that has no error says nothing of how
large that would be: memory or time that the machine had not, a worker that was killed, a pruner, a
turn that has not come. Such cells are missing, and no more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

AGAINST = ("diverged", "failed")  # states of lost cells, in the order in which they are told


def is_lost(state: object) -> bool:
    """Whether a cell in that state counts against its variant."""
    return state in AGAINST


def lost_text(states: Iterable[object]) -> str:
    """States of a variant's cells -> `diverged 2 of 5`; empty where none counts against it."""
    each = list(states)
    counts = Counter(each)
    told = [f"{state} {counts[state]}" for state in AGAINST if counts[state]]
    return f"{', '.join(told)} of {len(each)}" if told else ""


def error_of_chance(classes: int) -> float:
    """Percent, of guesses among so many classes: what a cell has that learned nothing.

    Of an unknown number, 0, it is 100.
    """
    return 100 * (1 - 1 / classes) if classes else 100.0

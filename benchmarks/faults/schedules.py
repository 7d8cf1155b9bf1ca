"""Schedules: which faults come in which order, drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from benchmarks.faults.fault import WHEN, Fault
from benchmarks.faults.files import FILES
from benchmarks.faults.places import PLACES
from benchmarks.faults.signals import SIGNALS
from benchmarks.faults.studies import KINDS

FAULTS: tuple[Fault, ...] = (*SIGNALS, *FILES, *PLACES)
ON_SERVER = 5  # every so manieth schedule has its record on a server, where there is one


@dataclass(frozen=True)
class Schedule:
    """What befalls one study: for each of its runs a row of faults, one at most for each moment."""

    number: int
    seed: int
    rows: tuple[tuple[Fault, ...], ...]

    @property
    def kind(self) -> str:
        """Of the study."""
        return KINDS[self.number % len(KINDS)]

    @property
    def is_on_server(self) -> bool:
        return self.number % ON_SERVER == ON_SERVER - 1

    @property
    def draws(self) -> random.Random:
        """What chance it has left: which worker, which file, which byte."""
        return random.Random(f"{self.seed} {self.number}")


def schedules(
    seed: int, count: int, runs: int, faults: Sequence[Fault] = FAULTS
) -> tuple[Schedule, ...]:
    """`count` schedules of `runs` disturbed runs, in which faults of one moment come equally often.

    Each of them comes once before one comes again, in an order that is drawn anew.
    """
    draws = random.Random(seed)
    of_each_moment = [[each for each in faults if each.when == when] for when in WHEN]
    dealt = zip(*(_dealt(draws, each) for each in of_each_moment if each), strict=True)
    return tuple(Schedule(number, seed, tuple(islice(dealt, runs))) for number in range(count))


def _dealt(draws: random.Random, faults: Sequence[Fault]) -> Iterator[Fault]:
    for each in cycle([faults]):
        yield from draws.sample(each, len(each))

"""Seconds of things that are timed side by side."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch

OnFailure = Callable[[str, Exception], object]  # a step's name, and what it raised


@dataclass(frozen=True)
class Quartiles:
    """A sample's median and the two quartiles around it."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Quartiles:
        return cls(*(float(q) for q in np.percentile(values, [25, 50, 75])))

    def columns(self, name: str) -> dict[str, float]:
        """A table's: `name` for the median, `name_q1` and `name_q3` for the quartiles."""
        return {name: self.median, f"{name}_q1": self.low, f"{name}_q3": self.high}


def alternate(
    steps: Mapping[str, Callable[[], object]],
    *,
    device: str | torch.device = "cpu",
    rounds: int,
    warm_up: int = 2,
    at_least: float = 0.0,
    failed: OnFailure | None = None,
) -> dict[str, list[float]]:
    """Steps by name -> the seconds of each in every round, as `each_round` times them."""
    taken: dict[str, list[float]] = {}
    for taken in each_round(steps, device, rounds, warm_up, at_least, failed):  # noqa: B007
        pass
    return taken


def each_round(
    steps: Mapping[str, Callable[[], object]],
    device: str | torch.device,
    rounds: int,
    warm_up: int = 2,
    at_least: float = 0.0,
    failed: OnFailure | None = None,
    clock: Callable[[], float] | None = None,
) -> Iterator[dict[str, list[float]]]:
    """After every round the seconds of all until then, after `warm_up` calls that do not count.

    A round times every step once, and begins with another one than the round before: what slows
    the machine down for a while then hits all of them. A step that is quicker than `at_least`
    seconds is called as often as fills that time, and its mean is the round's. The device is
    waited for before and after each. A step that fails with RuntimeError or MemoryError, as without
    memory, is left out with its seconds where `failed` is told of it; else the error goes on.
    `clock` says what a second is, the performance counter where there is none.
    """
    device, clock = torch.device(device), clock or time.perf_counter
    calls: dict[str, int] = {}
    taken: dict[str, list[float]] = {}

    def timed(name: str, count: int) -> float | None:
        try:
            return _seconds(steps[name], count, device, clock)
        except (RuntimeError, MemoryError) as error:
            if failed is None:
                raise
            taken.pop(name, None)
            failed(name, error)
            return None

    for name in list(steps):
        taken[name], calls[name], took = [], 1, None
        for _ in range(warm_up):
            if (took := timed(name, 1)) is None:
                break
        if took:
            calls[name] = max(1, math.ceil(at_least / took))
    names = list(taken)
    for number in range(rounds):
        first = number % max(1, len(names))
        for name in [*names[first:], *names[:first]]:
            if name in taken and (took := timed(name, calls[name])) is not None:
                taken[name].append(took)
        yield taken


def _seconds(
    step: Callable[[], object], calls: int, device: torch.device, clock: Callable[[], float]
) -> float:
    """The mean of so many calls."""
    synchronise(device)
    start = clock()
    for _ in range(calls):
        step()
    synchronise(device)
    return (clock() - start) / calls


def synchronise(device: torch.device) -> None:
    """Wait until a device has done what it was asked for; a CPU always has."""
    if device.type != "cpu":
        torch.accelerator.synchronize(device)


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Torch on `count` CPU threads; the caller's number is restored."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)

"""`step`: a training step of one architecture in every implementation."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch

from ablate.costs import each_round, synchronise
from ablate.errors import RecordingFailed
from ablate.machine import first_line, keep_memory
from ablate.measuring import Subject, training_step, why_not
from ablate.networks import IMPLEMENTATIONS
from ablate.training import searching
from benchmarks.findings import Findings, conditions, speed

REFERENCES = ("torchvision", "torchvision-channels-last")
# Minutes of compiling for each architecture are for those who ask.
USUAL = tuple(name for name, found in IMPLEMENTATIONS.items() if not found.is_compiled)
READY_SHARE = 0.75  # of the time at hand: searching and capturing take more than the rounds
SECONDS_PER_TIMING = 0.05  # a clock is read and a GPU waited for no more often


def bench_step(
    subject: Subject,
    *,
    device: str | torch.device = "cpu",
    rounds: int = 7,
    keeps_memory: bool = False,
    seconds: float = math.inf,
    on_ready: Callable[[str], None] = lambda name: None,
    on_round: Callable[[Findings], None] = lambda found: None,
) -> Findings:
    """Step times of a network's implementations, alternated, with ratios to torchvision's.

    What cannot run here, or fails, is left out with the reason; after a recording that failed the
    process may be unfit, and what fails for that is left out too. `ready_seconds` are from nothing
    to the end of the first step: building, cuDNN's search for its quickest kernels (as in
    `ablate measure`), and capturing or compiling where that is done. `on_ready` is told of each
    that is warm, `on_round` of all there is after each round. Uses torch's threads as they are.
    `keeps_memory`: on a CPU the process keeps what tensors free, as cells do, from then on; else
    the allocator is as it comes. After `seconds` no round begins, and after three quarters of them
    no other contender is made ready.
    """
    start, device = time.perf_counter(), torch.device(device)
    architecture, batch_size = subject.architecture, subject.batch_size
    settings: Any = {"batch_size": batch_size, "precision": subject.precision}
    names = subject.implementations
    left_out = {name: why for name in names if (why := why_not(name, architecture, device))}
    steps: dict[str, Callable[[], object]] = {}
    ready: dict[str, float] = {}

    def fail(name: str, error: Exception) -> None:
        left_out[name] = first_line(error) or "out of memory"
        steps.pop(name, None)

    how = _conditions(device, keeps_memory, **settings)
    findings = Findings("a training step", [], how, left_out)
    with searching(True):
        for name in [name for name in names if name not in left_out]:
            begun = time.perf_counter()
            if steps and begun - start > READY_SHARE * seconds:
                left_out[name] = f"no time was left of {seconds:g} s"
                continue
            try:
                steps[name] = training_step(name, architecture, **settings, device=device)
                steps[name]()
                synchronise(device)
            except (RuntimeError, MemoryError, RecordingFailed) as error:
                fail(name, error)
                continue
            ready[name] = time.perf_counter() - begun
            on_ready(name)
        for taken in each_round(steps, device, rounds, at_least=SECONDS_PER_TIMING, failed=fail):
            rows = [_row(taken, name, batch_size, ready[name]) for name in taken]
            n = max(map(len, taken.values()), default=0)
            findings = replace(findings, rows=rows, conditions=how | {"n": n})
            on_round(findings)
            if time.perf_counter() - start > seconds:
                break
    return findings


def _conditions(device: torch.device, keeps_memory: bool, **settings: Any) -> dict[str, Any]:
    """What the times are of; from then on freed memory is kept, where it is to be."""
    keeps_memory = keeps_memory and keep_memory(device)
    how = conditions(device, n=0, **settings)
    if device.type == "cpu":
        how["freed_memory"] = "kept" if keeps_memory else "returned"
    if device.type == "cuda":
        how["cudnn_benchmark"] = "on"
    return how


def _row(
    taken: Mapping[str, Sequence[float]], name: str, batch_size: int, ready: float
) -> dict[str, Any]:
    row: dict[str, Any] = {"implementation": name, **speed(taken, name, REFERENCES)}
    row["images_per_second"] = batch_size / row["seconds"]
    row["ready_seconds"] = ready
    return row

"""`step`: a training step of one architecture in every implementation."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import torch

from ablate.costs import alternate
from ablate.costs.timing import synchronise
from ablate.measuring import training_step, why_not
from ablate.spec import Architecture
from ablate.spec.implementations import IMPLEMENTATIONS
from ablate.training.memory import keep_memory
from benchmarks.findings import Findings, conditions, speed

REFERENCES = ("torchvision", "torchvision-channels-last")
# Minutes of compiling for each architecture are for those who ask.
USUAL = tuple(name for name, found in IMPLEMENTATIONS.items() if not found.is_compiled)
SECONDS_PER_TIMING = 0.05  # a clock is read and a GPU waited for no more often


def bench_step(
    architecture: Architecture,
    *,
    batch_size: int = 64,
    precision: str = "fp32",
    device: str | torch.device = "cpu",
    names: Sequence[str] = USUAL,
    rounds: int = 7,
    keeps_memory: bool = False,
    on_ready: Callable[[str], None] = lambda name: None,
) -> Findings:
    """Step times of `names`, alternated, with ratios to torchvision's.

    What cannot run here is left out, with the reason. `ready_seconds` are from nothing to the end
    of the first step: building, and capturing or compiling where that is done. `on_ready` is told
    of each that is warm. Uses torch's threads as they are. `keeps_memory`: on a CPU the process
    keeps what tensors free, as cells do, from then on; else the allocator is as it comes.
    """
    device = torch.device(device)
    keeps_memory = keeps_memory and keep_memory(device)
    left_out = {name: why for name in names if (why := why_not(name, architecture, device))}
    steps: dict[str, Callable[[], object]] = {}
    ready: dict[str, float] = {}
    for name in names:
        if name in left_out:
            continue
        start = time.perf_counter()
        try:
            steps[name] = training_step(
                name, architecture, batch_size=batch_size, precision=precision, device=device
            )
            steps[name]()
            synchronise(device)
        except torch.OutOfMemoryError as error:
            left_out[name] = str(error).partition("\n")[0]
            steps.pop(name, None)
            continue
        ready[name] = time.perf_counter() - start
        on_ready(name)
    taken = alternate(steps, device=device, rounds=rounds, at_least=SECONDS_PER_TIMING)
    rows: list[dict[str, Any]] = []
    for name in steps:
        row: dict[str, Any] = {"implementation": name, **speed(taken, name, REFERENCES)}
        row["images_per_second"] = batch_size / row["seconds"]
        row["ready_seconds"] = ready[name]
        rows.append(row)
    how = conditions(device, n=rounds, batch_size=batch_size, precision=precision)
    if device.type == "cpu":
        how["freed_memory"] = "kept" if keeps_memory else "returned"
    return Findings("a training step", rows, how, left_out)

"""How fast a device is, found out by a process that does not keep hold of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from ablate.errors import MachineError

if TYPE_CHECKING:
    from ablate.costs import Rates
    from ablate.networks import Architecture


STEPS = 3  # that are timed, after one that is not


def rates_on(device: str | None, cache: Path | None) -> Rates | None:
    """What predicts times on a device; None without one.

    A GPU is measured by another process: the context that this one would have on it, and the memory
    that its allocator would keep, are there for cells.
    """
    import torch

    from ablate.costs import calibrate
    from ablate.machine import check_device

    if not device:
        return None
    check_device(device)
    on_gpu = torch.device(device).type == "cuda"
    return calibrate(device, measured_elsewhere if on_gpu else measured_here, cache=cache)


def measured_here(device: str) -> Rates:
    """What this process measures, by steps kernel by kernel."""
    from ablate.costs import rates_of

    return rates_of(device, partial(step_seconds, device=device))


def measured_elsewhere(device: str) -> Rates:
    """What another process measures. Raises MachineError with the last that it said."""
    from ablate.costs import Rates

    # It finds what this process finds. A script that calls `plan` needs no guard for it.
    paths = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, "-c", f"from {__name__} import tell; tell({device!r})"],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise MachineError(f"device {device!r} cannot be measured: {said[-1]}")
    return Rates(**json.loads(done.stdout.splitlines()[-1]))


def tell(device: str) -> None:
    """Print the rates of a device by steps as its cells have them: on a GPU replayed as graphs.

    But for cuDNN's search for kernels, of which every network would take seconds.
    """
    import torch

    from ablate.costs import rates_of
    from ablate.training import Execution, executing

    captured = torch.device(device).type == "cuda"
    with executing(Execution(device=device), seed=0):
        rates = rates_of(device, partial(step_seconds, device=device, captured=captured))
        print(json.dumps(asdict(rates)))


def step_seconds(
    architecture: Architecture,
    batch_size: int,
    *,
    device: str,
    measured_for: float = 0.0,
    captured: bool = False,
) -> float:
    """Median seconds of a warmed-up, synchronised fp32 training step, in mode `fast`.

    A few steps, and more until they took `measured_for` seconds; on one CPU thread, as cells run,
    and there by the seconds that the thread had a core for: what is measured is remembered, and
    must not hang on what else the machine did meanwhile. The caller's number of threads is
    restored.
    """
    import torch

    from ablate.costs import each_round, threads
    from ablate.measuring.synthetic import network_step

    clock = time.thread_time if torch.device(device).type == "cpu" else time.perf_counter
    with threads(1):
        step = network_step(architecture, batch_size, device=device, captured=captured)
        for taken in each_round({"step": step}, device, sys.maxsize, warm_up=1, clock=clock):
            if len(taken["step"]) >= STEPS and sum(taken["step"]) >= measured_for:
                break
    return median(taken["step"])

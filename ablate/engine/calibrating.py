"""How fast a device is, found out by a process that does not keep hold of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from ablate.errors import MachineError

if TYPE_CHECKING:
    from ablate.costs import Rates
    from ablate.networks import Architecture


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
    return calibrate(device, cache=cache, measure=measured_elsewhere if on_gpu else None)


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
    """Print the rates of a device by steps as its cells have them: on a GPU replayed as graphs."""
    import torch

    from ablate.costs import alternate, rates_of
    from ablate.measuring import training_step
    from ablate.training import Execution, executing, searching

    name = "ablate-captured" if torch.device(device).type == "cuda" else "ablate-fast"

    def seconds_of(architecture: Architecture, batch_size: int, device: str) -> float:
        step = training_step(name, architecture, batch_size=batch_size, device=device)
        taken = alternate({name: step}, device=device, rounds=5, warm_up=1)
        return median(taken[name])

    with executing(Execution(device=device), seed=0), searching(True):
        print(json.dumps(asdict(rates_of(device, seconds_of))))

"""Steps of a cell that several processes of one thread share on a CPU, against one process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import ablate
from ablate.cells import settings_of
from ablate.costs import Quartiles
from ablate.networks import Architecture
from ablate.study import Study
from ablate.training import Execution
from benchmarks.findings import Findings, conditions

STEPS = 10  # an epoch
HELD_OUT = 100  # the fewest with an image of each class, as one process evaluates them


def bench_ranks(
    architecture: Architecture, numbers: Sequence[int], *, batch_size: int, rounds: int
) -> Findings:
    """Seconds of a step of the real training loop on CIFAR-10, by the number of processes.

    Batches are in as many parts as the most processes. Each epoch of ten steps is a timing, divided
    by ten; of every training the first is left out. Numbers of processes take turns, so that all
    see the same machine.
    """
    study = ablate.load_study(
        {
            "name": "ranks",
            "data": {
                "dataset": "cifar10",
                "augment": True,
                "limit": STEPS * batch_size,
                "hold_out": HELD_OUT,
            },
            "recipe": {"epochs": 3, "batch_size": batch_size, "accumulate": max(numbers)},
            "baseline": "it",
            "variants": {"it": settings_of(architecture)},
        }
    )
    seconds: dict[int, list[float]] = {number: [] for number in numbers}
    for _ in range(rounds):
        for number in numbers:
            seconds[number] += _epochs(study, number)
    rows = [
        {"processes": number, **Quartiles.of([s / STEPS for s in times]).columns("step_seconds")}
        for number, times in seconds.items()
    ]
    how = conditions("cpu", n=2 * rounds, batch_size=batch_size, accumulate=max(numbers))
    return Findings("a step that processes share", rows, how)


def _epochs(study: Study, number: int) -> list[float]:
    """Seconds of all epochs but the first."""
    with TemporaryDirectory() as runs:
        execution = Execution(devices_per_cell=number)
        summary = ablate.run(study, runs=runs, jobs=1, devices=["cpu"], execution=execution)
        (curve,) = Path(summary.folder).glob("cells/*/curve.csv")
        lines = curve.read_text(encoding="utf-8").splitlines()
    where = lines[0].split(",").index("seconds")
    return [float(line.split(",")[where]) for line in lines[2:]]

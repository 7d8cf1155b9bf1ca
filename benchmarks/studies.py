"""`study`: cells an hour, by how many train at a time."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ablate.costs import alternate
from ablate.data import facts
from ablate.engine import plan_study, train_plan
from ablate.errors import AblateError, UsageError
from ablate.records import Plan
from ablate.study import load_study
from ablate.training import Execution
from ablate.workers import RunOptions
from benchmarks.findings import Findings, conditions, speed

# Small networks, as studies have many of.
BC = {"family": "densenet", "bottleneck_width": 4, "compression": 0.5}
NETWORKS = (
    {**BC, "depth": 22, "growth_rate": 8},
    {**BC, "depth": 28, "growth_rate": 8},
    {**BC, "depth": 22, "growth_rate": 12},
    {**BC, "depth": 28, "growth_rate": 12},
)
TEST_IMAGES = 256


def bench_study(
    planned: Plan,
    *,
    data_root: Path,
    device: str = "cpu",
    rounds: int = 3,
    on_ready: Callable[[str], None] = lambda name: None,
) -> Findings:
    """A whole study, from nothing to its results, executed in several ways, alternated.

    Of a CPU one process on all cores against workers with a thread each; of a GPU one worker
    against several that share it. The time has everything in it that a user waits for: starting
    workers, the record, checkpoints. Raises UsageError for a study whose cells follow from
    results, and AblateError where one could not be trained.
    """
    if planned.is_open:
        kind = "search" if planned.study.search else "path"
        rule = "must list its cells, so that every way trains the same"
        raise UsageError(f"study: {planned.study.title}: {rule}, got a {kind}")
    ways, cells = _ways(data_root, device), len(planned.keys)
    numbers = iter(range(rounds * len(ways)))
    with tempfile.TemporaryDirectory() as folder:

        def once(way: str) -> None:
            summary = train_plan(
                planned,
                Path(folder) / f"run{next(numbers)}" / "bench",  # alone: nothing to take over
                ways[way],
            )
            if not summary.is_complete:
                raise AblateError(f"study: {way}: not every cell could be trained")
            on_ready(way)

        steps = {way: (lambda way=way: once(way)) for way in ways}
        taken = alternate(steps, rounds=rounds, warm_up=0)
    reference = next(iter(ways))
    rows: list[dict[str, Any]] = []
    for way in ways:
        row: dict[str, Any] = {"run": way} | speed(taken, way, [reference])
        row = {key.replace(reference, "first"): value for key, value in row.items()}
        row["cells_per_hour"] = cells * 3600 / row["seconds"]
        rows.append(row)
    data = planned.study.file.data
    how = conditions(
        device,
        n=rounds,
        study=planned.study.title,
        cells=cells,
        images=data.train_count(facts(data, data_root)),
        epochs=max(cell.epochs for cell in planned.cells),
    )
    del how["threads"]  # each way has its own
    return Findings("a whole study", rows, how)


def small_networks(folder: Path, *, images: int = 3_000, epochs: int = 2) -> Plan:
    """Four small DenseNet-BC to train on `images` of random pixels, which are put into `folder`."""
    _save_images(folder / "random.npz", images)
    return plan_study(load_study(_study(epochs)), data_root=folder, cache=folder / "cache")


def _ways(data_root: Path, device: str) -> Mapping[str, RunOptions]:
    """Name -> how a run is executed; the first is what the others are held against."""
    options = partial(RunOptions.of, data_root, devices=[device])
    if torch.device(device).type != "cpu":
        return {f"{count} at a time": options(per_device=count) for count in (1, 2, 4)}
    cores = os.cpu_count() or 1
    return {
        f"one process, {cores} threads": options(jobs=1, execution=Execution(threads=cores)),
        f"{cores} workers": options(jobs=cores),
    }


def _study(epochs: int) -> dict[str, Any]:
    return {
        "name": "four-small-networks",
        "data": {"dataset": "arrays", "name": "random", "augment": True, "hold_out": TEST_IMAGES},
        "recipe": {"preset": "densenet-2017", "epochs": epochs},
        "baseline": "net1",
        "variants": {f"net{n}": network for n, network in enumerate(NETWORKS, 1)},
    }


def _save_images(path: Path, images: int) -> None:
    random = np.random.default_rng(0)

    def some(count: int) -> np.ndarray[Any, Any]:
        return random.integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)

    np.savez(
        path,
        x_train=some(images + TEST_IMAGES),
        y_train=np.arange(images + TEST_IMAGES) % 10,
        x_test=some(TEST_IMAGES),
        y_test=np.arange(TEST_IMAGES) % 10,
    )

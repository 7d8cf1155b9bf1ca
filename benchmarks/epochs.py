"""`epoch`: epochs of the real training loop, and how long a whole training would take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from statistics import median
from typing import Any

import torch

from ablate.cells import DATASETS, Cell, Data, Recipe
from ablate.costs import Quartiles
from ablate.data import Images
from ablate.networks import Architecture
from ablate.training import Execution, fit
from benchmarks.findings import Findings, conditions
from benchmarks.pipeline import random_cifar

PAPER_EPOCHS = 300
HELD_OUT = 1_000  # evaluated after every epoch


def bench_epoch(
    architecture: Architecture,
    *,
    images: int = 45_000,
    batch_size: int = 64,
    precision: str = "fp32",
    device: str = "cpu",
    threads: int = 1,
    rounds: int = 3,
    on_ready: Callable[[str], None] = lambda name: None,
) -> Findings:
    """Seconds of an epoch of the 2017 recipe on so many augmented images, in every way we have.

    Everything of a training is in it, evaluation of 1,000 images too, but checkpoints. The first
    epoch, in which a GPU's graphs are recorded, is told apart; `projected_seconds` are it and 299
    others. Ways are run one after the other. Pixels are random.
    """
    facts = DATASETS["cifar10"]
    assert facts is not None
    x, y = random_cifar(images + HELD_OUT, facts)
    facts = replace(facts, train_images=len(x), test_images=HELD_OUT)
    data = Data(dataset="cifar10", augment=True, hold_out=HELD_OUT)
    recipe = Recipe.model_validate(
        {
            "preset": "densenet-2017",
            "epochs": rounds + 1,
            "batch_size": batch_size,
            "precision": precision,
        }
    )
    cell = Cell(architecture.resolve(), recipe, data, 0, facts)
    found = Images(x, y, x[:HELD_OUT], y[:HELD_OUT], facts, "random")
    rows: list[dict[str, Any]] = []
    for way, execution in _ways(device, threads).items():
        seconds = [epoch.seconds for epoch in fit(cell, found, execution).curve]
        on_ready(way)
        first, rest = seconds[0], seconds[1:]
        row: dict[str, Any] = {"run": way, **Quartiles.of(rest).columns("seconds")}
        row["first_seconds"] = first
        row["images_per_second"] = images / median(rest)
        row["projected_seconds"] = first + (PAPER_EPOCHS - 1) * median(rest)
        rows.append(row)
    how = conditions(device, n=rounds, images=images, batch_size=batch_size, precision=precision)
    return Findings("an epoch of training", rows, how | {"threads": threads})


def _ways(device: str, threads: int) -> Mapping[str, Execution]:
    """Name -> how the cell is executed."""
    plain = Execution(device=device, threads=threads)
    ways = {memory: replace(plain, memory=memory) for memory in ("fast", "efficient")}
    if torch.device(device).type != "cuda":
        return ways
    eager = {f"{name}, not captured": replace(how, capture="off") for name, how in ways.items()}
    return {f"{name}, captured": how for name, how in ways.items()} | eager

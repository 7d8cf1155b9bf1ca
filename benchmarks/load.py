"""`load`: what runs of many cells take of a core and of memory, beside their training."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ablate.errors import AblateError, UsageError
from ablate.machine import write_text
from ablate.text import as_yaml
from benchmarks.findings import Findings, conditions

SEEDS, WIDTHS = 10, 5
STEP = 2 * WIDTHS * SEEDS  # cells of two curves at one rate of dropout
A_CELL = 60.0  # seconds of one, whose share is told
# As little to train as a study can ask for: one batch of 64 images of 8x8.
TINY: Mapping[str, Any] = {
    "name": "load",
    "data": {"dataset": "digits", "limit": 64, "hold_out": 32},
    "recipe": {"epochs": 1, "schedule": "one_cycle", "lr": 0.05, "batch_size": 64},
}
SMALLEST: Mapping[str, Any] = {"family": "densenet", "depth": 7, "stem_channels": 1}
READING = ("status", "compare", "plot")
SIZES = {
    "planned": (1_000, 3_000, 10_000),
    "trained": (200, 600, 2_000),
    "searched": (50, 150, 500),
}


@dataclass(frozen=True)
class Task:
    """A command that is to be timed."""

    run: str  # what is told of it; tasks of several sizes share it
    cells: int
    home: Path  # where its study is, and what it writes
    words: Sequence[object]
    trains: bool = False


def bench_load(
    folder: Path,
    *,
    planned: Sequence[int] = (),
    trained: Sequence[int] = (),
    searched: Sequence[int] = (),
    jobs: int = 2,
    on_row: Callable[[Findings], None] = lambda found: None,
) -> Findings:
    """Commands as users call them, in studies of so many cells, ascending, within `folder`.

    A study is planned when nothing is counted yet, and again; others are trained by `jobs` workers,
    fixed designs and searches, and then read. Told are seconds of a core, which other processes
    hardly change: of a command, of each cell, and of each of those by which a study has `more` than
    the one before, which stay alike where a command takes as long as its study is large. A cell's
    have its training in them: all the rest of it takes less. Raises UsageError for designs whose
    sizes are no multiples of 100, and AblateError where a command fails.
    """
    if wrong := [n for n in (*planned, *trained) if n < STEP or n % STEP]:
        raise UsageError(f"--planned, --trained: must be multiples of {STEP}, got {wrong[0]}")
    rows: list[dict[str, Any]] = []
    found = Findings("load", rows, conditions("cpu", n=1, jobs=jobs))
    for task in _tasks(folder, planned, trained, searched, jobs):
        before = next((row for row in reversed(rows) if row["run"] == task.run), None)
        rows.append(_row(task, _used(task), before))
        on_row(found)
    return found


def _tasks(
    folder: Path,
    planned: Sequence[int],
    trained: Sequence[int],
    searched: Sequence[int],
    jobs: int,
) -> Iterator[Task]:
    for cells in planned:
        home = folder / f"planned-{cells}"
        study = _written(home, fixed(cells))
        for run in ("plan, nothing counted", "plan, all counted"):
            yield Task(run, cells, home, ("plan", study))
    for kind, sizes, make in (("design", trained, fixed), ("search", searched, search)):
        for cells in sizes:
            home = folder / f"{kind}-{cells}"  # of its own: there is nothing to take over
            study = _written(home, make(cells))
            options = ("--runs", home, "--devices", "cpu", "--jobs", jobs)
            yield Task(f"run, {kind}", cells, home, ("run", study, *options), trains=True)
            for command in READING:
                yield Task(f"{command}, {kind}", cells, home, (command, home / TINY["name"]))


def _row(task: Task, used: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict[str, Any]:
    seconds = used["core_seconds"]
    row: dict[str, Any] = {"run": task.run, "cells": task.cells, "core_seconds": seconds}
    row |= {"each_seconds": seconds / task.cells, "more_seconds": None, "percent_of_60_s": None}
    if before:
        more = task.cells - before["cells"]
        row["more_seconds"] = (seconds - before["core_seconds"]) / more
    if task.trains:
        row["percent_of_60_s"] = 100 * row["each_seconds"] / A_CELL
    return row | {"peak_bytes": used["peak_bytes"], "wall_seconds": used["wall_seconds"]}


def fixed(cells: int) -> dict[str, Any]:
    """A study of two curves of five widths, at so many rates of dropout, with ten seeds."""
    rates = [round(0.5 * n * STEP / cells, 6) for n in range(cells // STEP)]
    sweep = {"growth_rate": [*range(1, 1 + WIDTHS)], "dropout": rates}
    variants = {
        "plain": {**SMALLEST, "sweep": sweep},
        "reduced": {**SMALLEST, "compression": 0.5, "sweep": sweep},
    }
    return {**TINY, "baseline": "plain", "variants": variants, "seeds": [*range(SEEDS)]}


def search(cells: int) -> dict[str, Any]:
    """A search of so many cells, over three settings and for two objectives."""
    return {
        **TINY,
        "space": {
            **SMALLEST,
            "growth_rate": {"int": [1, 8]},
            "dropout": {"float": [0.0, 0.3]},
            "recipe": {"lr": {"float": [0.01, 0.1], "log": True}},
        },
        "sampler": {"name": "tpe", "seed": 0},
        "objectives": {"error": "minimize", "params": "minimize"},
        "budget": {"trials": cells},
    }


def _written(home: Path, study: dict[str, Any]) -> Path:
    home.mkdir(exist_ok=True)
    path = home / "study.yaml"
    write_text(path, as_yaml(study))
    return path


def _used(task: Task) -> dict[str, Any]:
    """What `ablate WORDS` takes, with counts of its own and one thread a process."""
    output = task.home / "output.txt"
    command = [sys.executable, "-m", "ablate", *map(str, task.words)]
    own = {"ABLATE_CACHE": str(task.home / "cache"), "OMP_NUM_THREADS": "1"}
    measured = subprocess.run(
        [sys.executable, "-m", "benchmarks.usage", str(output), *command],
        env=os.environ | own,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    used: dict[str, Any] = json.loads(measured.stdout)
    if code := used.pop("code"):
        said = output.read_text(encoding="utf-8")
        raise AblateError(f"load: ablate {task.words[0]} ended with {code}: {said}")
    return used

"""Runs as they are read, without a database or training: what is told of them is made up."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from ablate.analysis import results_of
from ablate.cells import PlannedCell
from ablate.page.told import Told
from ablate.records import Attempt, Attempts, Moment, RunFolder, Snapshot
from tests.finished_cells import write_finished

VARIANTS = {"plain": (10, 16), "bc": (16, 22)}
HEAD = {"study": "made", "profile": "", "question": "Which is better?", "subject": "C10+"}


def told(
    folder: Path,
    variants: Mapping[str, tuple[int, ...]] | None = None,
    seeds: int = 3,
    ended: Mapping[int, tuple[str, str]] | None = None,
    done: bool = True,
    **head: Any,
) -> Told:
    """A study of depths with a baseline; `ended`: number of a cell -> its outcome and the reason.

    Where it is not `done` no cell was begun.
    """
    variants = variants or VARIANTS
    planned, attempts = [], {}
    points = [(name, depth) for name, depths in variants.items() for depth in depths]
    for number, ((variant, depth), seed) in enumerate(product(points, range(seeds))):
        cell = _planned(variant, depth, seed, f"{number:016x}")
        planned.append(cell)
        outcome, reason = (ended or {}).get(number, ("", ""))
        attempt = Attempt(number=number, key=cell.key, variant=variant, seed=seed)
        if outcome == "failed":
            made = {"state": "fail", "failure": "error", "reason": reason}
        elif outcome:
            made = {"state": "pruned", "outcome": outcome, "reason": reason}
        else:
            error = round(30 - depth / 2 + (variant == "plain") + 0.3 * ((number * 7) % 5), 2)
            made = {"state": "complete", "result": _result(cell.key, error), "shared_by": 1}
            _files(folder, cell.key, error)
        attempts[cell.key] = Attempts((Attempt(**{**vars(attempt), **made}),) if done else ())
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.yaml").write_text("name: made # <b>\n", encoding="utf-8")
    names = {"baseline": next(iter(variants)), "sweep_keys": ["depth"], "images": 5000}
    head = {**HEAD, **names, "extensions": [], **head}
    in_order = [each for of_cell in attempts.values() for each in of_cell.all]
    run = Snapshot(RunFolder(folder), head, Moment(planned, attempts, in_order), "")
    return Told(run, results_of(run))


def _planned(variant: str, depth: int, seed: int, key: str) -> PlannedCell:
    params = 80 * depth**2
    return PlannedCell(
        variant=variant,
        sweep={"depth": depth},
        seed=seed,
        key=key,
        split="validation",
        epochs=4,
        params=params,
        macs=300 * params,
        flops=600 * params,
        saved_bytes=900 * params,
        peak_bytes=2000 * params,
        predicted_seconds=2.0,
        cell={"recipe": {"epochs": 4, "lr": 0.1}, "data": {"dataset": "cifar10"}},
    )


def _result(key: str, error: float) -> dict[str, Any]:
    return {
        "key": key,
        "error": error,
        "loss": error / 20,
        "train_seconds": 1.5,
        "device": "cpu",
        "torch": "2.14.1",
        "ablate": "0.1.0",
        "data_note": "",
        "data_sha256": "0" * 16,
        "split_sha256": "1" * 16,
    }


def _files(folder: Path, key: str, error: float) -> None:
    """Those of a finished cell, with a curve that ends at its error."""
    path = write_finished(folder / "cells" / key, key, digests=False, error=error, epochs=4)
    epochs = range(1, 5)
    pd.DataFrame(
        {
            "epoch": epochs,
            "train_loss": [2.0 / epoch for epoch in epochs],
            "train_error": error,
            "loss": 1.0,
            "error": [error + 4 - epoch for epoch in epochs],
            "lr": 0.1,
            "seconds": 1.0,
        }
    ).to_csv(path / "curve.csv", index=False)

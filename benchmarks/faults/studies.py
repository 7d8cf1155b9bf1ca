"""What is disturbed: a fixed design and a search of tiny cells, and the images that they read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

IMAGES = "tiny.npz"
KINDS = ("design", "search")
_RECIPE = {"epochs": 10, "schedule": "one_cycle", "lr": 0.05, "batch_size": 32}
_DATA = {"dataset": "arrays", "name": "tiny", "hold_out": 100, "augment": True}


def write_study(kind: str, cells: int, path: Path) -> None:
    """A study file of `kind` with so many cells: two designs under seeds, or a search's trials."""
    study = _design(cells) if kind == "design" else _search(cells)
    document = {"name": kind, "data": _DATA, "recipe": _RECIPE, **study}
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")  # which is YAML too


def _design(cells: int) -> dict[str, Any]:
    network = {"family": "densenet", "growth_rate": 4, "stem_channels": 4, "dropout": 0.1}
    return {
        "baseline": "plain",
        "variants": {
            "plain": {**network, "depth": 7},
            "bottleneck": {**network, "depth": 10, "bottleneck_width": 2},
        },
        "seeds": list(range(cells // 2)),
    }


def _search(cells: int) -> dict[str, Any]:
    return {
        "space": {
            "family": "densenet",
            "depth": {"choice": [7, 10]},
            "growth_rate": {"int": [2, 8], "step": 2},
            "stem_channels": 4,
            "recipe": {"lr": {"float": [0.01, 0.3], "log": True}},
        },
        "sampler": {"name": "random", "seed": 3},
        "pruner": {"name": "pareto", "margin": 0, "neighbours": 1},
        "objectives": {"error": "minimize", "params": "minimize"},
        "budget": {"trials": cells},
    }


def write_images(folder: Path) -> None:
    """400 images of 8x8 whose class is hard to see, so that no two cells come to the same."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)

    def some(count: int) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        labels = np.arange(count) % 4
        pixels = random.integers(0, 230, (count, 8, 8, 3)) + 8 * labels[:, None, None, None]
        return pixels.astype(np.uint8), labels

    (x, y), (x_test, y_test) = some(400), some(64)
    np.savez(folder / IMAGES, x_train=x, y_train=y, x_test=x_test, y_test=y_test)

"""Made-up networks: which images each cell gets wrong, and the errors that these come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ablate.analysis import Read
from ablate.cells import Predictions

NAMES = ("cat", "dog", "newt")
Wrong = Mapping[str, np.ndarray]  # of a cell, by its key `design-seed`, or `variant-depth-seed`


def labels(images: int) -> np.ndarray:
    """The class of each image, in turn."""
    return np.arange(images) % len(NAMES)


def wrong(
    designs: Sequence[str],
    seeds: int,
    images: int = 240,
    shift: Mapping[str, float] | None = None,
    draw: int = 0,
) -> Wrong:
    """Which images cells get wrong; each design finds some harder than others do."""
    generator = np.random.default_rng(draw)
    hard, found = generator.normal(-0.9, 1, images), {}
    for design in designs:
        of_design = hard + 0.6 * generator.normal(size=images) + (shift or {}).get(design, 0.0)
        for seed in range(seeds):
            of_cell = of_design + generator.normal(0, 0.05)
            found[f"{design}-{seed}"] = of_cell + 0.4 * generator.normal(size=images) > 0
    return found


def cells_of(found: Wrong) -> list[tuple[Any, ...]]:
    """Cells as `rows` takes them, a depth costing the more the larger it is."""
    cells = []
    for key, bits in found.items():
        variant, *depth, seed = key.split("-")
        more = {"depth": int(depth[0]), "params": 1000 * 2 ** int(depth[0])} if depth else {}
        cells.append((variant, int(seed), 100 * float(bits.mean()), more))
    return cells


def reader(found: Wrong) -> Read:
    """What reads the cells' predictions: a wrong one is the next class."""

    def read(key: str) -> Predictions:
        own = labels(len(found[key]))
        return Predictions(own, (own + found[key]) % len(NAMES), len(NAMES), NAMES)

    return read

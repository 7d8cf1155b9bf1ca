"""Made-up studies as they are told by class: whether the intervals of all classes hold at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ablate.claims import compared_by_class
from benchmarks.validity import conditions as of_studies
from benchmarks.validity import images
from benchmarks.validity.studies import as_results, costs


@dataclass(frozen=True)
class Condition(of_studies.Condition):
    """Studies whose images are of classes, all of which are alike."""

    classes: int = 10


def conditions() -> Iterator[Condition]:
    """Every condition, in the order of the table."""
    usual = Condition("by class", points=1, images=1_000)
    for seeds in (2, 3, 5, 10):
        yield replace(usual, seeds=seeds)
    yield replace(usual, variants=2)
    yield replace(usual, images=5_000)
    yield replace(usual, images=5_000, points=5)
    yield replace(usual, images=5_000, effect=2.0)
    yield replace(usual, images=5_000, classes=100)


def told(condition: Condition, number: int) -> dict[str, float]:
    """How one study was told: shares of its differences, and whether all of them hold.

    Those over seeds are held against what other seeds would say of the same images.
    """
    draw = np.random.default_rng([20_161, number])
    at, labels = costs(condition), np.arange(condition.images) % condition.classes
    latent = images.hard(condition, at, draw)
    wrong, chances = images.trained(latent, condition.seeds, draw), images.chances(latent)
    results = as_results(condition, 100 * wrong.mean(axis=-1))
    outcomes = images.outcomes(wrong, results.cells["key"].tolist(), labels)
    of_new = images.truths_at_equal_cost(condition, at)
    of_these = [
        images.at_equal_cost(chances[..., labels == label].mean(axis=-1), at)
        for label in range(condition.classes)
    ]
    found: dict[str, float] = {}
    for name, truth in (("over_seeds", of_these), ("over_images", [of_new] * len(of_these))):
        by = compared_by_class(results, outcomes, over_images=name == "over_images")
        found |= {f"{key}_{name}": each for key, each in _judged(by.table, truth).items()}
    return {"comparisons": float(by.comparisons), **found}


def _judged(table: pd.DataFrame, truth: ArrayLike) -> dict[str, float]:
    """Differences by class, and what is true of them (classes, variants)."""
    table = table[~table["is_baseline"]]
    low, high = (table[f"difference_{end}"].to_numpy(float) for end in ("low", "high"))
    classes, variants = table["class"].astype(int), table["variant"].str[1:].astype(int)
    expected = np.asarray(truth)[classes, variants]
    holds = (low <= expected) & (expected <= high)
    false = ((low > 0) & (expected <= 0)) | ((high < 0) & (expected >= 0))
    return {
        "holds": float(holds.mean()),
        "all_hold": float(holds.all()),
        "false": float(false.any()),
        "half_width": float(np.median((high - low) / 2)),
    }


def summary(condition: Condition, all_told: Sequence[dict[str, float]]) -> dict[str, Any]:
    """Studies of one condition -> a row of the table."""
    names = ("variants", "points", "seeds", "images", "classes", "effect")
    return {
        "condition": condition.name,
        **{name: getattr(condition, name) for name in names},
        **{str(name): float(value) for name, value in pd.DataFrame(all_told).mean().items()},
        "studies": len(all_told),
    }

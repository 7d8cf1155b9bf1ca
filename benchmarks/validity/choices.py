"""What is said of chosen points and of fronts: how much of them is luck, against the truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ablate.analysis import Head, Results, choose, frame, frontier_data
from benchmarks.validity.studies import SHARED, SLOPE


@dataclass(frozen=True)
class Condition:
    """Studies of points one of which is chosen, in standard deviations of a cell over seeds."""

    name: str
    points: int = 12
    seeds: int = 3
    apart: float = 0.0  # deviation of the points' true means at equal cost
    better: float = 0.0  # by which one of the points is, at equal cost
    slope: float = 0.0  # of the error over the logarithm of the cost
    shared: float = SHARED  # deviation of what a seed adds to all points


def conditions() -> Iterator[Condition]:
    """Every condition, in the order of the table."""
    for points in (2, 4, 12, 20, 60):
        yield Condition("best of equals", points)
    for apart in (0.5, 1.0, 2.0):
        for points in (4, 20, 60):
            yield Condition("best of unequal", points, apart=apart)
    for seeds in (2, 5, 10):
        yield Condition("best of unequal", seeds=seeds, apart=0.5)
    for better in (2.0, 4.0):
        yield Condition("one is better", better=better)
    yield Condition("seeds shared", 20, shared=1.0)
    for apart in (0.0, 0.5, 1.0):
        yield Condition("curves", 20, apart=apart, slope=SLOPE)
    for apart in (0.0, 1.0):
        yield Condition("search", 60, seeds=1, apart=apart)


def made_up(
    condition: Condition, draw: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Of one study the points' costs, their true means, and errors (points, seeds)."""
    sizes = np.round(np.geomspace(1e5, 1e7, condition.points)).astype(np.int64)
    costs = draw.permutation(sizes)
    truth = 60 + draw.normal(0, 1, condition.points) * condition.apart
    truth -= condition.slope * np.log(costs / 100_000)
    truth[0] -= condition.better
    noise = draw.normal(0, 1, (condition.points, condition.seeds))
    return costs, truth, truth[:, None] + draw.normal(0, condition.shared, condition.seeds) + noise


def as_results(costs: NDArray[np.int64], errors: NDArray[np.float64]) -> Results:
    """The errors as those of a run; of one seed each as those of a search."""
    rows = [
        {
            "key": f"{point}-{seed}",
            "variant": f"v{point}",
            "seed": seed,
            "trial": point,
            "state": "done",
            "split": "validation",
            "error": error,
            "params": int(costs[point]),
        }
        for (point, seed), error in np.ndenumerate(errors)
    ]
    head: dict[str, Any] = {"study": "s", "profile": "", "question": "", "subject": ""}
    if errors.shape[1] == 1:
        head["objectives"] = {"error": "minimize"}
    return Results(frame(rows, []), Head.of({**head, "sweep_keys": [], "baseline": "v0"}))


def told(condition: Condition, number: int) -> dict[str, float]:
    """How the best of one study was told: its error less the truth, and what the intervals hold."""
    costs, truth, errors = made_up(condition, np.random.default_rng([20_163, number]))
    results = as_results(costs, errors)
    choice, _ = choose(results, "best")
    true = truth[int(choice.variant[1:])]
    found = {"naive_bias": choice.error - true}
    if choice.low is not None and choice.high is not None:
        found["naive_holds"] = float(choice.low <= true <= choice.high)
    if choice.expected is not None:
        low, high = choice.expected.low, choice.expected.high
        found["bias"] = choice.expected.value - true
        found["holds"] = float(low <= true <= high)
        found["half_width"] = (high - low) / 2
    return found | (_fronts(results, truth) if condition.slope else {})


def _fronts(results: Results, truth: NDArray[np.float64]) -> dict[str, float]:
    """How many points are drawn on the front, and of those told as surely how many are in truth.

    A fifth of certainty each: of points told 0 to 20% `sure_0` is their number, `told_0` the sum of
    what is told, `on_0` how many are.
    """
    data = frontier_data(results.cells)
    cells = results.cells.assign(error=np.repeat(truth, len(results.cells) // len(truth)))
    is_on = frontier_data(cells)["on_front"].to_numpy()
    drawn, shares = data["on_front"].to_numpy(), data["front_share"].to_numpy()
    found = {"drawn": float(drawn.sum()), "drawn_on": float((drawn & is_on).sum())}
    fifth = np.minimum((shares * 5).astype(int), 4)
    for number in range(5):
        found[f"sure_{number}"] = float((fifth == number).sum())
        found[f"told_{number}"] = float(shares[fifth == number].sum())
        found[f"on_{number}"] = float(is_on[fifth == number].sum())
    return found


def summary(condition: Condition, all_told: Sequence[dict[str, float]]) -> dict[str, Any]:
    """Studies of one condition -> a row of the table."""
    table = pd.DataFrame(all_told)
    means = {str(name): float(value) for name, value in table.mean().items()}
    if condition.slope:  # shares of points, not of studies
        means["drawn_on"] /= means["drawn"]
        for number in range(5):
            points = means.pop(f"sure_{number}")
            for name in (f"told_{number}", f"on_{number}"):
                means[name] = means[name] / points if points else np.nan
    errors = {
        f"{name[:-4]}rmse": float(np.sqrt((table[name] ** 2).mean()))
        for name in ("naive_bias", "bias")
        if name in table
    }
    return {
        "condition": condition.name,
        "points": condition.points,
        "seeds": condition.seeds,
        "apart": condition.apart,
        "better": condition.better,
        "slope": condition.slope,
        "shared": condition.shared,
        **means,
        **errors,
        "studies": len(table),
    }

"""Samplers against each other on a table of trained networks: hypervolume after 20, 40, 80 trials.

    ablate run studies/results/sampler_check/table.yaml
    python studies/results/sampler_check/check.py runs/sampler-table

The search is the one that `ablate run` makes, one suggestion at a time, except that a network's
error is looked up. It writes comparison.csv (a row per sampler, seed and number of trials) and
prints the table of README.md.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

import ablate
from ablate.cells import DATASETS
from ablate.sampling import Seen, Told, next_values
from ablate.statistics import hypervolume
from ablate.text import read_file

HERE = Path(__file__).parent
SAMPLERS = ("random", "qmc", "tpe", "gp", "nsga2")
TRIALS = (20, 40, 80)
REPEATS = 20
OBJECTIVES = ("error", "params")


def main(run: str) -> None:
    values = _looked_up(run)
    # As a figure's axes: the parameters on a log scale, each objective from 0 to 1 over the table.
    reference = np.array([1.1, 1.1])
    every = list(values.values())
    best = hypervolume(_scaled(every, every), reference)
    jobs = [(name, seed) for name in SAMPLERS for seed in range(REPEATS)]
    found = Parallel(n_jobs=-1)(delayed(_search)(name, seed, values) for name, seed in jobs)
    rows = [
        {
            "sampler": name,
            "seed": seed,
            "trials": trials,
            "hypervolume": hypervolume(_scaled(tried[:trials], every), reference) / best,
        }
        for (name, seed), tried in zip(jobs, found, strict=True)
        for trials in TRIALS
    ]
    result = pd.DataFrame(rows)
    result.to_csv(HERE / "comparison.csv", index=False, float_format="%.5f")
    print(_summary(result).to_string())


def _looked_up(run: str) -> dict[str, tuple[float, ...]]:
    """A cell's key -> its objectives."""
    table = ablate.results(run)
    done = table[table["state"] == "done"].set_index("key")
    return {str(key): tuple(row) for key, row in done[list(OBJECTIVES)].astype(float).iterrows()}


def _search(name: str, seed: int, values: Mapping[str, Sequence[float]]) -> list[Sequence[float]]:
    """A search of as many trials as are wanted -> the objectives of its cells, in order."""
    source = dict(read_file(HERE / "table.yaml").plain())
    sampler = {"name": name, "seed": seed}
    study = ablate.load_study(source | {"sampler": sampler, "budget": {"trials": max(TRIALS)}})
    search, facts = study.search, DATASETS["digits"]
    assert search is not None and facts is not None
    points = list(search.space.grid())
    history: list[Seen] = []
    tried: dict[str, Sequence[float]] = {}
    free = 0
    while len(tried) < max(TRIALS):
        found, memory = next_values(search, points, history, free)
        assert found is not None
        key = study.suggested(found, facts).key
        told = Told(found, "done", tuple(values[key]), memory=memory)
        free = free + 1 if key in tried else 0
        history.append(Seen(found, key in tried, told))
        tried.setdefault(key, values[key])
    return list(tried.values())


def _scaled(
    found: Sequence[Sequence[float]], every: Sequence[Sequence[float]]
) -> np.ndarray[Any, Any]:
    """Objectives on [0, 1], as far apart as the table's best and worst; parameters as logs."""
    columns = [[error, math.log(params)] for error, params in every]
    low, high = np.min(columns, axis=0), np.max(columns, axis=0)
    scaled = np.array([[error, math.log(params)] for error, params in found])
    return (scaled - low) / (high - low)


def _summary(result: pd.DataFrame) -> pd.DataFrame:
    """Median and quartiles of the share of the table's hypervolume, in percent."""
    share = result.assign(share=result["hypervolume"] * 100)
    groups = share.groupby(["sampler", "trials"], sort=False)["share"]
    text = (
        groups.quantile([0.25, 0.5, 0.75])
        .unstack()
        .apply(lambda q: f"{q[0.5]:.1f} [{q[0.25]:.1f}, {q[0.75]:.1f}]", axis=1)
    )
    return text.unstack("trials")


if __name__ == "__main__":
    main(sys.argv[1])

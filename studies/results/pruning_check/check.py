"""What the pareto pruner saves, and what it costs, over ten seeded searches on digits.

    ablate run studies/results/sampler_check/table.yaml
    python studies/results/pruning_check/check.py runs/sampler-table runs/pruning

Every network of the space was trained to its end in the first run, so that the fronts with and
without pruning are of the same cells. It writes comparison.csv and prints its means.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd

import ablate
from ablate.analysis import pareto
from ablate.text import read_file

HERE = Path(__file__).parent
TABLE = HERE.parent / "sampler_check" / "table.yaml"
SEEDS = range(10)
OBJECTIVES = ("error", "params")


def main(table_run: str, runs: str) -> None:
    truth = ablate.results(table_run).set_index("key")
    rows = [_compared(seed, truth, Path(runs) / f"seed{seed}") for seed in SEEDS]
    result = pd.DataFrame(rows)
    result.to_csv(HERE / "comparison.csv", index=False, float_format="%.4f")
    print(result.to_string(index=False))
    print(result.drop(columns="seed").agg(["mean", "min", "max"]).round(3).to_string())


def _compared(seed: int, truth: pd.DataFrame, runs: Path) -> dict[str, float]:
    """A search, each in a folder of its own so that it takes over no cell of another."""
    source = dict(read_file(TABLE).plain()) | {
        "name": "pruning-check",
        "sampler": {"name": "random", "seed": seed},
        "pruner": {"name": "pareto", "margin": 1.0},
        "limits": {"params": 60_000},
        "budget": {"trials": 60},
    }
    summary = ablate.run(ablate.load_study(source), runs=runs)
    table = ablate.results(summary.folder)
    cells = table[table["state"].isin(["done", "pruned"])]
    unpruned = truth.loc[cells["key"]]
    # The same cell trains to the same numbers in every run.
    done = cells[cells["state"] == "done"]
    assert (unpruned.loc[done["key"], "error"].to_numpy() == done["error"].to_numpy()).all()
    assert table[table["state"] == "infeasible"]["train_seconds"].isna().all()
    front = set(cells["key"][pareto(cells, OBJECTIVES)])
    whole = set(unpruned.index[pareto(unpruned, OBJECTIVES)])
    assert summary.search is not None
    used, saved = summary.search.hours_used, summary.search.saved_hours
    return {
        "seed": seed,
        "trials": len(cells),
        "infeasible": int((table["state"] == "infeasible").sum()),
        "pruned": int((cells["state"] == "pruned").sum()),
        "time_saved": saved / (used + saved),
        "front": len(whole),
        "front_lost": len(whole - front),
        "front_gained": len(front - whole),  # not on the front, but for what was lost
    }


if __name__ == "__main__":
    main(*sys.argv[1:3])

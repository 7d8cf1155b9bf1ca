"""A made-up search: random settings of a DenseNet, with an error that follows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ablate.analysis import Results, frame
from tests.made_results import made

KNOBS = ["growth_rate", "connectivity.fraction", "recipe.lr", "dropout"]


def search(
    trials: int = 100, objectives: Mapping[str, str] | None = None, seed: int = 0, **other: Any
) -> Results:
    """The results of a search: every sixth suggestion infeasible, every fourth pruned."""
    draw = np.random.default_rng(seed)
    records = []
    for trial in range(trials):
        k = 2 * int(draw.integers(3, 24))
        fraction, lr = round(float(draw.uniform(0.1, 1)), 1), 10 ** draw.uniform(-2.5, 0)
        params = round(1500 * k**1.9 * (0.4 + fraction))
        error = 4 + 700 / params**0.42 + 3 * np.log10(lr / 0.1) ** 2 + draw.normal(0, 0.4)
        state = "infeasible" if trial % 6 == 5 else "pruned" if trial % 4 == 3 else "done"
        records.append(
            {
                "study": "made-up",
                "profile": "",
                "key": f"{trial:016x}",
                "variant": "made-up",
                "growth_rate": k,
                "connectivity.fraction": fraction,
                "recipe.lr": round(lr, 4),
                "dropout": round(float(draw.uniform(0, 0.3)), 2) if k >= 24 else None,
                "seed": 0,
                "trial": trial,
                "state": state,
                "reason": {"done": "", "pruned": "dominated at rung 1"}.get(state, "params > 1M"),
                "attempts": 0 if state == "infeasible" else 1,
                "split": "validation",
                "epochs": 40,
                "error": round(error, 2),
                "loss": error / 20,
                "stopped_epoch": 10 if state == "pruned" else None,
                "stopped_error": round(2.5 * error, 2) if state == "pruned" else None,
                "params": params,
                "macs": 350 * params,
                "flops": 700 * params,
                "saved_bytes": 900 * params,
                "peak_bytes": 1500 * params + 2**28,
                "train_seconds": params / 300,
                "shared_by": 1,
                "device": "NVIDIA H100",
                "torch": "2.11.0",
                "ablate": "0.1.0",
                "data_note": "",
                **other,
            }
        )
        if state != "done":
            unknown = ("error", "loss", "train_seconds", "device", "torch", "ablate")
            records[-1] |= dict.fromkeys(unknown)
        if trial % 12 == 11:  # cannot be built, so that nothing is known of it
            costs = ("params", "macs", "flops", "saved_bytes", "peak_bytes")
            records[-1] |= dict.fromkeys(("key", "epochs", *costs))
    return made(
        frame(records, KNOBS),
        objectives=dict(objectives or {"error": "minimize", "params": "minimize"}),
        limits={"params": 1_000_000},
        sampler="tpe",
        pruner="pareto",
        sweep_keys=KNOBS,
    )

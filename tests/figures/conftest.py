"""A made-up study: errors fall with parameters, as real ones do; the same numbers every time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ablate.analysis import frame

Study = Callable[..., pd.DataFrame]
FOUR = {
    "DenseNet": ((10, 16, 22, 28, 34, 40), 650, 1.0),
    "DenseNet-C": ((10, 16, 22, 28, 34, 40), 450, 0.97),
    "DenseNet-B": ((22, 40, 58, 76, 100), 150, 0.93),
    "DenseNet-BC": ((22, 40, 58, 76, 100), 78, 0.9),
}


def study(
    variants: Mapping[str, tuple[Sequence[int | None], float, float]] = FOUR,
    seeds: int = 3,
    noise: float = 0.25,
    holes: Mapping[int, str] | None = None,
    **other: Any,
) -> pd.DataFrame:
    """`variants`: name -> depths, parameters per depth squared, factor of the error."""
    draw = np.random.default_rng(0)
    records = []
    for variant, (depths, size, factor) in variants.items():
        for depth in depths:
            params = round(size * (depth or 40) ** 2)
            for seed in range(seeds):
                error = 4 + factor * 900 / params**0.42 + draw.normal(0, noise)
                state = (holes or {}).get(len(records), "done")
                record = {
                    "study": "made-up",
                    "profile": "",
                    "key": f"{len(records):016x}",
                    "variant": variant,
                    "depth": depth,
                    "seed": seed,
                    "trial": None,
                    "state": state,
                    "reason": "",
                    "attempts": 1,
                    "split": "validation",
                    "epochs": 40,
                    "error": round(error, 2),
                    "loss": error / 20,
                    "stopped_epoch": None,
                    "stopped_error": None,
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
                if state != "done":
                    record |= dict.fromkeys(list(record)[list(record).index("epochs") :])
                    record["data_note"] = ""
                records.append(record)
    return frame(records, ["depth"])


def write_curves(folder: Path, table: pd.DataFrame, epochs: int = 40, every: int = 1) -> None:
    """curve.csv of each done cell, ending at its error; the error is looked at every so often."""
    draw = np.random.default_rng(1)
    for row in table[table["state"] == "done"].itertuples():
        epoch = np.arange(1, epochs + 1)
        rate = np.select([epoch <= epochs / 2, epoch <= epochs * 3 / 4], [0.1, 0.01], 0.001)
        noise = draw.normal(0, 1, epochs) * rate * 10
        error = row.error + 60 * np.exp(-epoch / 4) + 60 * rate + 2 * noise + (rate > 0.05) * 4
        curve = pd.DataFrame(
            {
                "epoch": epoch,
                "train_loss": np.exp(-epoch / 8) * 2 + 3 * rate + row.error / 100 + noise / 60,
                "train_error": error * 0.8,
                "loss": error / 30,
                "error": error.clip(0, 90),
                "lr": rate,
                "seconds": 2.5,
            }
        )
        curve.loc[epoch % every != 0, ["loss", "error"]] = np.nan
        path = folder / "cells" / row.key / "curve.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        curve.to_csv(path, index=False)


@pytest.fixture(name="study")
def study_fixture() -> Study:
    return study


@pytest.fixture(name="write_curves")
def write_curves_fixture() -> Callable[..., None]:
    return write_curves

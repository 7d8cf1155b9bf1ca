from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from ablate.analysis import frame

Rows = Callable[..., pd.DataFrame]


def record(variant: str, seed: int, error: float | None, **other: Any) -> dict[str, Any]:
    """One record; without an error it is of a cell that still waits."""
    done = error is not None
    made_up = {
        "study": "s",
        "profile": "",
        "key": "",
        "variant": variant,
        "seed": seed,
        "trial": None,
        "state": "done" if done else "waiting",
        "reason": "",
        "attempts": 1 if done else 0,
        "split": "validation",
        "epochs": 40 if done else None,
        "error": error,
        "loss": 0.5 if done else None,
        "stopped_epoch": None,
        "stopped_error": None,
        "params": 1000 if done else None,
        "macs": 2000 if done else None,
        "flops": 4000 if done else None,
        "saved_bytes": 512 if done else None,
        "peak_bytes": None,
        "train_seconds": 1.5 if done else None,
        "shared_by": 1 if done else None,
        "device": "cpu" if done else None,
        "torch": "2.11.0" if done else None,
        "ablate": "0.1.0" if done else None,
        "data_note": "",
    }
    swept = [str(value) for name, value in other.items() if name not in made_up]
    return {**made_up, "key": "-".join([variant, *swept, str(seed)]), **other}


@pytest.fixture
def rows() -> Rows:
    """`rows(("A", 0, 5.0), ("A", 1, 6.0, {"depth": 22}), sweep=["depth"])` -> frame()."""

    def make(*cells: tuple[Any, ...], sweep: tuple[str, ...] = ()) -> pd.DataFrame:
        return frame([record(*c[:3], **(c[3] if len(c) > 3 else {})) for c in cells], sweep)

    return make

"""Small datasets on the disk, and CIFAR-10 where it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

WriteArrays = Callable[..., Path]


@pytest.fixture
def write_arrays(tmp_path: Path) -> WriteArrays:
    """`write(name, **changed)` saves NAME.npz with 30 + 12 grey images of 3 classes -> its folder.

    An array given as None is left out.
    """
    random = np.random.RandomState(0)
    usual = {
        "x_train": random.randint(0, 256, (30, 8, 8), dtype=np.uint8),
        "y_train": np.arange(30) % 3,
        "x_test": random.randint(0, 256, (12, 8, 8), dtype=np.uint8),
        "y_test": np.arange(12) % 3,
    }

    def write(name: str = "mine", **changed: Any) -> Path:
        arrays = {k: v for k, v in (usual | changed).items() if v is not None}
        np.savez(tmp_path / f"{name}.npz", **arrays)
        return tmp_path

    return write

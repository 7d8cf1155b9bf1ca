"""The files that a finished cell has, by name; newer ones have their predictions too."""

from __future__ import annotations

from pathlib import Path

CELL, CURVE, WEIGHTS, RESULT = "cell.yaml", "curve.csv", "model.safetensors", "result.json"
KEPT = (CELL, CURVE, WEIGHTS)  # beside the result, which is written last


def checkpoint_before(path: Path) -> Path:
    """Where the checkpoint at `path` keeps the one of an epoch before."""
    return path.with_suffix(f".before{path.suffix}")

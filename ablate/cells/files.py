"""The files that a finished cell has, by name; newer ones have their predictions too."""

from __future__ import annotations

CELL, CURVE, WEIGHTS, RESULT = "cell.yaml", "curve.csv", "model.safetensors", "result.json"
KEPT = (CELL, CURVE, WEIGHTS)  # beside the result, which is written last

"""The files of a finished cell, written without training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from ablate.cells import PREDICTIONS, Predictions, signed
from ablate.text import as_yaml

KEY = "0123456789abcdef"
RESULT: dict[str, Any] = {
    "split": "validation",
    "epochs": 2,
    "error": 30.0,
    "loss": 0.3,
    "train_seconds": 1.5,
    "device": "cpu",
    "torch": "0",
    "ablate": "0",
    "data_sha256": "0" * 16,
    "split_sha256": "1" * 16,
    "data_note": "",
    "normalisation": {"mean": [0], "std": [1]},
    "execution": {},
}
CURVE = "epoch,error\n1,50.0\n2,30.0\n"


def predictions() -> Predictions:
    """Of ten images three are taken for others."""
    labels = np.arange(10) % 2
    return Predictions(labels, labels ^ (np.arange(10) < 3), 2, ("even", "odd"))


def write_finished(
    folder: Path,
    key: str = KEY,
    *,
    digests: bool = True,
    weights: dict[str, Tensor] | None = None,
    document: dict[str, Any] | None = None,
    **result: Any,
) -> Path:
    """A cell's folder; without `digests` as versions of before wrote it."""
    folder.mkdir(parents=True)
    (folder / "cell.yaml").write_text(as_yaml({"key": key, **(document or {})}), "utf-8")
    (folder / "curve.csv").write_text(CURVE, "utf-8")
    save_file(
        weights or {"classifier.weight": torch.ones(2, 2)},
        folder / "model.safetensors",
        metadata={"key": key},
    )
    result = {"key": key, **RESULT, **result}
    if digests:
        (folder / PREDICTIONS).write_bytes(predictions().packed(key))
    if digests:
        result = signed(result, folder)
    (folder / "result.json").write_text(json.dumps(result), "utf-8")
    return folder

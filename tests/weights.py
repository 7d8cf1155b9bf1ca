"""Cell folders with weights that were made up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from ablate.cells import settings_of
from ablate.models import build
from ablate.networks import architecture
from ablate.text import as_yaml

Arrays = dict[str, np.ndarray[Any, Any]]


def arrays_of(**settings: Any) -> Arrays:
    """An architecture's settings -> the tensors of its module, by name."""
    module = build(architecture(**settings).resolve())
    return {name: tensor.numpy() for name, tensor in module.state_dict().items()}


def write_weights(folder: Path, key: str, scale: float = 1.0, **settings: Any) -> Path:
    """cell.yaml and model.safetensors of a cell, its first weights times `scale`."""
    cell = folder / "cells" / key
    cell.mkdir(parents=True, exist_ok=True)
    document = {
        "architecture": settings_of(architecture(**settings).resolve()),
        "recipe": {},
        "data": {},
        "seed": 0,
    }
    (cell / "cell.yaml").write_text(as_yaml(document), encoding="utf-8")
    arrays = {name: np.asarray(a * scale) for name, a in arrays_of(**settings).items()}
    save_file(arrays, cell / "model.safetensors")
    return cell

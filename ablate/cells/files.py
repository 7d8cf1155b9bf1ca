"""The files that a finished cell has, by name; newer ones have their predictions too."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CELL, CURVE, WEIGHTS, RESULT = "cell.yaml", "curve.csv", "model.safetensors", "result.json"
KEPT = (CELL, CURVE, WEIGHTS)  # beside the result, which is written last


def is_as_signed(result: Mapping[str, Any]) -> bool:
    """Whether a result still has the content that its digest is of; format 1 has no digest."""
    return result.get("format", 1) == 1 or result.get("sha256") == digest_of(result)


def digest_of(result: Mapping[str, Any]) -> str:
    """SHA-256 of a result's content but for the digest, however it is written down."""
    rest = {name: value for name, value in result.items() if name != "sha256"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def checkpoint_before(path: Path) -> Path:
    """Where the checkpoint at `path` keeps the one of an epoch before."""
    return path.with_suffix(f".before{path.suffix}")

"""Checkpoints: what a cell's training can go on from."""

from __future__ import annotations

import hashlib
import io
import logging
from pathlib import Path
from typing import Any

import torch

from ablate.errors import LaterFormat
from ablate.machine import write_bytes

log = logging.getLogger(__name__)
FORMAT = 1
_DIGEST_SIZE = hashlib.sha256().digest_size


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Tensors and plain values -> a file that ends with the SHA-256 of the rest."""
    buffer = io.BytesIO()
    torch.save({"format": FORMAT, **state}, buffer)
    content = buffer.getvalue()
    write_bytes(path, content + _digest(content))


def load_checkpoint(path: Path) -> dict[str, Any] | None:
    """The state at `path`, its tensors on the CPU; None where there is none, or a damaged one.

    torch.load has no fixed set of errors for a damaged file, and does not notice a changed weight.
    Raises LaterFormat.
    """
    try:
        whole = path.read_bytes()
    except FileNotFoundError:
        return None
    content = whole[:-_DIGEST_SIZE]
    if _digest(content) != whole[-_DIGEST_SIZE:]:
        log.warning("%s is damaged and is ignored: training starts over", path)
        return None
    state: dict[str, Any] = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    # Those of before say none.
    LaterFormat.check(state.pop("format", None), FORMAT, path)
    return state


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()

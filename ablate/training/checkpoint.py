"""Checkpoints: what a cell's training can go on from."""

from __future__ import annotations

import hashlib
import io
import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from ablate.cells import checkpoint_before
from ablate.errors import LaterFormat
from ablate.machine import write_bytes

log = logging.getLogger(__name__)
FORMAT = 1
_DIGEST_SIZE = hashlib.sha256().digest_size


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Tensors and plain values -> a file that ends with the SHA-256 of the rest.

    The one of before stays beside it, for where this one is damaged later on: twice the space.
    """
    buffer = io.BytesIO()
    torch.save({"format": FORMAT, **state}, buffer)
    content = buffer.getvalue()
    with suppress(FileNotFoundError):
        os.replace(path, checkpoint_before(path))
    write_bytes(path, content + _digest(content))


def load_checkpoint(path: Path) -> dict[str, Any] | None:
    """The state at `path`, its tensors on the CPU; where that is damaged the one of before.

    None where neither is there and whole. A damaged file is taken away, as the next one that is
    saved would keep it as the one before. Raises LaterFormat.
    """
    damaged: list[Path] = []
    for file in (path, checkpoint_before(path)):
        try:
            whole = file.read_bytes()
        except FileNotFoundError:
            continue
        content = whole[:-_DIGEST_SIZE]
        if _digest(content) == whole[-_DIGEST_SIZE:]:
            _tell(damaged, "training goes on from the one of an epoch before")
            return _state(content, file)
        damaged.append(file)
        file.unlink()
    _tell(damaged, "training starts over")
    return None


def _tell(damaged: list[Path], consequence: str) -> None:
    if damaged:
        log.warning("%s is damaged and is ignored: %s", damaged[0], consequence)


def _state(content: bytes, file: Path) -> dict[str, Any]:
    """What a whole file says. Of a damaged one torch may say anything, a changed weight too."""
    state: dict[str, Any] = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    # Those of before say none.
    LaterFormat.check(state.pop("format", None), FORMAT, file)
    return state


def _digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()

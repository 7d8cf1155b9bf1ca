"""Files that are whole or not there: checkpoints, weights, results."""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import torch

log = logging.getLogger(__name__)


def write_whole(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """`write` into a temporary file beside `path`, flushed to the disk, then moved over it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """A text file, whole or not there."""
    write_whole(path, lambda stream: _write(stream, text.encode()))


def _write(stream: BinaryIO, content: bytes) -> None:
    stream.write(content)


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Tensors and plain values -> a file."""
    write_whole(path, lambda stream: torch.save(state, stream))


def load_checkpoint(path: Path, device: torch.device) -> dict[str, Any] | None:
    """The state at `path`; None where there is none, or none that can be read."""
    try:
        state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    except FileNotFoundError:
        return None
    except (RuntimeError, EOFError, pickle.UnpicklingError) as error:
        log.warning("%s cannot be read and is ignored: %s", path, error)
        return None
    return state

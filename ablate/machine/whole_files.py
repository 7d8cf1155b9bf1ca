"""Files that are whole or not there: results, weights, caches."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


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


def write_bytes(path: Path, content: bytes) -> None:
    """A file, whole or not there."""

    def write(stream: BinaryIO) -> None:
        stream.write(content)

    write_whole(path, write)


def write_text(path: Path, text: str) -> None:
    """A text file, whole or not there."""
    write_bytes(path, text.encode())

"""Reads what W&B writes offline: records in blocks, as LevelDB's log has them."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

BLOCK, HEAD = 32_768, 7
FULL, LAST = 1, 4  # kinds of chunks that end a record


def records(path: Path) -> list[Any]:
    """The records of a `run-ID.wandb`, as W&B's protocol has them."""
    from wandb.proto import wandb_internal_pb2

    content, at, found, chunks = path.read_bytes(), HEAD, [], b""
    while at + HEAD <= len(content):
        if (left := BLOCK - at % BLOCK) < HEAD:
            at += left
            continue
        _, length, kind = struct.unpack("<IHB", content[at : at + HEAD])
        chunks += content[at + HEAD : at + HEAD + length]
        at += HEAD + length
        if kind in (FULL, LAST):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(chunks)
            found.append(record)
            chunks = b""
    return found

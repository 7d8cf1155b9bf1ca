"""Independent seeds from one: a hash of the cell's seed and what the numbers are for."""

from __future__ import annotations

import hashlib

import torch


def child_seed(seed: int, *purpose: str | int) -> int:
    """(cell seed, purpose) -> seed in 0..2^63-1, e.g. `child_seed(3, "shuffle", epoch)`."""
    text = "/".join(map(str, (seed, *purpose)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def child_generator(seed: int, *purpose: str | int) -> torch.Generator:
    """A CPU generator seeded for one purpose."""
    return torch.Generator().manual_seed(child_seed(seed, *purpose))

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


def seed_device(device: torch.device, seed: int) -> None:
    """Seed the global generators that a module on `device` draws from, and no others.

    `torch.manual_seed` would reach every GPU, also those that the caller computes on.
    """
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(seed)
    elif device.type == "mps":
        torch.mps.manual_seed(seed)

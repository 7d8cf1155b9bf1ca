"""Many architectures -> their costs: repeats counted once, cached on disk, in parallel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from joblib import Memory, Parallel, cpu_count, delayed

from ablate.cells import hash_of
from ablate.costs.count import Cost, cost
from ablate.models import network_of
from ablate.networks import Architecture

COST_VERSION = 1  # raised when the same network would be priced differently
WORTH_A_WORKER = 32  # networks; a worker takes seconds to import torch, a network a tenth of one


def price(
    architectures: Sequence[Architecture],
    *,
    batch_size: int = 64,
    cache: str | Path | None = None,
    jobs: int | None = None,
) -> list[Cost]:
    """Architectures -> costs, in the same order.

    Two spellings of one network are priced once, and never again with the same `cache` folder.
    `jobs` processes share what is not cached; None takes as many as pay off. Raises as `cost`.
    """
    priced = Memory(cache, verbose=0).cache(_priced, ignore=["architecture"])
    calls: dict[str, tuple[Any, ...]] = {}
    keys = []
    for architecture in architectures:
        canonical = network_of(architecture).canonical()
        keys.append(hash_of(canonical))
        calls[keys[-1]] = (canonical, batch_size, torch.__version__, COST_VERSION, architecture)
    new = {key: call for key, call in calls.items() if not priced.check_call_in_cache(*call)}
    workers = jobs or max(1, min(cpu_count(), len(new) // WORTH_A_WORKER))
    # The backend of one worker is the caller's own process.
    counted = Parallel(workers)(delayed(priced)(*call) for call in new.values())
    costs = dict(zip(new, counted, strict=True))
    costs |= {key: priced(*call) for key, call in calls.items() if key not in new}
    return [costs[key] for key in keys]


def _priced(
    network: dict[str, Any],
    batch_size: int,
    torch_version: str,
    cost_version: int,
    architecture: Architecture,
) -> Cost:
    """Everything but the architecture is the key; it is hashed without the spelling."""
    return cost(architecture, batch_size=batch_size)

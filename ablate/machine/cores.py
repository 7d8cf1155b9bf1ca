"""How many cores there are to work with, and how many cells train on them at a time."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def parallel(jobs: int | None, devices: Sequence[str]) -> int:
    """How many cells train at full speed at a time: those that share a core or a GPU take turns."""
    most = cores() if all(device == "cpu" for device in devices) else len(devices)
    return most if jobs is None else max(1, min(jobs, most))

"""What this process holds of a device's memory: kept while training, given back afterwards."""

from __future__ import annotations

import ctypes
import gc
import platform
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

# Of glibc's mallopt(3), from malloc.h.
_TRIM_THRESHOLD, _MMAP_MAX = -1, -4


def keep_memory(device: str | torch.device) -> bool:
    """Have this process keep what its tensors free, for the next ones. False where it cannot.

    Of itself glibc returns every large array to the system, which then clears its pages for the
    next one: a third of a small network's step on a CPU. Holds for the whole process from now on;
    `release_memory` returns what is free at the time. Numbers do not depend on it. On a GPU torch
    keeps memory anyway, and nothing is done where the C library is not glibc.
    """
    import torch

    libc = _glibc()
    if torch.device(device).type != "cpu" or libc is None:
        return False
    # No mappings of their own for large arrays, and no end of the heap that is given back.
    return bool(libc.mallopt(_MMAP_MAX, 0) and libc.mallopt(_TRIM_THRESHOLD, -1))


def release_memory(device: str) -> None:
    """Give back what no tensor uses, so that others may have it, and begin the peak anew."""
    import torch

    kind = torch.device(device).type
    if kind == "cuda":
        gc.collect()  # a module and its graph hold each other
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
    elif kind == "cpu" and (libc := _glibc()) is not None:
        libc.malloc_trim(0)  # a collection would take as long as a tiny cell's epoch


def peak_memory(device: str) -> int | None:
    """The most bytes that the allocator held since the last release, kernels' workspaces included.

    The CUDA context is not in it. Nothing is known of other devices.
    """
    import torch

    if torch.device(device).type != "cuda":
        return None
    return torch.cuda.max_memory_reserved(device)


@cache
def _glibc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None

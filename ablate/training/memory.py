"""What this process holds of a GPU's memory. Nothing is known of other devices."""

from __future__ import annotations

import gc

import torch


def release_memory(device: str) -> None:
    """Give back what no tensor uses, so that others may have it, and begin the peak anew."""
    if torch.device(device).type == "cuda":
        gc.collect()  # a module and its graph hold each other
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)


def peak_memory(device: str) -> int | None:
    """The most bytes that the allocator held since the last release, kernels' workspaces included.

    The CUDA context is not in it.
    """
    if torch.device(device).type != "cuda":
        return None
    return torch.cuda.max_memory_reserved(device)

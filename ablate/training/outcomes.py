"""How a cell can end besides finishing, as torch says it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ablate.errors import OutOfMemory
from ablate.machine import first_line

# How libraries without a class for it say that there was no memory, cuDNN 8 and 9 among them.
NO_MEMORY = (
    "can't allocate memory",
    "out of memory",
    "ALLOC_FAILED",
    "ALLOCATION_FAILED",
    "bad_alloc",
)
# What torch says once every kernel of cuDNN's has failed, whyever: most need some memory.
NO_KERNEL = "unable to find an engine"
LITTLE = 0.05  # of a device's memory: with more of it free some kernel would have run


@contextmanager
def outcomes(device: torch.device) -> Iterator[None]:
    """What torch raises when memory is out -> OutOfMemory."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        lack = lack_of_memory(error, device)
        if lack is None:
            raise
        raise OutOfMemory(first_line(lack) or "out of memory") from None


def lack_of_memory(error: BaseException, device: torch.device) -> BaseException | None:
    """The error that says that memory was out: this one, or one that it was raised in handling.

    A graph whose recording stopped for want of memory raises another error for that it stopped.
    """
    found: BaseException | None = error
    while found is not None:
        if says_no_memory(found, device):
            return found
        found = found.__cause__ or found.__context__
    return None


def says_no_memory(error: BaseException, device: torch.device) -> bool:
    """Whether an error itself means that memory was out."""
    said = first_line(error)
    return (
        isinstance(error, torch.OutOfMemoryError | MemoryError)
        or any(words in said for words in NO_MEMORY)
        or (NO_KERNEL in said and device.type == "cuda" and _share_free(device) < LITTLE)
    )


def _share_free(device: torch.device) -> float:
    """What others could still allocate, and what this process holds without using it."""
    free, total = torch.cuda.mem_get_info(device)
    held = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return (free + held) / total

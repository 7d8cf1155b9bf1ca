"""How a cell can end besides finishing, as torch says it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from ablate.errors import OutOfMemory
from ablate.training.execution import first_line

# How libraries without a class for it say that there was no memory.
NO_MEMORY = ("can't allocate memory", "out of memory", "ALLOC_FAILED", "bad_alloc")


@contextmanager
def outcomes() -> Iterator[None]:
    """What torch raises when memory is out -> OutOfMemory."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        lack = lack_of_memory(error)
        if lack is None:
            raise
        raise OutOfMemory(first_line(lack) or "out of memory") from None


def lack_of_memory(error: BaseException) -> BaseException | None:
    """The error that says that memory was out: this one, or one that it was raised in handling.

    A graph whose recording stopped for want of memory raises another error for that it stopped.
    """
    found: BaseException | None = error
    while found is not None:
        known = isinstance(found, torch.OutOfMemoryError | MemoryError)
        if known or any(words in first_line(found) for words in NO_MEMORY):
            return found
        found = found.__cause__ or found.__context__
    return None

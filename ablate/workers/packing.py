"""Which cells share a device. Pure: who works there and what a cell needs, in; room or none, out.

A run counts the cells of its own folder only: two runs on one GPU do not know of each other.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ablate.cells import DatasetFacts, PlannedCell
from ablate.records import Attempt, Attempts

# What a cell takes of a GPU beside the tensors that are counted on the meta device. Chosen to be
# rather too large: room left over costs a little time, an overflow costs an attempt.
CONTEXT_BYTES = 600 * 2**20  # CUDA context and loaded kernels, one set for each process
WORKSPACE_BYTES = 2**30  # kernels' scratch memory
ROUNDING = 1.2  # the allocator's blocks against the tensors in them
COPIES_OF_IMAGES = 3  # the dataset as it comes and one with its border padded

PerDevice = int | Literal["auto"] | None  # cells at a time; auto: as many as its memory holds


@dataclass(frozen=True)
class Device:
    """A device as a claim finds it. As it stands by default anything goes."""

    most: float = math.inf  # cells at a time
    memory: float = math.inf  # bytes that they may take together
    needs: tuple[int | None, ...] = ()  # bytes of each that is there; None: wants to be alone

    def has_room(self, need: int | None) -> bool:
        """Whether a cell that needs so many bytes may join. Alone, every cell may try."""
        if not self.needs:
            return True
        if need is None or None in self.needs or len(self.needs) >= self.most:
            return False
        return need + sum(known for known in self.needs if known) <= self.memory


def running_on(attempts: Sequence[Attempt], host: str, device: str) -> list[Attempt]:
    """The attempts that run on a device, as their claims were signed."""
    return [each for each in attempts if each.state == "running" and each.place == (host, device)]


def most_at_once(attempts: Sequence[Attempt], mine: Attempt) -> int:
    """The most cells that were on an attempt's device at one time since it began, with its own."""
    begun = mine.begun
    if begun is None:
        raise ValueError("most_at_once() is of an attempt that has begun")
    spans = [
        (other.begun, other.ended)
        for other in attempts
        if other.number != mine.number and other.place == mine.place and other.begun
    ]
    moments = [begun, *(start for start, _ in spans if start > begun)]
    return 1 + max(
        sum(start <= moment and (end is None or end > moment) for start, end in spans)
        for moment in moments
    )


def predicted_need(peak_bytes: int, images: DatasetFacts) -> int:
    """Bytes of a GPU for a cell whose step has that peak, counted in memory mode `fast`.

    For a cell that runs as `efficient` that is more than it takes.
    """
    count = images.train_images + images.test_images
    resident = COPIES_OF_IMAGES * count * images.channels * images.image_size**2
    return int(ROUNDING * peak_bytes) + resident + WORKSPACE_BYTES + CONTEXT_BYTES


class Needs:
    """What cells took of a kind of GPU. Each finished cell is looked at once."""

    def __init__(self) -> None:
        self.bytes_of: dict[str, int] = {}  # by what `alike` says; the most that any took
        self._seen: set[int] = set()  # numbers of attempts

    def see(self, planned: Mapping[str, PlannedCell], attempts: Mapping[str, Attempts]) -> None:
        """Take up the cells that have finished since."""
        for key, cell in planned.items():
            done = attempts[key].done
            if done is None or done.number in self._seen:
                continue
            self._seen.add(done.number)
            if peak := done.result.get("measured_peak_bytes"):
                kind = alike(cell, done.result["execution"], done.result["device"])
                most = max(self.bytes_of.get(kind, 0), peak + CONTEXT_BYTES)
                self.bytes_of[kind] = most


def alike(cell: PlannedCell, execution: Mapping[str, Any], device: str) -> str:
    """Equal for cells that take the same memory: they differ in seed, or in which of equal GPUs.

    `execution` is a document of one, `device` a product's name.
    """
    seedless = {name: value for name, value in cell.cell.items() if name not in ("key", "seed")}
    how = {name: v for name, v in execution.items() if name not in ("device", "time_limit")}
    return json.dumps([seedless, how, device], sort_keys=True)

"""Whether a device is ours alone: the times of a shared one are of whoever else was there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import psutil

from ablate.errors import MachineError

if TYPE_CHECKING:
    import torch

LOOK_SECONDS = 1.0
MOST_BUSY = 0.1  # share of a CPU that services of the system may take meanwhile
CONTEXT_BYTES = 2**30  # more than CUDA keeps for a new process beside its tensors
# Libraries and recorded graphs load code and nodes as they are used, outside the allocator's count.
GROWTH_BYTES = 2 * 2**30


class Watch:
    """Who else uses a device, while a process of ours measures on it.

    Made before anything is: what a GPU's memory holds then, up to what a new process needs for
    itself, is ours, and later what that may grow by, too.
    """

    def __init__(self, device: str) -> None:
        import torch

        self.device = torch.device(device)
        self.ours: int | None = None  # of a GPU's memory, outside the allocator's count
        if self.device.type == "cuda":
            self.ours = min(CONTEXT_BYTES, _untracked(self.device)[0])
        self.is_new = True

    def others(self) -> float:
        """The share of a device that other processes have: of a CPU its time, of a GPU its memory.

        Looks at a CPU for a second. Nothing is known of other kinds: 0.
        """
        if self.device.type == "cpu":
            return _of_cpu()
        if self.ours is None:
            return 0.0
        held, total = _untracked(self.device)
        ours = CONTEXT_BYTES if self.is_new else self.ours + GROWTH_BYTES
        self.is_new = False
        return max(0, held - ours) / total

    def check(self, others: float) -> None:
        """Raise MachineError where `others()` have more of the device than disturbs nobody."""
        if self.device.type == "cpu" and others > MOST_BUSY:
            seen = f"other processes keep {others:.0%} of the CPU busy"
        elif self.device.type == "cuda" and others > 0:
            _, total = _untracked(self.device)
            seen = f"other processes hold {others * total / 2**30:.1f} GiB of its memory"
        else:
            return
        raise MachineError(
            f"{self.device}: {seen}, so times would be theirs too; wait, or measure anyway with "
            "--busy"
        )


def _of_cpu() -> float:
    process, cores, start = psutil.Process(), psutil.cpu_count() or 1, time.perf_counter()
    own = sum(process.cpu_times()[:2])
    idle = psutil.cpu_times_percent(interval=LOOK_SECONDS)
    own = (sum(process.cpu_times()[:2]) - own) / (time.perf_counter() - start) / cores
    waiting = getattr(idle, "iowait", 0.0)  # Linux alone tells it
    return float(min(1.0, max(0.0, 1 - (idle.idle + waiting) / 100 - own)))


def _untracked(device: torch.device) -> tuple[int, int]:
    """(bytes of a GPU that are taken, but not by our allocator; bytes in all)."""
    import torch

    free, total = torch.cuda.mem_get_info(device)
    return total - free - torch.cuda.memory_reserved(device), total

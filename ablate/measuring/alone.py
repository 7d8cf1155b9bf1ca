"""Whether a device is ours alone: the times of a shared one are of whoever else was there."""

from __future__ import annotations

import time

import psutil
import torch

from ablate.errors import MachineError

LOOK_SECONDS = 1.0
MOST_BUSY = 0.1  # share of a CPU that services of the system may take meanwhile
CONTEXT_BYTES = 2**30  # more than CUDA keeps for a process beside its tensors; ours is counted too


def others_on(device: str) -> float:
    """The share of a device that other processes have: of a CPU its time, of a GPU its memory.

    Looks at a CPU for a second. Nothing is known of other kinds: 0.
    """
    kind = torch.device(device)
    if kind.type == "cpu":
        return _of_cpu()
    if kind.type == "cuda":
        total, others = _cuda_bytes(kind)
        return others / total
    return 0.0


def check_alone(device: str, others: float) -> None:
    """Raise MachineError where others have more of the device than disturbs nobody."""
    kind = torch.device(device)
    if kind.type == "cpu" and others > MOST_BUSY:
        seen = f"other processes keep {others:.0%} of the CPU busy"
    elif kind.type == "cuda" and others > 0:
        seen = f"other processes hold {_cuda_bytes(kind)[1] / 2**30:.1f} GiB of its memory"
    else:
        return
    raise MachineError(
        f"{device}: {seen}, so times would be theirs too; wait, or measure anyway with --busy"
    )


def _of_cpu() -> float:
    process, cores, start = psutil.Process(), psutil.cpu_count() or 1, time.perf_counter()
    own = sum(process.cpu_times()[:2])
    idle = psutil.cpu_times_percent(interval=LOOK_SECONDS)
    own = (sum(process.cpu_times()[:2]) - own) / (time.perf_counter() - start) / cores
    waiting = getattr(idle, "iowait", 0.0)  # Linux alone tells it
    return float(min(1.0, max(0.0, 1 - (idle.idle + waiting) / 100 - own)))


def _cuda_bytes(device: torch.device) -> tuple[int, int]:
    """(bytes of the GPU, bytes that others hold)."""
    free, total = torch.cuda.mem_get_info(device)
    held = total - free - torch.cuda.memory_reserved(device) - CONTEXT_BYTES
    return total, max(0, held)

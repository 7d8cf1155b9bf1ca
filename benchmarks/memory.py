"""`memory`: what a training step keeps and needs, by depth and implementation.

Counted on the meta device, so that it is the same wherever it is counted; and measured, where asked
for, each in a process of its own.
"""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import torch

from ablate.costs import Step
from ablate.machine import first_line, memory_of
from ablate.measuring import count, training_step, why_not
from ablate.networks import IMPLEMENTATIONS, Architecture
from ablate.training import SHARE_OF_MEMORY
from benchmarks.findings import Findings, conditions

REFERENCES = ("torchvision", "torchvision-memory-efficient")
# Captured and compiled steps run the modules of others here, whose counts are theirs too.
USUAL = tuple(
    name
    for name, found in IMPLEMENTATIONS.items()
    if not found.is_captured and not found.is_compiled and name != "torchvision-channels-last"
)


def bench_memory(
    architectures: Sequence[Architecture],
    *,
    batch_size: int = 64,
    device: str | torch.device | None = None,
    names: Sequence[str] = USUAL,
    on_counted: Callable[[str], None] = lambda name: None,
    on_row: Callable[[Findings], None] = lambda found: None,
) -> Findings:
    """Bytes of an fp32 training step for every architecture and implementation.

    `saved_bytes` and `peak_bytes` are counted as in `ablate.costs.trace_step`; the ratios say how
    many times as much torchvision's take. What a checkpoint holds back is saved by it too and is
    counted. With a `device` the peak is measured as well: of CUDA the allocator's, else the growth
    of the process. What would not fit is not measured; what fails is told in `left_out`. `on_row`
    has all rows so far.
    """
    rows: list[dict[str, Any]] = []
    left_out: dict[str, str] = {}
    how = conditions(device or "meta", batch_size=batch_size)
    found = Findings("memory of a training step", rows, how, left_out)
    for architecture in architectures:
        counted: dict[str, Step] = {}
        for name in names:
            if why := why_not(name, architecture, "cpu"):
                left_out[name] = why
                continue
            counted[name] = count(name, architecture, batch_size)
            on_counted(name)
        for row in _rows(architecture, counted, batch_size):
            if device is not None:
                name, row["measured_bytes"] = row["implementation"], None
                try:
                    row["measured_bytes"] = _measured(
                        name, architecture, batch_size, str(device), counted[name]
                    )
                except (RuntimeError, MemoryError) as error:
                    left_out[f"{name}, measured"] = first_line(error) or "out of memory"
            rows.append(row)
            on_row(found)
    return found


def _rows(
    architecture: Architecture, counted: dict[str, Step], batch_size: int
) -> Iterator[dict[str, Any]]:
    for name, step in counted.items():
        row = {
            "depth": getattr(architecture, "depth", None),
            "implementation": name,
            "params": step.params,
            "saved_bytes_per_image": step.saved_bytes / batch_size,
            "peak_bytes": step.peak_bytes,
        }
        for reference in REFERENCES:
            if reference in counted and reference != name:
                theirs = counted[reference]
                row[f"ratio_saved_{reference}"] = theirs.saved_bytes / step.saved_bytes
        for reference in REFERENCES:
            if reference in counted and reference != name:
                row[f"ratio_peak_{reference}"] = counted[reference].peak_bytes / step.peak_bytes
        yield row


def _measured(
    name: str, architecture: Architecture, batch_size: int, device: str, step: Step
) -> int | None:
    """Bytes of a real step, in a fresh process; None where it would not fit."""
    if step.peak_bytes > SHARE_OF_MEMORY * memory_of(device):
        return None
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(_two_steps, name, architecture, batch_size, device).result()


def _two_steps(name: str, architecture: Architecture, batch_size: int, device: str) -> int:
    """The most bytes that two steps take: momentum is there from the second on."""
    before = _most_resident()
    step = training_step(name, architecture, batch_size=batch_size, device=device)
    for _ in range(2):
        step()
    if torch.device(device).type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return _most_resident() - before


def _most_resident() -> int:
    """Bytes that this process has held at most so far."""
    status = Path("/proc/self/status")
    if status.exists():
        # On Linux a new process starts with the ru_maxrss of the one that forked it, in which a
        # growth of its own would vanish.
        return 1024 * int(status.read_text(encoding="ascii").partition("VmHWM:")[2].split()[0])
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024

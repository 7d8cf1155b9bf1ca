"""Where the time of a training step goes: `python -m benchmarks.gpu.kernels NETWORK FILE`."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.profiler import ProfilerActivity, profile

from ablate.costs import synchronise
from ablate.machine import device_name
from ablate.measuring import training_step, why_not
from ablate.networks import Architecture, load_architecture
from ablate.training import searching

# Recorded ones where there is a GPU; in a rehearsal the operations of the same, step by step.
NAMES = ("ablate-captured", "ablate-efficient-captured", "ablate-fast", "ablate-efficient")
MOST_ROWS, NAME_LENGTH = 40, 110


@dataclass(frozen=True)
class Kernel:
    """What all calls of a kernel took in a step."""

    name: str
    calls: float
    microseconds: float


def kernels_of(
    step: Callable[[], object], device: torch.device, replays: int
) -> tuple[float, list[Kernel]]:
    """(seconds of a step that is not watched, its kernels, the longest first)."""
    for _ in range(3):
        step()
    synchronise(device)
    start = time.perf_counter()
    for _ in range(replays):
        step()
    synchronise(device)
    seconds = (time.perf_counter() - start) / replays
    is_gpu = device.type == "cuda"
    watched = [ProfilerActivity.CUDA if is_gpu else ProfilerActivity.CPU]
    with profile(activities=watched, acc_events=True) as found:  # else torch 2.11 warns
        for _ in range(replays):
            step()
        synchronise(device)
    rows = [
        Kernel(event.key, event.count / replays, _microseconds(event, is_gpu) / replays)
        for event in found.key_averages()
    ]
    rows = [row for row in rows if row.microseconds > 0]
    return seconds, sorted(rows, key=lambda row: -row.microseconds)


def _microseconds(event: object, is_gpu: bool) -> float:
    name = "self_device_time_total" if is_gpu else "self_cpu_time_total"
    return float(getattr(event, name))


def table(title: str, seconds: float, kernels: list[Kernel]) -> str:
    """For people: a line a kernel, and how much of a step no kernel ran."""
    whole = sum(row.microseconds for row in kernels)
    lines = [
        f"{title}: {1e3 * seconds:.3f} ms a step, {whole / 1e3:.3f} ms of it in "
        f"{sum(row.calls for row in kernels):.0f} kernels of {len(kernels)} kinds",
        "     ms  share   calls  us a call  kernel",
    ]
    lines += [
        f"{row.microseconds / 1e3:7.3f} {row.microseconds / whole:6.1%} {row.calls:7.1f} "
        f"{row.microseconds / row.calls:10.1f}  {row.name[:NAME_LENGTH]}"
        for row in kernels[:MOST_ROWS]
    ]
    return "\n".join(lines) + "\n"


def write(
    network: Architecture, path: Path, *, batch_size: int, device: torch.device, replays: int
) -> None:
    """A table for mode fast and one for efficient, each written as soon as it is there."""
    how = (
        f"batch {batch_size}, {device_name(str(device))}, torch {torch.__version__}, n = {replays}"
    )
    names = [name for name in NAMES if not why_not(name, network, device)][:2]
    texts: list[str] = []
    for name in names:
        with searching(True):
            step = training_step(name, network, batch_size=batch_size, device=device)
            texts.append(table(f"{name}, {how}", *kernels_of(step, device, replays)))
        del step
        path.write_text("\n".join(texts), encoding="utf-8")
        print(texts[-1], flush=True)


if __name__ == "__main__":
    given = argparse.ArgumentParser()
    given.add_argument("network")
    given.add_argument("file", type=Path)
    given.add_argument("--batch-size", type=int, default=64)
    given.add_argument("--replays", type=int, default=5)
    given.add_argument("--device", type=torch.device, default=torch.device("cuda"))
    options = given.parse_args()
    write(
        load_architecture(options.network),
        options.file,
        batch_size=options.batch_size,
        device=options.device,
        replays=options.replays,
    )

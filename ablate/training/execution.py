"""How a cell is executed: what is recorded beside its result but is no part of its key."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, replace
from math import gcd
from typing import Any, Literal

import torch

from ablate.errors import UsageError
from ablate.machine import keep_memory, memory_of
from ablate.training.seeds import seed_device

SHARE_OF_MEMORY = 0.85  # that a step may take; the rest is for kernels' workspaces and others


@dataclass(frozen=True)
class Execution:
    """Where and how training steps run. Raises UsageError for what none can have."""

    device: str = "cpu"  # cpu, cuda, cuda:1, mps
    channels_last: bool = True  # memory format of images and weights
    determinism: Literal["fast", "strict"] = "fast"  # strict: bitwise repeatable on a GPU too
    memory: str = "auto"  # how dense blocks keep their maps: fast, efficient, or as `fitted` says
    capture: Literal["auto", "off"] = "auto"  # auto: a step on a GPU is one CUDA graph
    compile: bool = False  # forward and backward through torch.compile: minutes per architecture
    time_limit: float | None = None  # seconds of training a cell may take over all its attempts
    # Processes that read a cell's images where these stream from files. 0: training reads them
    # itself; auto: as `run` shares out the cores, elsewhere 0.
    loaders: int | Literal["auto"] = "auto"
    threads: int = 1  # of a CPU cell; another number sums in another order, so results differ a bit
    # Devices that share each batch of a cell, a part or several each; on a CPU processes. The same
    # key, and results equal up to rounding; with dropout or random paths equal in law.
    devices_per_cell: int = 1

    def __post_init__(self) -> None:
        if self.time_limit is not None and not self.time_limit >= 0:
            raise UsageError(f"--cell-timeout: must be >= 0, got {self.time_limit:g}")
        if self.threads < 1:
            raise UsageError(f"threads: must be >= 1, got {self.threads}")
        if self.devices_per_cell < 1:
            raise UsageError(f"--devices-per-cell: must be >= 1, got {self.devices_per_cell}")

    def document(self) -> dict[str, Any]:
        """A plain map for the record."""
        return asdict(self)

    def check(self, accumulate: int) -> None:
        """Raise UsageError where a batch in so many parts cannot be dealt to the devices."""
        devices = self.devices_per_cell
        if accumulate % devices == 0:
            return
        fitting = [n for n in range(1, accumulate + 1) if accumulate % n == 0]
        raise UsageError(
            f"--devices-per-cell {devices}: must divide the parts of a batch, accumulate: "
            f"{accumulate}; write {' or '.join(map(str, fitting))}, or --set "
            f"recipe.accumulate={accumulate * devices // gcd(accumulate, devices)}, which is "
            "another training, with keys of its own"
        )

    def fitted(self, peak_bytes: int) -> Execution:
        """With memory `auto` decided for a cell whose step needs `peak_bytes` in mode `fast`."""
        if self.memory != "auto":
            return self
        fits = peak_bytes <= SHARE_OF_MEMORY * memory_of(self.device)
        return replace(self, memory="fast" if fits else "efficient")

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Execution:
        """`document()` read back."""
        return cls(**document)


@contextmanager
def executing(execution: Execution, seed: int) -> Iterator[None]:
    """Torch's global switches as `execution` wants them, and put back afterwards.

    The global generators, which dropout draws from, are put back too. A CPU cell has its own
    number of threads, so that its sums have the same order at any number of workers. The process
    keeps freed memory, as `keep_memory` says.
    """
    strict = execution.determinism == "strict"
    threads = torch.get_num_threads()
    was_deterministic = torch.are_deterministic_algorithms_enabled()
    was_lenient = torch.is_deterministic_algorithms_warn_only_enabled()
    device = torch.device(execution.device)
    if strict and device.type == "cuda":
        # cuBLAS reads this when its handle is made, at the first product of the process.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    devices = [device] if device.type == "cuda" else []
    with (
        torch.cuda.device(device) if devices else nullcontext(),
        torch.random.fork_rng(devices),
        _cudnn(deterministic=strict),
        _without_warnings(),
    ):
        try:
            seed_device(device, seed)
            if device.type == "cpu":
                torch.set_num_threads(execution.threads)
            keep_memory(device)
            torch.use_deterministic_algorithms(strict)
            yield
        finally:
            torch.use_deterministic_algorithms(was_deterministic, warn_only=was_lenient)
            torch.set_num_threads(threads)


@contextmanager
def _cudnn(*, deterministic: bool) -> Iterator[None]:
    """cuDNN's switches, and TF32 in convolutions where bits may differ.

    One by one: torch's own `flags` reads TF32 as older versions had it, for everything at once,
    which raises where a caller has set it for convolutions.
    """
    cudnn: Any = torch.backends.cudnn  # whose types lack `conv`
    before = cudnn.enabled, cudnn.benchmark, cudnn.deterministic
    precision = cudnn.conv.fp32_precision
    cudnn.enabled, cudnn.benchmark, cudnn.deterministic = True, False, deterministic
    cudnn.conv.fp32_precision = "ieee" if deterministic else "tf32"
    try:
        yield
    finally:
        cudnn.enabled, cudnn.benchmark, cudnn.deterministic = before
        cudnn.conv.fp32_precision = precision


@contextmanager
def _without_warnings() -> Iterator[None]:
    """No warnings of what is meant: fp16's scaler may skip the first steps, which the schedule
    counts, and an optimizer that may be part of a graph also steps outside of it.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Detected call of `lr_scheduler.step\(\)` before")
        warnings.filterwarnings("ignore", "This instance was constructed with capturable=True")
        yield


@contextmanager
def searching(wanted: bool) -> Iterator[None]:
    """Whether cuDNN times its kernels for each convolution that is new to it, and takes the best.

    It takes its time for each, and memory for what it tries.
    """
    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = wanted
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before

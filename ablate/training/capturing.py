"""Work on a GPU, recorded once as a CUDA graph and then replayed: one launch in place of many."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import torch

from ablate.errors import RecordingFailed
from ablate.machine import first_line
from ablate.training.outcomes import says_no_memory

Result = TypeVar("Result")
WARM_UP = 3  # calls before: libraries choose their kernels and allocate workspaces in these
WAITS = "called a synchronizing CUDA operation"  # as torch words it


class Waits(RuntimeError):
    """What was to be recorded waits for the device, which no graph can."""


@dataclass(frozen=True)
class Replay(Generic[Result]):
    """Calls a graph. It has the addresses of what its body reads, which only the body keeps."""

    graph: torch.cuda.CUDAGraph
    result: Result
    body: Callable[[], Result]

    def __call__(self) -> Result:
        self.graph.replay()
        return self.result


def capture(
    body: Callable[[], Result], device: str | torch.device, *, warm_up: int = WARM_UP
) -> Callable[[], Result]:
    """A call -> its replay: `capture_all` of one."""
    (replay,) = capture_all([body], device, warm_up=warm_up)
    return replay


def capture_all(
    bodies: Sequence[Callable[[], Result]], device: str | torch.device, *, warm_up: int = WARM_UP
) -> list[Callable[[], Result]]:
    """Calls -> their replays, which take the memory of the largest and not their sum.

    A body reads and writes tensors that stay where they are, and looks at no value. All are called
    `warm_up` times before the first is recorded, which computes nothing: what a warm-up needs would
    else come on top of what is recorded. A replay writes into the tensors that the recorded call
    returned. Raises Waits for what looks at a value all the same, what a body raises, and
    RecordingFailed: then torch is of no more use in this process.

    The graphs share a pool of memory and a stream. So a replay may overwrite whatever another left
    in the pool: no body may read there what it has not written itself, and replays go one after the
    other, in any order. Tensors that were made before, as weights and sums, lie elsewhere; what a
    recorded call left alive, as gradients, is given to no other until it is dropped. The graphs
    must also be dropped together: torch frees a stream's workspace of cuBLAS with the first.
    """
    device = torch.device(device)
    with torch.cuda.device(device):
        # One stream for both: gradients are accumulated where they were first.
        side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        side.wait_stream(torch.cuda.current_stream())
        try:
            with torch.cuda.stream(side):
                for body in bodies:
                    for _ in range(warm_up - 1):
                        body()
                    with _nothing_waits():
                        body()
        finally:
            torch.cuda.current_stream().wait_stream(side)
        replays: list[Callable[[], Result]] = []
        pool = None
        for body in bodies:
            graph = torch.cuda.CUDAGraph()
            replays.append(Replay(graph, _record(graph, body, side, pool), body))
            pool = graph.pool()
    return replays


@contextmanager
def _nothing_waits() -> Iterator[None]:
    """Raise Waits where torch waits for a GPU inside. Libraries of others may, unseen.

    Torch is asked for warnings: its errors would leave the work half done, and strike other
    threads as well. What backward did in its own threads is told at its end.
    """
    before = torch.cuda.get_sync_debug_mode()
    with warnings.catch_warnings(record=True) as caught:
        # Also the first of several at a place; and torch calls the mode a prototype.
        warnings.filterwarnings("always", WAITS)
        warnings.filterwarnings("ignore", "Synchronization debug mode")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            yield
        finally:
            torch.cuda.set_sync_debug_mode(before)
    for told in caught:
        if str(told.message).startswith(WAITS):
            raise Waits(f"{Path(told.filename).name}:{told.lineno} waits for the device")


def _record(
    graph: torch.cuda.CUDAGraph,
    body: Callable[[], Result],
    stream: torch.cuda.Stream,
    pool: torch.cuda._POOL_HANDLE | None,
) -> Result:
    failed: BaseException | None = None
    try:
        # Torch's graph leaves the stream as its last act, and so never where it cannot end the
        # recording: the outer one does. Only this thread is watched, as the one that pins images
        # for what follows allocates too.
        with (
            torch.cuda.stream(stream),
            torch.cuda.graph(graph, pool, stream, capture_error_mode="thread_local"),
        ):
            try:
                return body()
            except BaseException as error:
                failed = error
                raise
    except RuntimeError as error:
        graph.reset()  # the error, and with it this frame, may be kept for long
        # What the body raised comes out as it is where the recording could be ended behind it; and
        # it was ended where there is no memory for the graph that was made of it.
        if error is failed or says_no_memory(error, stream.device):
            raise
        raise RecordingFailed(first_line(failed or error)) from error


@contextmanager
def unchanged(
    tensors: Callable[[], Iterable[torch.Tensor]], device: torch.device
) -> Iterator[None]:
    """What runs inside leaves no trace in `tensors()`, nor in the device's global generator.

    Tensors are put back in place. Those that are only there afterwards, as an optimizer's averages
    after its first step, become zero, which is what they begin at.
    """
    before = {id(tensor): (tensor, tensor.detach().clone()) for tensor in tensors()}
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        try:
            yield
        finally:
            with torch.no_grad():
                for tensor in tensors():
                    _, value = before.get(id(tensor), (tensor, None))
                    tensor.zero_() if value is None else tensor.copy_(value)

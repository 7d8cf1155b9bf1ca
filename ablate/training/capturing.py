"""Work on a GPU, recorded once as a CUDA graph and then replayed: one launch in place of many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import torch

Result = TypeVar("Result")
WARM_UP = 3  # calls before: libraries choose their kernels and allocate workspaces in these


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
    returned. Raises RuntimeError for what cannot be recorded.

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
                    for _ in range(warm_up):
                        body()
        finally:
            torch.cuda.current_stream().wait_stream(side)
        replays, pool = [], None
        for body in bodies:
            graph = torch.cuda.CUDAGraph()
            replays.append(_replay(graph, _record(graph, body, side, pool)))
            pool = graph.pool()
    return replays


def _record(
    graph: torch.cuda.CUDAGraph,
    body: Callable[[], Result],
    stream: torch.cuda.Stream,
    pool: torch.cuda._POOL_HANDLE | None,
) -> Result:
    try:
        # Torch's graph leaves the stream as its last act, and so never where it cannot end the
        # recording: the outer one does. Only this thread is watched, as the one that pins images
        # for what follows allocates too.
        with (
            torch.cuda.stream(stream),
            torch.cuda.graph(graph, pool, stream, capture_error_mode="thread_local"),
        ):
            return body()
    except BaseException:
        graph.reset()  # the error, and with it this frame, may be kept for long
        raise


def _replay(graph: torch.cuda.CUDAGraph, result: Result) -> Callable[[], Result]:
    def replay() -> Result:
        graph.replay()
        return result

    return replay


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

"""Work on a GPU, recorded once as a CUDA graph and then replayed: one launch in place of many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch

Result = TypeVar("Result")
WARM_UP = 3  # calls before: libraries choose their kernels and allocate workspaces in these


def capture(
    body: Callable[[], Result], device: str | torch.device, *, warm_up: int = WARM_UP
) -> Callable[[], Result]:
    """A call -> its replay.

    `body` reads and writes tensors that stay where they are, and looks at no value. It is called
    `warm_up` times first, and recorded once, which computes nothing. Every replay writes into the
    tensors that the recorded call returned. Raises RuntimeError for what cannot be recorded.
    """
    device = torch.device(device)
    with torch.cuda.device(device):
        # One stream for both: gradients are accumulated where they were first.
        side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(warm_up):
                body()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        try:
            # Only this thread is watched: the one that pins images for what follows allocates too.
            with torch.cuda.graph(graph, stream=side, capture_error_mode="thread_local"):
                result = body()
        except BaseException:
            graph.reset()  # else the generator and the allocator go on as if recording
            raise

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

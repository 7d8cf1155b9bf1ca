"""Work on a GPU, recorded once as a CUDA graph and then replayed: one launch in place of many."""

from __future__ import annotations

from collections.abc import Callable
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
    side = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    side.wait_stream(torch.cuda.current_stream(device))
    with torch.cuda.stream(side):
        for _ in range(warm_up):
            body()
    torch.cuda.current_stream(device).wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=side):
        result = body()

    def replay() -> Result:
        graph.replay()
        return result

    return replay

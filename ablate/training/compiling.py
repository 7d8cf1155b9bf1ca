"""A module's forward pass through torch.compile, where that works."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container
from typing import Any

import torch
from torch import Tensor, nn

from ablate.machine import first_line
from ablate.models import EfficientDenseNet

log = logging.getLogger(__name__)


def compiled(module: nn.Module, sizes: Container[int]) -> Callable[[Tensor], Any]:
    """Module -> its forward pass, compiled when it is first called with a batch of one of `sizes`.

    Compiling takes a minute or more for every such size, so other batches run as they are. Where it
    fails the module itself runs, and the log says why.
    """
    if isinstance(module, EfficientDenseNet):
        log.warning("compile: not compiled: memory mode efficient runs its blocks in its own way")
        return module
    from torch._dynamo.exc import TorchDynamoException  # takes seconds to import

    torch.compiler.reset()  # what earlier cells have compiled counts against a limit
    calls: list[Callable[[Tensor], Any]] = [torch.compile(module, dynamic=False)]

    def forward(images: Tensor) -> Any:
        if len(images) not in sizes:
            return module(images)
        try:
            return calls[-1](images)
        except TorchDynamoException as error:
            log.warning("compile: not compiled: %s", first_line(error))
            calls.append(module)
            return module(images)

    return forward

"""Layers that several families are made of."""

from __future__ import annotations

from collections import OrderedDict
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

Modules = OrderedDict[str, nn.Module]
_VECTOR = 16  # fp32 numbers of the widest vector of a CPU


def conv(channels: int, made: int, kernel: int, stride: int = 1) -> nn.Conv2d:
    """A conv without bias that leaves ceil(size / stride) pixels a side."""
    kind = _StridedPointwise if kernel == 1 and stride > 1 else nn.Conv2d
    return kind(channels, made, kernel, stride=stride, padding=kernel // 2, bias=False)


class _StridedPointwise(nn.Conv2d):
    """A 1x1 conv with a stride, which on a CPU drops few maps' pixels first.

    oneDNN's gradient of its weights writes beyond its workspace where there are fewer maps than a
    vector holds, 16 at most: oneDNN issue 6035, seen with torch 2.15 as crashes.
    """

    def forward(self, maps: Tensor) -> Tensor:
        if maps.device.type == "cpu" and self.in_channels < _VECTOR:
            down, across = self.stride
            return conv2d(maps[:, :, ::down, ::across], self.weight, self.bias)
        return super().forward(maps)


def norm_relu(number: str, channels: int) -> Modules:
    """BN-ReLU as `norm{number}`, `relu{number}`."""
    # Nobody else reads what batch norm gives out, and its backward does not need it: in place, the
    # rectified map is the only one kept.
    relu = nn.ReLU(inplace=True)
    return OrderedDict({f"norm{number}": nn.BatchNorm2d(channels), f"relu{number}": relu})


def stem(
    kind: Literal["cifar", "imagenet"], in_channels: int, channels: int, *, activated: bool
) -> nn.Sequential:
    """3x3 conv, followed by BN-ReLU if `activated`; or the ImageNet stem, which always is.

    That is a 7x7 conv with stride 2, BN-ReLU, and a 3x3 max pool with stride 2.
    """
    large = kind == "imagenet"
    kernel, stride = (7, 2) if large else (3, 1)
    modules: Modules = OrderedDict(conv=conv(in_channels, channels, kernel, stride))
    if large or activated:
        modules |= norm_relu("", channels)
    if large:
        modules["pool"] = nn.MaxPool2d(3, stride=2, padding=1)
    return nn.Sequential(modules)


class StochasticDepth(nn.Module):
    """Drops the maps of a residual branch for a whole batch, or keeps them: arXiv 1603.09382.

    In training the maps are multiplied by 1 with probability `survival`, else by 0; outside of
    training by `survival`. The draw is a tensor from the device's default generator, as dropout's,
    and nothing waits for it: a step has the same operations whatever is drawn, so that it can be
    captured as a graph. Hence a dropped branch is computed, and moves its running statistics, too:
    stochastic depth regularises here but saves no time.
    """

    def __init__(self, survival: float) -> None:
        super().__init__()
        self.survival = survival

    def forward(self, maps: Tensor) -> Tensor:
        """Maps of any shape -> the same shape."""
        if not self.training:
            return maps * self.survival
        return maps * (torch.rand((), device=maps.device) < self.survival)

    def extra_repr(self) -> str:
        return f"survival={self.survival:g}"

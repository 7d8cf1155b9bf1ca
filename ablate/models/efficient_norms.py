"""Batch norms of a dense block: what they share of a map's statistics is computed once."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ablate.models.matrices import column_sums, statistics


class Moments(NamedTuple):
    """Of some maps, a number each in float32 or wider."""

    mean: Tensor
    inverse: Tensor  # of the deviation
    variance: Tensor  # the biased one

    @classmethod
    def of(cls, maps: Tensor, eps: float) -> Moments:
        mean, variance = statistics(maps)
        return cls(mean, (variance + eps).rsqrt(), variance)


class Norm:
    """Batch normalisation and ReLU of some columns."""

    def __init__(self, norm: nn.BatchNorm2d, moments: Moments) -> None:
        self.moments = moments
        self.scale = norm.weight.detach() * moments.inverse
        self.shift = torch.addcmul(norm.bias.detach(), moments.mean, self.scale, value=-1)

    def __call__(self, columns: Tensor) -> Tensor:
        # With `out` there is no float32 twin of bfloat16 columns on a GPU.
        normalised = columns.new_empty(columns.shape)
        return torch.addcmul(self.shift, columns, self.scale, out=normalised).relu_()


class NormGradients:
    """Gradients of a norm's weight and bias, summed up over the pieces of a batch."""

    def __init__(self, norm: Norm) -> None:
        self._norm = norm
        self._bias: Tensor | None = None
        self._products: Tensor | None = None

    def add(self, gradient: Tensor, columns: Tensor, rectified: Tensor) -> None:
        """The masked gradient of what the norm has `rectified`, which is used up, of `columns`."""
        self._bias = plus(self._bias, column_sums(gradient))
        # A fresh tensor of this size would cost more than what is computed.
        products = column_sums(torch.mul(gradient, columns, out=rectified))
        self._products = plus(self._products, products)

    def found(self) -> tuple[Tensor, Tensor]:
        """The gradients of weight and bias."""
        assert self._bias is not None and self._products is not None
        mean, inverse, _ = self._norm.moments
        return inverse * torch.addcmul(self._products, mean, self._bias, value=-1), self._bias


class RunningStatistics:
    """The step of many norms' running statistics towards those of a batch, taken at once."""

    def __init__(self) -> None:
        self._norms: list[nn.BatchNorm2d] = []
        self._means: list[Tensor] = []
        self._variances: list[Tensor] = []

    def add(self, norm: nn.BatchNorm2d, moments: Moments) -> None:
        assert norm.running_mean is not None and norm.running_var is not None
        self._norms.append(norm)
        self._means.append(moments.mean.to(norm.running_mean.dtype))
        self._variances.append(moments.variance.to(norm.running_var.dtype))

    def move(self, pixels: int) -> None:
        """All norms move alike; towards the unbiased variance of so many pixels."""
        momentum = self._norms[0].momentum
        assert momentum is not None
        names = ("running_mean", "running_var", "num_batches_tracked")
        means, variances, counts = ([getattr(norm, n) for norm in self._norms] for n in names)
        unbiased = torch._foreach_mul(self._variances, pixels / max(1, pixels - 1))
        torch._foreach_lerp_(means, self._means, momentum)
        torch._foreach_lerp_(variances, list(unbiased), momentum)
        torch._foreach_add_(counts, 1)


def plus(so_far: Tensor | None, more: Tensor) -> Tensor:
    """A sum's next term; the first is the sum itself and not copied."""
    return more if so_far is None else so_far.add_(more)

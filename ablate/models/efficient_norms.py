"""Batch norms of a dense block: what they share of a map's statistics is computed once."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ablate.models.matrices import as_matrix, as_row, column_sums, statistics


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
    """Batch normalisation and ReLU of some columns, with batch statistics."""

    def __init__(self, norm: nn.BatchNorm2d, moments: Moments) -> None:
        self.moments, self._eps = moments, norm.eps
        self._weight, self._bias = (
            tensor.detach().to(moments.mean.dtype) for tensor in (norm.weight, norm.bias)
        )
        self.scale = self._weight * moments.inverse
        self._shift = torch.addcmul(self._bias, moments.mean, self.scale, value=-1)

    def __call__(self, columns: Tensor, out: Tensor) -> Tensor:
        """A matrix's columns -> the same, normalised and rectified, in `out`, which is dense."""
        if columns.device.type == "cpu" and columns.dtype != self.scale.dtype:
            # Here `addcmul` would make float32 twins of all that it reads and writes.
            mean, _, variance = self.moments
            settings = (self._weight, self._bias, mean, variance, False, 0.0, self._eps)
            whole = torch.native_batch_norm(as_row(columns.contiguous()), *settings)[0]
            return torch.clamp_min(as_matrix(whole), 0, out=out)
        return torch.addcmul(self._shift, columns, self.scale, out=out).relu_()

    def back(
        self, masked: Tensor, columns: Tensor, wanted: tuple[bool, bool, bool]
    ) -> tuple[Tensor | None, Tensor, Tensor]:
        """The masked gradient of what was made of columns, dense both -> the gradient of the
        columns, as far as it is `wanted`, and those of weight and bias."""
        mean, inverse, _ = self.moments
        gradient, weight, bias = torch.ops.aten.native_batch_norm_backward(
            as_row(masked),
            as_row(columns),
            self._weight,
            None,
            None,
            mean,
            inverse,
            True,
            self._eps,
            list(wanted),
        )
        return None if gradient is None else as_matrix(gradient), weight, bias


class NormGradients:
    """Gradients of a norm's weight and bias, summed up over the pieces of a batch."""

    def __init__(self, norm: Norm) -> None:
        self._norm = norm
        self._weight: Tensor | None = None
        self._bias: Tensor | None = None

    def add(self, masked: Tensor, columns: Tensor, rectified: Tensor) -> None:
        """The masked gradient of what the norm has `rectified`, of `columns`.

        What is rectified is written over: a fresh tensor would cost more than what is computed.
        """
        if masked.device.type == "cpu":
            _, weight, bias = self._norm.back(masked, rectified.copy_(columns), (False, True, True))
        else:
            # Of columns that are no matrix of their own torch's operator reads each apart.
            mean, inverse, _ = self._norm.moments
            bias = column_sums(masked)
            products = column_sums(torch.mul(masked, columns, out=rectified))
            weight = inverse * torch.addcmul(products, mean, bias, value=-1)
        self._weight, self._bias = plus(self._weight, weight), plus(self._bias, bias)

    def found(self) -> tuple[Tensor, Tensor]:
        """The gradients of weight and bias."""
        assert self._weight is not None and self._bias is not None
        return self._weight, self._bias


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

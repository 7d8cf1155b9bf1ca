"""The parts that mode `efficient` runs: modules of a dense block, norms, BN-ReLU-conv.

Batch norms share a map's statistics, which are computed once. Maps are matrices, gone through some
images at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ablate.models.matrices import (
    Piece,
    Shape,
    as_maps,
    as_matrix,
    as_row,
    column_sums,
    mask,
    stacked,
    statistics,
)

Columns = slice | Tensor  # of a matrix: a slice where they are neighbours, else their numbers
EVERY = slice(0, None)


@dataclass(frozen=True)
class LayerModules:
    """A pre-activation layer: BN-ReLU-conv, once or, with a bottleneck, twice."""

    columns: Columns  # that it reads, of the buffer
    norms: tuple[nn.BatchNorm2d, ...]
    convs: tuple[nn.Conv2d, ...]

    @property
    def parameters(self) -> list[Tensor]:
        return [
            tensor
            for norm, conv in zip(self.norms, self.convs, strict=True)
            for tensor in (norm.weight, norm.bias, conv.weight)
        ]


@dataclass(frozen=True)
class Stage:
    """What one function computes: layers, then BN-ReLU, pooling and a conv of everything.

    The mean of some pixels commutes with a 1x1 conv, which then has the fewer pixels to do.
    """

    layers: tuple[LayerModules, ...]
    norm: nn.BatchNorm2d  # of the transition, or the last
    pool: int  # side of the average pooling's window; 0: of the whole map
    conv: nn.Conv2d | None = None  # of the transition, 1x1

    @property
    def parameters(self) -> list[Tensor]:
        of_layers = [tensor for layer in self.layers for tensor in layer.parameters]
        conv = [self.conv.weight] if self.conv else []
        return [*of_layers, self.norm.weight, self.norm.bias, *conv]


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


class Unit:
    """A layer's first or second BN-ReLU-conv, of some columns of a matrix."""

    def __init__(
        self, norm: Norm, conv: nn.Conv2d, matrix: Tensor, columns: Columns, shape: Shape
    ) -> None:
        self.norm, self.kernel = norm, Kernel(conv, matrix.dtype)
        self._matrix, self._columns, self.shape = matrix, columns, shape
        self._width = conv.in_channels
        self.pieces = shape.pieces(matrix, self._width)
        self._kept: Tensor | None = None

    def run(self, *, keeps: bool = False) -> Tensor:
        """The maps it makes; `keeps` what is rectified for `back`, if there is room."""
        if keeps and self.shape.has_room(self._matrix, self._width):
            self._kept = self._matrix.new_empty(self.shape.pixels, self._width)

        def make(piece: Piece, out: Tensor | None) -> Tensor:
            return self.kernel(self._rectified(piece), piece.shape, out)

        return stacked(self._matrix, self.kernel.made, self.pieces, make)

    def back(
        self, piece: Piece, output: Tensor, out: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """The gradient of all the maps it makes -> of a piece what is rectified, and the gradient
        before it was, the first of the two, in `out` if there is one."""
        rectified = self._rectified(piece) if self._kept is None else self._kept[piece.rows]
        gradient = self.kernel.back(output[piece.rows], rectified, piece.shape)
        return mask(gradient, rectified, gradient if out is None else out), rectified

    def read(self, piece: Piece) -> Tensor:
        """A piece of what is normalised."""
        return self._matrix[piece.rows, self._columns]

    def _rectified(self, piece: Piece) -> Tensor:
        pixels = piece.shape.pixels
        if self._kept is None:
            out = self._matrix.new_empty(pixels, self._width)
        else:
            out = self._kept[piece.rows]
        return self.norm(self.read(piece), out)


class Kernel:
    """A convolution's weight in the type of the maps, cast once for all pieces of a pass."""

    def __init__(self, conv: nn.Conv2d, dtype: torch.dtype) -> None:
        self._weight = conv.weight.detach().to(dtype)
        self.made, self._padding, self._dtype = conv.out_channels, conv.padding, conv.weight.dtype
        # A product of matrices is quicker than oneDNN's 1x1 convolution, above all in backward.
        self._is_product = conv.kernel_size == (1, 1) and conv.weight.device.type == "cpu"
        self._gradient: Tensor | None = None

    def __call__(self, matrix: Tensor, shape: Shape, out: Tensor | None = None) -> Tensor:
        """Maps -> their convolution, all as matrices, in `out` if there is one."""
        if self._is_product:
            return torch.mm(matrix, self._weight[:, :, 0, 0].t(), out=out)
        maps = as_maps(matrix, shape)
        made = as_matrix(nn.functional.conv2d(maps, self._weight, padding=self._padding))
        return made if out is None else out.copy_(made)

    def back(self, output: Tensor, matrix: Tensor, shape: Shape) -> Tensor:
        """The gradient of what it made of maps -> that of the maps.

        Its own gradient is added to those before.
        """
        if self._is_product:
            gradient = output @ self._weight[:, :, 0, 0]
            own = (output.t() @ matrix)[:, :, None, None]
        else:
            maps, own = self._convolution_back(as_maps(output, shape), as_maps(matrix, shape))
            gradient = as_matrix(maps)
        self._gradient = plus(self._gradient, own.to(self._dtype))
        return gradient

    def found(self) -> Tensor:
        """Its own gradient."""
        assert self._gradient is not None
        return self._gradient

    def _convolution_back(self, output: Tensor, maps: Tensor) -> tuple[Tensor, Tensor]:
        gradient, own, _ = torch.ops.aten.convolution_backward(
            output,
            maps,
            self._weight,
            None,
            [1, 1],
            list(self._padding),
            [1, 1],
            False,
            [0, 0],
            1,
            [True, True, False],
        )
        return gradient, own

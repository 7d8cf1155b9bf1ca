"""A dense block, and the transition or pooling behind it, as one autograd function.

Every feature map is kept once, in one buffer that each layer writes its own maps into. What lies
between two convolutions is computed again in backward. This is the idea of Pleiss et al.,
"Memory-efficient implementation of DenseNets" (arXiv 1707.06990), taken further: there is no
concatenation, the batch statistics of a map are computed once for all layers that normalise it, and
in backward the terms of batch normalisation that are linear in a map are added up and applied once.

All maps are matrices here: a row per pixel of the batch, a column per channel. What lies between
two maps is made and used a few images at a time, so that it takes no room, on a CPU none but that
of its cache.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from ablate.models.matrices import (
    Shape,
    as_maps,
    as_matrix,
    column_sums,
    mask,
    pooled,
    statistics,
    unpooled,
)

Columns = slice | Tensor  # of the buffer


@dataclass(frozen=True)
class LayerModules:
    """A pre-activation layer: BN-ReLU-conv, once or, with a bottleneck, twice."""

    columns: Columns  # that it reads
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
        own = [tensor for layer in self.layers for tensor in layer.parameters]
        conv = [self.conv.weight] if self.conv else []
        return [*own, self.norm.weight, self.norm.bias, *conv]


def run_stage(maps: Tensor, stage: Stage) -> Tensor:
    """Maps (batch, channels, height, width) -> all maps of the block, normalised, rectified, pooled
    and convolved: (batch, channels, height / pool, width / pool), or (batch, channels).

    For training: batch statistics normalise, and running statistics move once. Cannot be
    differentiated twice.
    """
    result: Tensor = _Stage.apply(maps, stage, *stage.parameters)
    return result


class _Norm:
    """Batch normalisation and ReLU of some columns: numbers per channel, in float32 or wider."""

    def __init__(self, norm: nn.BatchNorm2d, mean: Tensor, variance: Tensor) -> None:
        self.mean, self.inverse = mean, (variance + norm.eps).rsqrt()
        self.scale = norm.weight.detach() * self.inverse
        self.shift = norm.bias.detach() - self.mean * self.scale

    def __call__(self, columns: Tensor) -> Tensor:
        return torch.addcmul(self.shift, columns, self.scale).to(columns.dtype).relu_()


class _NormGradients:
    """Gradients of a norm's weight and bias, summed up over the pieces of a batch."""

    def __init__(self, norm: _Norm) -> None:
        self._norm = norm
        self.bias, self._products = torch.zeros_like(norm.mean), torch.zeros_like(norm.mean)

    def add(self, gradient: Tensor, columns: Tensor, rectified: Tensor) -> None:
        """The gradient of what the norm has `rectified`, which is used up, and of what `columns`.

        The gradient is masked in place.
        """
        mask(gradient, rectified)
        self.bias += column_sums(gradient)
        # A fresh tensor of this size would cost more than what is computed.
        self._products += column_sums(torch.mul(gradient, columns, out=rectified))

    @property
    def weight(self) -> Tensor:
        return self._norm.inverse * (self._products - self._norm.mean * self.bias)


class _Stage(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, maps: Tensor, stage: Stage, *parameters: Tensor) -> Tensor:
        images, channels, height, width = maps.shape
        shape = Shape(images, height, width)
        dtype = _compute_dtype(maps)
        with _as_written(maps.device):
            total = stage.norm.num_features
            buffer = torch.empty(shape.pixels, total, dtype=dtype, device=maps.device)
            mean, variance = _new_statistics(stage.norm)
            own: list[tuple[Tensor, Tensor] | None] = []

            def put(made: Tensor, start: int) -> None:
                end = start + made.shape[1]
                buffer[:, start:end] = made
                mean[start:end], variance[start:end] = statistics(as_maps(made.to(dtype), shape))

            put(as_matrix(maps), 0)
            end = channels
            for layer in stage.layers:
                made, between = _forward(layer, buffer, mean, variance, shape)
                own.append(between)
                put(made, end)
                end += made.shape[1]
            _move(stage.norm, mean, variance, shape.pixels)
            last = _Norm(stage.norm, mean, variance)
            pieces = [
                pooled(last(buffer[piece.rows]), piece.shape, stage.pool)
                for piece in shape.pieces(buffer.device)
            ]
            result = torch.cat(pieces)
            if stage.conv:
                result = _convolve(stage.conv, result)
        ctx.save_for_backward(buffer, mean, variance, *parameters)
        ctx.stage, ctx.shape, ctx.own, ctx.channels = stage, shape, own, channels
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, output: Tensor) -> tuple[Tensor | None, ...]:
        buffer, mean, variance, *_ = ctx.saved_tensors
        stage, shape = ctx.stage, ctx.shape
        with _as_written(buffer.device):
            found: list[list[Tensor]] = []
            gradients = _Gradients(buffer, mean, variance, stage.norm.eps, shape)
            found.append(_last_back(stage, output.to(buffer.dtype), gradients))
            end = buffer.shape[1]
            for layer, between in zip(reversed(stage.layers), reversed(ctx.own), strict=True):
                start = end - layer.convs[-1].out_channels
                found.append(_backward(layer, between, gradients, slice(start, end)))
                end = start
            first = gradients.of(slice(0, ctx.channels)) if ctx.needs_input_grad[0] else None
        images = None if first is None else as_maps(first, shape)
        return (images, None, *(tensor for part in reversed(found) for tensor in part))


class _Gradients:
    """The gradient of every map, as far as the layers behind it have told.

    Normalising a map x to y takes from its gradient a constant and a multiple of x, the same for
    every pixel. These are summed up over the layers and applied when the map's turn comes.
    """

    def __init__(
        self, buffer: Tensor, mean: Tensor, variance: Tensor, eps: float, shape: Shape
    ) -> None:
        self.buffer, self.mean, self.variance, self.shape = buffer, mean, variance, shape
        self.sums = torch.zeros_like(buffer)
        self.inverse = (variance + eps).rsqrt()
        self.constant, self.slope = torch.zeros_like(mean), torch.zeros_like(mean)

    def add(self, rows: slice, columns: Columns, gradient: Tensor, norm: _Norm) -> None:
        """Take in, for some rows, the masked gradient of a norm that reads these columns."""
        scale = norm.scale.to(gradient.dtype)
        if isinstance(columns, slice):
            self.sums[rows, columns].addcmul_(gradient, scale)
        else:
            self.sums[rows].index_add_(1, columns, gradient.mul_(scale))

    def finish(self, columns: Columns, norm: _Norm, told: _NormGradients) -> list[Tensor]:
        """Take in the terms that are linear in a map -> gradients of the norm's weight and bias."""
        linear = norm.scale / self.shape.pixels
        weight, bias = told.weight, told.bias
        if isinstance(columns, slice):
            self.constant[columns] += linear * bias
            self.slope[columns] += linear * weight
        else:
            self.constant.index_add_(0, columns, linear * bias)
            self.slope.index_add_(0, columns, linear * weight)
        return [weight, bias]

    def of(self, columns: slice) -> Tensor:
        """The gradient of maps that no reader is left of."""
        # constant + slope * (x - mean) * inverse, as one multiple and one constant.
        multiple = self.slope[columns] * self.inverse[columns]
        constant = self.constant[columns] - multiple * self.mean[columns]
        linear = torch.addcmul(constant, self.buffer[:, columns], multiple)
        return (self.sums[:, columns] - linear).to(self.buffer.dtype)


def _last_back(stage: Stage, output: Tensor, gradients: _Gradients) -> list[Tensor]:
    """Add what the end of a stage tells its maps -> the gradients of its parameters."""
    last = _Norm(stage.norm, gradients.mean, gradients.variance)
    every, told, kernel = slice(0, None), _NormGradients(last), _KernelGradient(stage.conv)
    for piece in gradients.shape.pieces(output.device):
        columns = gradients.buffer[piece.rows]
        rectified = last(columns)
        spread = output[piece.images]
        if stage.conv:
            small = pooled(rectified, piece.shape, stage.pool)
            spread = kernel.add(spread, small)
        gradient = unpooled(spread, piece.shape, stage.pool)
        told.add(gradient, columns, rectified)
        gradients.add(piece.rows, every, gradient, last)
    return [*gradients.finish(every, last, told), *kernel.found]


def _forward(
    layer: LayerModules, buffer: Tensor, mean: Tensor, variance: Tensor, shape: Shape
) -> tuple[Tensor, tuple[Tensor, Tensor] | None]:
    """A layer -> its maps as a matrix, and the statistics of its bottleneck's output."""
    own = mean[layer.columns], variance[layer.columns]
    _move(layer.norms[0], *own, shape.pixels)
    made = _unit(_Norm(layer.norms[0], *own), layer.convs[0], buffer, layer.columns, shape)
    if len(layer.convs) == 1:
        return made, None
    between = statistics(as_maps(made, shape))
    _move(layer.norms[1], *between, shape.pixels)
    every = slice(0, None)
    return _unit(_Norm(layer.norms[1], *between), layer.convs[1], made, every, shape), between


def _unit(norm: _Norm, conv: nn.Conv2d, matrix: Tensor, columns: Columns, shape: Shape) -> Tensor:
    """BN-ReLU-conv of some columns -> a matrix."""
    made = matrix.new_empty(shape.pixels, conv.out_channels)
    for piece in shape.pieces(matrix.device):
        read = norm(matrix[piece.rows, columns])
        made[piece.rows] = as_matrix(_convolve(conv, as_maps(read, piece.shape)))
    return made


def _backward(
    layer: LayerModules,
    between: tuple[Tensor, Tensor] | None,
    gradients: _Gradients,
    made: slice,
) -> list[Tensor]:
    """Add a layer's gradients to those of its sources -> those of its parameters, in order."""
    buffer, shape, columns = gradients.buffer, gradients.shape, layer.columns
    first = _Norm(layer.norms[0], gradients.mean[columns], gradients.variance[columns])
    output = gradients.of(made)
    tail: list[Tensor] = []
    if between is not None:
        squeezed = _unit(first, layer.convs[0], buffer, columns, shape)
        output, tail = _second_back(layer, _Norm(layer.norms[1], *between), squeezed, output, shape)
    told, kernel = _NormGradients(first), _KernelGradient(layer.convs[0])
    for piece in shape.pieces(buffer.device):
        read = buffer[piece.rows, columns]
        rectified = first(read)
        made_of = as_maps(output[piece.rows], piece.shape)
        gradient = as_matrix(kernel.add(made_of, as_maps(rectified, piece.shape)))
        told.add(gradient, read, rectified)
        gradients.add(piece.rows, columns, gradient, first)
    return [*gradients.finish(columns, first, told), *kernel.found, *tail]


def _second_back(
    layer: LayerModules, norm: _Norm, squeezed: Tensor, output: Tensor, shape: Shape
) -> tuple[Tensor, list[Tensor]]:
    """The gradient of a layer's maps -> that of its bottleneck's output, which is used up, and
    those of the parameters between them."""
    told, kernel = _NormGradients(norm), _KernelGradient(layer.convs[1])
    masked = torch.empty_like(squeezed)
    for piece in shape.pieces(squeezed.device):
        read = squeezed[piece.rows]
        rectified = norm(read)
        made_of = as_maps(output[piece.rows], piece.shape)
        gradient = as_matrix(kernel.add(made_of, as_maps(rectified, piece.shape)))
        told.add(gradient, read, rectified)
        masked[piece.rows] = gradient
    multiple = norm.inverse * told.weight / shape.pixels
    constant = told.bias / shape.pixels - multiple * norm.mean
    for piece in shape.pieces(squeezed.device):
        rows = masked[piece.rows]
        rows -= torch.addcmul(constant, squeezed[piece.rows], multiple).to(rows.dtype)
        rows *= norm.scale.to(rows.dtype)
    return masked, [told.weight, told.bias, *kernel.found]


class _KernelGradient:
    """The gradient of a convolution's kernel, summed up over the pieces of a batch."""

    def __init__(self, conv: nn.Conv2d | None) -> None:
        self._conv = conv
        self.found = [] if conv is None else [torch.zeros_like(conv.weight)]

    def add(self, output: Tensor, maps: Tensor) -> Tensor:
        """The gradient of some of the batch's output, and its maps -> their gradient."""
        assert self._conv is not None
        gradient: Tensor
        gradient, kernel, _ = torch.ops.aten.convolution_backward(
            output,
            maps,
            self._conv.weight.detach().to(maps.dtype),
            None,
            [1, 1],
            list(self._conv.padding),
            [1, 1],
            False,
            [0, 0],
            1,
            [True, True, False],
        )
        self.found[0] += kernel
        return gradient


def _convolve(conv: nn.Conv2d, maps: Tensor) -> Tensor:
    kernel = conv.weight.detach().to(maps.dtype)
    made: Tensor = nn.functional.conv2d(maps, kernel, padding=conv.padding)
    return made


def _new_statistics(norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    mean = norm.running_mean
    assert mean is not None
    wide = torch.promote_types(mean.dtype, torch.float32)
    return torch.empty_like(mean, dtype=wide), torch.empty_like(mean, dtype=wide)


def _move(norm: nn.BatchNorm2d, mean: Tensor, variance: Tensor, pixels: int) -> None:
    """The running statistics' step towards those of a batch; the variance is the unbiased one."""
    assert norm.running_mean is not None and norm.running_var is not None
    assert norm.num_batches_tracked is not None and norm.momentum is not None
    norm.num_batches_tracked += 1
    norm.running_mean.lerp_(mean.to(norm.running_mean.dtype), norm.momentum)
    unbiased = variance * (pixels / max(1, pixels - 1))
    norm.running_var.lerp_(unbiased.to(norm.running_var.dtype), norm.momentum)


def _as_written(device: torch.device) -> AbstractContextManager[Any]:
    """Without autocast, which would cast what is cast here already."""
    known = torch.amp.is_autocast_available(device.type)
    return torch.autocast(device.type, enabled=False) if known else nullcontext()


def _compute_dtype(maps: Tensor) -> torch.dtype:
    """The type that convolutions give here: that of autocast where it is on."""
    device = maps.device.type
    known = torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device)
    return torch.get_autocast_dtype(device) if known else maps.dtype

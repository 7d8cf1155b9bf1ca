"""A dense block, and the transition or pooling behind it, as one autograd function.

Every feature map is kept once, in one buffer that each layer writes its own maps into. What lies
between two convolutions is computed again in backward. This is the idea of Pleiss et al.,
"Memory-efficient implementation of DenseNets" (arXiv 1707.06990), taken further: there is no
concatenation, the batch statistics of a map are computed once for all layers that normalise it, and
in backward the terms of batch normalisation that are linear in a map are added up and applied once.

All maps are matrices here: a row per pixel of the batch, a column per channel.
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
ALL = slice(0, None)
PART = 64  # channels
KEPT = 192  # channels of what a layer reads that backward normalises once and not twice


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

    def __call__(self, columns: Tensor, part: slice = ALL) -> Tensor:
        """`part` of the channels, whose columns are given."""
        made = torch.addcmul(self.shift[part], columns, self.scale[part])
        return made.to(columns.dtype).relu_()

    def backward(
        self, gradient: Tensor, columns: Tensor, room: Tensor, part: slice = ALL
    ) -> list[Tensor]:
        """The gradient behind BN, and the columns before it -> gradients of weight and bias.

        `room` is written over: a fresh tensor of this size costs more than what is computed.
        """
        bias = column_sums(gradient)
        products = column_sums(torch.mul(gradient, columns, out=room))
        return [self.inverse[part] * (products - self.mean[part] * bias), bias]


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
                buffer[:, start:end] = as_matrix(made)
                mean[start:end], variance[start:end] = statistics(made.to(dtype))

            put(maps, 0)
            end = channels
            for layer in stage.layers:
                made, between = _forward(layer, buffer, mean, variance, shape)
                own.append(between)
                put(made, end)
                end += made.shape[1]
            _move(stage.norm, mean, variance, shape.pixels)
            last = _Norm(stage.norm, mean, variance)
            pieces = [pooled(last(buffer[:, p], p), shape, stage.pool) for p in _parts(total)]
            result = torch.cat(pieces, 1)
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

    def add(
        self, columns: Columns, norm: _Norm, part: slice, rectified: Tensor, gradient: Tensor
    ) -> list[Tensor]:
        """Take in the gradient of `part` of what a reader has rectified; both are used up.

        `columns` are those of the buffer that the part is made of. Returns the gradients of the
        norm's weight and bias.
        """
        mask(gradient, rectified)
        weight, bias = norm.backward(gradient, self.buffer[:, columns], rectified, part)
        scale = norm.scale[part]
        linear = scale / self.shape.pixels
        if isinstance(columns, slice):
            self.sums[:, columns].addcmul_(gradient, scale.to(gradient.dtype))
            self.constant[columns] += linear * bias
            self.slope[columns] += linear * weight
        else:
            self.sums.index_add_(1, columns, gradient.mul_(scale.to(gradient.dtype)))
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
    norms, kernels = [], []
    for part in _parts(gradients.buffer.shape[1]):
        rectified = last(gradients.buffer[:, part], part)
        if stage.conv:
            small = pooled(rectified, gradients.shape, stage.pool)
            piece, kernel = _convolve_back(stage.conv, output, small, part)
            kernels.append(kernel)
        else:
            piece = output[:, part]
        spread = unpooled(piece, gradients.shape, stage.pool)
        norms.append(gradients.add(part, last, part, rectified, spread))
    found = [torch.cat(pieces) for pieces in zip(*norms, strict=True)]
    return [*found, torch.cat(kernels, 1)] if kernels else found


def _forward(
    layer: LayerModules, buffer: Tensor, mean: Tensor, variance: Tensor, shape: Shape
) -> tuple[Tensor, tuple[Tensor, Tensor] | None]:
    """A layer -> its maps, and the statistics of its bottleneck's output."""
    own = mean[layer.columns], variance[layer.columns]
    _move(layer.norms[0], *own, shape.pixels)
    made = _first_conv(layer, _Norm(layer.norms[0], *own), buffer, shape)
    if len(layer.convs) == 1:
        return made, None
    between = statistics(made)
    _move(layer.norms[1], *between, shape.pixels)
    maps = as_maps(_Norm(layer.norms[1], *between)(as_matrix(made)), shape)
    return _convolve(layer.convs[1], maps), between


def _first_conv(
    layer: LayerModules,
    norm: _Norm,
    buffer: Tensor,
    shape: Shape,
    kept: dict[int, Tensor] | None = None,
) -> Tensor:
    """BN-ReLU-conv of what a layer reads, a part of the columns at a time.

    The first normalised columns are left in `kept`, by the number they start at.
    """
    made: Tensor | None = None
    for part in _parts(layer.convs[0].in_channels):
        read = norm(buffer[:, _part_of(layer.columns, part)], part)
        more = _convolve(layer.convs[0], as_maps(read, shape), part)
        made = more if made is None else made.add_(more)
        if kept is not None and part.stop <= KEPT:
            kept[part.start] = read
    assert made is not None
    return made


def _backward(
    layer: LayerModules,
    between: tuple[Tensor, Tensor] | None,
    gradients: _Gradients,
    made: slice,
) -> list[Tensor]:
    """Add a layer's gradients to those of its sources -> those of its parameters, in order."""
    shape = gradients.shape
    output = as_maps(gradients.of(made), shape)
    own = gradients.mean[layer.columns], gradients.variance[layer.columns]
    first = _Norm(layer.norms[0], *own)
    tail: list[Tensor] = []
    kept: dict[int, Tensor] = {}
    if between is not None:
        squeezed = as_matrix(_first_conv(layer, first, gradients.buffer, shape, kept))
        output, tail = _second_back(layer, between, squeezed, output, shape)
    pieces = []
    for part in _parts(layer.convs[0].in_channels):
        columns = _part_of(layer.columns, part)
        read = kept.pop(part.start, None)
        if read is None:
            read = first(gradients.buffer[:, columns], part)
        gradient, kernel = _convolve_back(layer.convs[0], output, as_maps(read, shape), part)
        told = gradients.add(columns, first, part, read, as_matrix(gradient))
        pieces.append((*told, kernel))
    weights, biases, kernels = zip(*pieces, strict=True)
    return [torch.cat(weights), torch.cat(biases), torch.cat(kernels, 1), *tail]


def _second_back(
    layer: LayerModules,
    between: tuple[Tensor, Tensor],
    squeezed: Tensor,
    output: Tensor,
    shape: Shape,
) -> tuple[Tensor, list[Tensor]]:
    """The gradient of a layer's maps -> that of its bottleneck's output, and of parameters."""
    norm = _Norm(layer.norms[1], *between)
    rectified = norm(squeezed)
    gradient, kernel = _convolve_back(layer.convs[1], output, as_maps(rectified, shape))
    masked = as_matrix(gradient)
    mask(masked, rectified)
    weight, bias = norm.backward(masked, squeezed, rectified)
    multiple = norm.inverse * weight / shape.pixels
    constant = bias / shape.pixels - multiple * norm.mean
    masked -= torch.addcmul(constant, squeezed, multiple).to(masked.dtype)
    masked *= norm.scale.to(masked.dtype)
    return as_maps(masked, shape), [weight, bias, kernel]


def _convolve(conv: nn.Conv2d, maps: Tensor, part: slice = ALL) -> Tensor:
    """`part` of a convolution's input channels, which are given, as if the others were zero."""
    made: Tensor = nn.functional.conv2d(maps, _kernel(conv, maps, part), padding=conv.padding)
    return made


def _convolve_back(
    conv: nn.Conv2d, output: Tensor, maps: Tensor, part: slice = ALL
) -> tuple[Tensor, Tensor]:
    """Gradients of `part` of a convolution's input channels, and of their kernel."""
    stride, dilation, padding = [1, 1], [1, 1], list(conv.padding)
    gradient, kernel, _ = torch.ops.aten.convolution_backward(
        output,
        maps,
        _kernel(conv, maps, part),
        None,
        stride,
        padding,
        dilation,
        False,
        [0, 0],
        1,
        [True, True, False],
    )
    return gradient, kernel.to(conv.weight.dtype)


def _kernel(conv: nn.Conv2d, maps: Tensor, part: slice) -> Tensor:
    return conv.weight.detach()[:, part].to(maps.dtype)


def _parts(channels: int) -> list[slice]:
    """Channels in parts, so that what is computed again in between stays small."""
    return [slice(n, min(n + PART, channels)) for n in range(0, channels, PART)]


def _part_of(columns: Columns, part: slice) -> Columns:
    if isinstance(columns, slice):
        return slice(columns.start + part.start, columns.start + part.stop)
    return columns[part]


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

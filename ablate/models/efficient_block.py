"""A dense block, and the transition or pooling behind it, as one autograd function.

Every feature map is kept once, in one buffer that each layer writes its own maps into. What lies
between two convolutions is computed again in backward. This is the idea of Pleiss et al.,
"Memory-efficient implementation of DenseNets" (arXiv 1707.06990), taken further: there is no
concatenation, the batch statistics of a map are computed once for all layers that normalise it, and
in backward the terms of batch normalisation that are linear in a map are added up and applied once.

All maps are matrices here: a row per pixel of the batch, a column per channel. What lies between
two maps is made and used some images at a time: on a CPU few, so that it takes no room but that of
its cache; elsewhere as many as have room, mostly the batch.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from ablate.models.efficient_parts import (
    EVERY,
    Columns,
    Kernel,
    LayerModules,
    Moments,
    Norm,
    NormGradients,
    RunningStatistics,
    Stage,
    Unit,
)
from ablate.models.matrices import (
    Piece,
    Shape,
    as_maps,
    as_matrix,
    mask,
    pooled,
    stacked,
    unpooled,
    wide,
)


def run_stage(maps: Tensor, stage: Stage) -> Tensor:
    """Maps (batch, channels, height, width) -> all maps of the block, normalised, rectified, pooled
    and convolved: (batch, channels, height / pool, width / pool), or (batch, channels).

    For training: batch statistics normalise, and running statistics move once. The norms have one
    eps and one momentum. Cannot be differentiated twice.
    """
    result: Tensor = _Stage.apply(maps, stage, *stage.parameters)
    return result


class _Stage(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, maps: Tensor, stage: Stage, *parameters: Tensor) -> Tensor:
        shape = Shape(maps.shape[0], *maps.shape[2:])
        with _as_written(maps.device):
            block = _Forward(stage, shape, _compute_dtype(maps), maps.device)
            block.put(as_matrix(maps))
            norms = [block.layer(layer) for layer in stage.layers]
            result, last = block.end()
        ctx.save_for_backward(block.buffer, block.moments, *parameters)
        ctx.stage, ctx.shape, ctx.channels = stage, shape, maps.shape[1]
        ctx.norms, ctx.last = norms, last
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, output: Tensor) -> tuple[Tensor | None, ...]:
        buffer, moments, *_ = ctx.saved_tensors
        stage = ctx.stage
        with _as_written(buffer.device):
            output = output.to(buffer.dtype)
            gradients = Gradients(buffer, moments, ctx.shape)
            found = [back_through_end(stage, ctx.last, output, gradients)]
            end = buffer.shape[1]
            for layer, norms in zip(reversed(stage.layers), reversed(ctx.norms), strict=True):
                start = end - layer.convs[-1].out_channels
                found.append(back_through_layer(layer, norms, gradients, slice(start, end)))
                end = start
            first = gradients.of(slice(0, ctx.channels)) if ctx.needs_input_grad[0] else None
        images = None if first is None else as_maps(first, ctx.shape)
        return (images, None, *(tensor for part in reversed(found) for tensor in part))


class _Forward:
    """A stage's buffer while it fills."""

    def __init__(
        self, stage: Stage, shape: Shape, dtype: torch.dtype, device: torch.device
    ) -> None:
        self._stage, self._shape, self._filled = stage, shape, 0
        total, numbers = stage.norm.num_features, wide(stage.norm.weight.dtype)
        self.buffer = torch.empty(shape.pixels, total, dtype=dtype, device=device)
        # As the rows of one table, of which a layer gathers its columns at once.
        self.moments = torch.empty(len(Moments._fields), total, dtype=numbers, device=device)
        self._running = RunningStatistics()

    def put(self, made: Tensor) -> None:
        """Take in some maps, which are behind those before."""
        columns = slice(self._filled, self._filled + made.shape[1])
        self.buffer[:, columns] = made
        maps = as_maps(made.to(self.buffer.dtype), self._shape)
        torch.stack(Moments.of(maps, self._stage.norm.eps), out=self.moments[:, columns])
        self._filled = columns.stop

    def layer(self, layer: LayerModules) -> list[Norm]:
        """Run a layer -> its norms, with what they took from the batch."""
        matrix, columns = self.buffer, layer.columns
        moments = Moments(*self.moments[:, columns])
        norms: list[Norm] = []
        for norm, conv in zip(layer.norms, layer.convs, strict=True):
            if norms:  # what a bottleneck has made
                columns = EVERY
                moments = Moments.of(as_maps(matrix, self._shape), norm.eps)
            self._running.add(norm, moments)
            norms.append(Norm(norm, moments))
            matrix = Unit(norms[-1], conv, matrix, columns, self._shape).run()
        self.put(matrix)
        return norms

    def end(self) -> tuple[Tensor, Norm]:
        """Run what is behind the layers -> the stage's output, and the norm there."""
        norm, pool, conv = self._stage.norm, self._stage.pool, self._stage.conv
        every = Moments(*self.moments)
        self._running.add(norm, every)
        self._running.move(self._shape.pixels)
        last = Norm(norm, every)
        pieces = self._shape.pieces(self.buffer, self.buffer.shape[1])
        made = []
        for piece in pieces:
            columns = self.buffer[piece.rows]
            rectified = last(columns, torch.empty_like(columns))
            made.append(pooled(rectified, piece.shape, pool))
        result = torch.cat(made) if len(made) > 1 else made[0]
        if conv is not None:
            small = Shape(len(result), *result.shape[2:])
            result = as_maps(Kernel(conv, result.dtype)(as_matrix(result), small), small)
        return result, last


class Gradients:
    """The gradient of every map, as far as the layers behind it have told.

    Normalising a map x to y takes from its gradient a constant and a multiple of x, the same for
    every pixel. These are summed up over the layers and applied when the map's turn comes.
    """

    sums: Tensor  # like the buffer; the end of a stage, which reads every map, tells first

    def __init__(self, buffer: Tensor, moments: Tensor, shape: Shape) -> None:
        self.buffer, self.shape, self._moments = buffer, shape, moments
        self._constant, self._slope = (torch.zeros_like(moments[0]) for _ in range(2))

    def add(self, rows: slice, columns: Columns, gradient: Tensor, norm: Norm) -> None:
        """Take in, for some rows, the masked gradient of a norm that reads these columns."""
        scale = norm.scale.to(gradient.dtype)
        if isinstance(columns, slice):
            self.sums[rows, columns].addcmul_(gradient, scale)
        else:
            self.sums[rows].index_add_(1, columns, gradient.mul_(scale))

    def finish(self, columns: Columns, norm: Norm, weight: Tensor, bias: Tensor) -> None:
        """Take in the terms that are linear in a map, of a norm whose gradients these are."""
        share = 1 / self.shape.pixels
        if isinstance(columns, slice):
            self._constant[columns].addcmul_(norm.scale, bias, value=share)
            self._slope[columns].addcmul_(norm.scale, weight, value=share)
        else:
            self._constant.index_add_(0, columns, norm.scale * bias, alpha=share)
            self._slope.index_add_(0, columns, norm.scale * weight, alpha=share)

    def of(self, columns: slice) -> Tensor:
        """The gradient of maps that no reader is left of."""
        # constant + slope * (x - mean) * inverse, as one multiple and one constant.
        mean, inverse, _ = Moments(*self._moments[:, columns])
        multiple = self._slope[columns] * inverse
        constant = torch.addcmul(self._constant[columns], multiple, mean, value=-1)
        linear = torch.addcmul(constant, self.buffer[:, columns], multiple)
        return (self.sums[:, columns] - linear).to(self.buffer.dtype)


def back_through_end(
    stage: Stage, last: Norm, output: Tensor, gradients: Gradients
) -> list[Tensor]:
    """What the end of a stage tells its maps -> the gradients of its parameters."""
    buffer, shape = gradients.buffer, gradients.shape
    told, kernel = NormGradients(last), stage.conv and Kernel(stage.conv, buffer.dtype)
    scale = last.scale.to(buffer.dtype)

    def make(piece: Piece, out: Tensor | None) -> Tensor:
        columns = buffer[piece.rows]
        rectified = last(columns, torch.empty_like(columns))
        spread = output[piece.images]
        if kernel:
            small = pooled(rectified, piece.shape, stage.pool)
            made, whole = as_matrix(spread), Shape(len(small), *small.shape[2:])
            spread = as_maps(kernel.back(made, as_matrix(small), whole), whole)
        gradient = unpooled(spread, rectified, piece.shape, stage.pool)
        mask(gradient, rectified, gradient)
        told.add(gradient, columns, rectified)
        return torch.mul(gradient, scale, out=gradient if out is None else out)

    pieces = shape.pieces(buffer, buffer.shape[1])
    gradients.sums = stacked(buffer, buffer.shape[1], pieces, make)
    weight, bias = told.found()
    gradients.finish(EVERY, last, weight, bias)
    return [weight, bias, *([kernel.found()] if kernel else [])]


def back_through_layer(
    layer: LayerModules, norms: list[Norm], gradients: Gradients, made: slice
) -> list[Tensor]:
    """Add a layer's gradients to those of its sources -> those of its parameters, in order."""
    shape, columns = gradients.shape, layer.columns
    first = Unit(norms[0], layer.convs[0], gradients.buffer, columns, shape)
    output = gradients.of(made)
    tail: list[Tensor] = []
    if len(norms) > 1:
        # No name for the bottleneck's output: it would stay while the first norm is gone through.
        output, tail = _back_through_second(layer, norms[1], first.run(keeps=True), output, shape)
    told = NormGradients(first.norm)
    for piece in first.pieces:
        gradient, rectified = first.back(piece, output)
        told.add(gradient, first.read(piece), rectified)
        gradients.add(piece.rows, columns, gradient, first.norm)
    weight, bias = told.found()
    gradients.finish(columns, first.norm, weight, bias)
    return [weight, bias, first.kernel.found(), *tail]


def _back_through_second(
    layer: LayerModules, norm: Norm, squeezed: Tensor, output: Tensor, shape: Shape
) -> tuple[Tensor, list[Tensor]]:
    """The gradient of a layer's maps -> that of its bottleneck's output, and those of the
    parameters between them."""
    unit = Unit(norm, layer.convs[1], squeezed, EVERY, shape)

    def make(piece: Piece, out: Tensor | None) -> Tensor:
        return unit.back(piece, output, out)[0]

    masked = stacked(squeezed, squeezed.shape[1], unit.pieces, make)
    gradient, weight, bias = unit.norm.back(masked, squeezed, (True, True, True))
    assert gradient is not None
    return gradient, [weight, bias, unit.kernel.found()]


def _as_written(device: torch.device) -> AbstractContextManager[Any]:
    """Without autocast, which would cast what is cast here already."""
    known = torch.amp.is_autocast_available(device.type)
    return torch.autocast(device.type, enabled=False) if known else nullcontext()


def _compute_dtype(maps: Tensor) -> torch.dtype:
    """The type that convolutions give here: that of autocast where it is on."""
    device = maps.device.type
    known = torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device)
    return torch.get_autocast_dtype(device) if known else maps.dtype

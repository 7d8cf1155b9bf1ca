"""Backward of a dense block: the gradient of every map, and of the parameters on the way."""

from __future__ import annotations

import torch
from torch import Tensor

from ablate.models.efficient_norms import Moments, Norm, NormGradients
from ablate.models.efficient_stage import Columns, LayerModules, Stage
from ablate.models.efficient_units import EVERY, Kernel, Unit
from ablate.models.matrices import Piece, Shape, as_maps, as_matrix, mask, pooled, stacked, unpooled


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

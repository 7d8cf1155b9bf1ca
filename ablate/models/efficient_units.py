"""BN-ReLU-conv on maps as matrices, some images at a time."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ablate.models.efficient_norms import Moments, Norm, plus
from ablate.models.efficient_stage import Columns, LayerModules
from ablate.models.matrices import Piece, Shape, as_maps, as_matrix, mask, stacked

EVERY = slice(0, None)


class Unit:
    """A layer's first or second BN-ReLU-conv, of some columns of a matrix."""

    def __init__(
        self,
        layer: LayerModules,
        number: int,
        moments: Moments,
        matrix: Tensor,
        columns: Columns,
        shape: Shape,
    ) -> None:
        self.norm = Norm(layer.norms[number], moments)
        self.kernel = Kernel(layer.convs[number], matrix.dtype)
        self._matrix, self._columns, self.shape = matrix, columns, shape
        self.pieces = shape.pieces(matrix, layer.convs[number].in_channels)
        self._kept: Tensor | None = None

    def run(self, *, keeps: bool = False) -> Tensor:
        """The maps it makes; `keeps` what is rectified for `back`, if that is one piece."""

        def make(piece: Piece) -> Tensor:
            rectified = self.norm(self.read(piece))
            if keeps and len(self.pieces) == 1:
                self._kept = rectified
            return as_matrix(self.kernel(as_maps(rectified, piece.shape)))

        return stacked(self.shape, self.pieces, make)

    def back(self, piece: Piece, output: Tensor) -> tuple[Tensor, Tensor]:
        """The gradient of all the maps it makes -> of a piece, that of what is normalised, and what
        is rectified."""
        rectified, self._kept = self._kept, None
        if rectified is None:
            rectified = self.norm(self.read(piece))
        made = as_maps(output[piece.rows], piece.shape)
        gradient = as_matrix(self.kernel.back(made, as_maps(rectified, piece.shape)))
        mask(gradient, rectified)
        return gradient, rectified

    def read(self, piece: Piece) -> Tensor:
        """A piece of what is normalised."""
        return self._matrix[piece.rows, self._columns]


class Kernel:
    """A convolution's weight in the type of the maps, cast once for all pieces of a pass."""

    def __init__(self, conv: nn.Conv2d, dtype: torch.dtype) -> None:
        self._weight = conv.weight.detach().to(dtype)
        self._padding = conv.padding
        self._gradient: Tensor | None = None

    def __call__(self, maps: Tensor) -> Tensor:
        convolved: Tensor = nn.functional.conv2d(maps, self._weight, padding=self._padding)
        return convolved

    def back(self, output: Tensor, maps: Tensor) -> Tensor:
        """The gradient of what it made of maps -> that of the maps.

        Its own gradient is added to those before.
        """
        gradient: Tensor
        gradient, kernel, _ = torch.ops.aten.convolution_backward(
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
        self._gradient = plus(self._gradient, kernel)
        return gradient

    def found(self) -> Tensor:
        """Its own gradient."""
        assert self._gradient is not None
        return self._gradient

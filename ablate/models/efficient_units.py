"""BN-ReLU-conv on maps as matrices, some images at a time."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ablate.models.efficient_norms import Norm, plus
from ablate.models.efficient_stage import Columns
from ablate.models.matrices import Piece, Shape, as_maps, as_matrix, mask, stacked

EVERY = slice(0, None)


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

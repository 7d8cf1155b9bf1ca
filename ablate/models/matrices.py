"""Maps as matrices: a row per pixel of a batch, a column per channel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

CACHED = 16_384  # pixels of a piece on a CPU: of several numbers the quickest
ROOM = 2**28  # bytes of a piece elsewhere, where small operations cost launches


@dataclass(frozen=True)
class Shape:
    """Of a batch of maps."""

    images: int
    height: int
    width: int

    @property
    def pixels(self) -> int:
        return self.images * self.height * self.width

    def pieces(self, matrix: Tensor, columns: int) -> list[Piece]:
        """The batch, some images at a time, where so many columns of a matrix are made anew.

        On a CPU few images, elsewhere as many as have room: mostly all.
        """
        one = self.height * self.width
        if matrix.device.type == "cpu":
            most = CACHED // one
        else:
            most = ROOM // (one * columns * matrix.element_size())
        parts = -(-self.images // max(1, most))
        some = -(-self.images // parts)
        starts = range(0, self.images, some)
        return [self._piece(start, min(start + some, self.images)) for start in starts]

    def _piece(self, start: int, end: int) -> Piece:
        one = self.height * self.width
        rows = slice(start * one, end * one)
        return Piece(slice(start, end), rows, Shape(end - start, self.height, self.width))


@dataclass(frozen=True)
class Piece:
    """Some of the images of a batch."""

    images: slice
    rows: slice  # of a matrix
    shape: Shape


def stacked(shape: Shape, pieces: Sequence[Piece], make: Callable[[Piece], Tensor]) -> Tensor:
    """What `make` makes of each piece, one below the other; no copy where there is one piece."""
    if len(pieces) == 1:
        return make(pieces[0])
    whole: Tensor | None = None
    for piece in pieces:
        part = make(piece)
        if whole is None:
            whole = part.new_empty(shape.pixels, part.shape[1])
        whole[piece.rows] = part
    assert whole is not None
    return whole


def as_matrix(maps: Tensor) -> Tensor:
    """(batch, channels, height, width) -> (pixels, channels); no copy where channels are last."""
    return maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[1])


def as_maps(matrix: Tensor, shape: Shape) -> Tensor:
    """The inverse of `as_matrix`, without a copy."""
    return matrix.view(shape.images, shape.height, shape.width, -1).permute(0, 3, 1, 2)


def pooled(matrix: Tensor, shape: Shape, pool: int) -> Tensor:
    """Matrix -> maps averaged over windows of side `pool`, or with 0 a number for each map."""
    maps = as_maps(matrix, shape)
    return nn.functional.avg_pool2d(maps, pool) if pool else maps.mean((2, 3))


def unpooled(output: Tensor, matrix: Tensor, shape: Shape, pool: int) -> Tensor:
    """The gradient of `pooled`, as a matrix like the one that was pooled."""
    if not pool:
        one = shape.height * shape.width
        return (output / one)[:, None, :].expand(-1, one, -1).reshape(shape.pixels, -1)
    gradient: Tensor = torch.ops.aten.avg_pool2d_backward(
        output, as_maps(matrix, shape), [pool, pool], [pool, pool], [0, 0], False, True, None
    )
    return as_matrix(gradient)


def mask(gradient: Tensor, rectified: Tensor) -> None:
    """ReLU's backward, in place."""
    torch.ops.aten.threshold_backward.grad_input(gradient, rectified, 0, grad_input=gradient)


def column_sums(matrix: Tensor) -> Tensor:
    """Sums over pixels, in float32 or wider."""
    if matrix.device.type == "cpu" and matrix.dtype in (torch.float32, torch.float64):
        # A product with ones: torch's own sum over rows is several times slower on CPUs.
        return matrix.new_ones(1, len(matrix)).mm(matrix)[0]
    return matrix.sum(0, dtype=wide(matrix.dtype))


def statistics(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Maps -> mean and biased variance of each channel, in float32 or wider."""
    if maps.device.type == "cpu" and maps.dtype in (torch.float32, torch.float64):
        # `var_mean` over these dimensions takes thirty times as long on CPUs.
        mean, variance = torch.batch_norm_update_stats(maps, None, None, 0.0)
        return mean, variance
    variance, mean = torch.var_mean(maps.to(wide(maps.dtype)), (0, 2, 3), correction=0)
    return mean, variance


def wide(dtype: torch.dtype) -> torch.dtype:
    """float32, or a wider type itself."""
    return torch.promote_types(dtype, torch.float32)

"""Maps as matrices: a row per pixel of a batch, a column per channel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

CACHED = 2**22  # bytes of a piece on a CPU: twice a core's second cache
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
        most = CACHED if matrix.device.type == "cpu" else ROOM
        image = self.height * self.width * columns * matrix.element_size()
        parts = -(-self.images // max(1, most // image))
        some = -(-self.images // parts)
        starts = range(0, self.images, some)
        return [self._piece(start, min(start + some, self.images)) for start in starts]

    def has_room(self, matrix: Tensor, columns: int) -> bool:
        """Whether so many columns of a matrix may be made anew for the whole batch, and kept."""
        return self.pixels * columns * matrix.element_size() <= ROOM

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


def stacked(
    matrix: Tensor,
    columns: int,
    pieces: Sequence[Piece],
    make: Callable[[Piece, Tensor | None], Tensor],
) -> Tensor:
    """What `make` makes of the pieces of a matrix, so many columns each, one below the other.

    It is told where to write what it makes; one piece is taken as it is.
    """
    if len(pieces) == 1:
        return make(pieces[0], None)
    whole = matrix.new_empty(len(matrix), columns)
    for piece in pieces:
        make(piece, whole[piece.rows])
    return whole


def as_matrix(maps: Tensor) -> Tensor:
    """(batch, channels, height, width) -> (pixels, channels); no copy where channels are last."""
    return maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[1])


def as_maps(matrix: Tensor, shape: Shape) -> Tensor:
    """The inverse of `as_matrix`, without a copy."""
    return matrix.view(shape.images, shape.height, shape.width, -1).permute(0, 3, 1, 2)


def as_row(matrix: Tensor) -> Tensor:
    """A dense matrix -> maps of one image with one row: (1, channels, 1, pixels)."""
    return as_maps(matrix, Shape(1, 1, len(matrix)))


def pooled(matrix: Tensor, shape: Shape, pool: int) -> Tensor:
    """Matrix -> maps averaged over windows of side `pool`, or with 0 a number for each map."""
    maps = as_maps(matrix, shape)
    return nn.functional.avg_pool2d(maps, pool) if pool else maps.mean((2, 3))


def unpooled(output: Tensor, matrix: Tensor, shape: Shape, pool: int) -> Tensor:
    """The gradient of `pooled`, as a dense matrix like the one that was pooled."""
    if not pool:
        one = shape.height * shape.width
        spread = (output / one)[:, None, :].expand(-1, one, -1)
        # Of one image `reshape` alone would give rows that are all in one place.
        return spread.contiguous().view(shape.pixels, -1)
    gradient: Tensor = torch.ops.aten.avg_pool2d_backward(
        output, as_maps(matrix, shape), [pool, pool], [pool, pool], [0, 0], False, True, None
    )
    return as_matrix(gradient)


def mask(gradient: Tensor, rectified: Tensor, out: Tensor) -> Tensor:
    """ReLU's backward, into `out`, which may be the gradient itself."""
    masked: Tensor = torch.ops.aten.threshold_backward.grad_input(
        gradient, rectified, 0, grad_input=out
    )
    return masked


def column_sums(matrix: Tensor) -> Tensor:
    """Sums over pixels, in float32 or wider."""
    return matrix.sum(0, dtype=wide(matrix.dtype))


def statistics(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Maps -> mean and biased variance of each channel, in float32 or wider."""
    numbers = wide(maps.dtype)
    if maps.device.type == "cpu":
        # `var_mean` over these dimensions takes thirty times as long on CPUs. The type of what it
        # returns is that of running statistics, which do not move here.
        still = torch.zeros(2, maps.shape[1], dtype=numbers)
        mean, variance = torch.batch_norm_update_stats(maps, still[0], still[1], 0.0)
        return mean, variance
    variance, mean = torch.var_mean(maps.to(numbers), (0, 2, 3), correction=0)
    return mean, variance


def wide(dtype: torch.dtype) -> torch.dtype:
    """float32, or a wider type itself."""
    return torch.promote_types(dtype, torch.float32)

"""Maps as matrices: a row per pixel of a batch, a column per channel."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

CACHED = 16_384  # pixels of a piece on a CPU: of several numbers the quickest
PIECES = 4  # of a batch elsewhere


@dataclass(frozen=True)
class Shape:
    """Of a batch of maps."""

    images: int
    height: int
    width: int

    @property
    def pixels(self) -> int:
        return self.images * self.height * self.width

    def pieces(self, device: torch.device) -> list[Piece]:
        """The batch, some images at a time; on a CPU few, elsewhere so that launches stay few."""
        one = self.height * self.width
        some = CACHED // one if device.type == "cpu" else -(-self.images // PIECES)
        some = max(1, some)
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


def unpooled(output: Tensor, shape: Shape, pool: int) -> Tensor:
    """The gradient of `pooled`, as a matrix."""
    if not pool:
        whole = output / (shape.height * shape.width)
        spread = whole[:, None, :].expand(-1, shape.height * shape.width, -1)
        return spread.reshape(shape.pixels, -1)
    tall = (output / pool**2).permute(0, 2, 3, 1)
    spread = tall.repeat_interleave(pool, 1).repeat_interleave(pool, 2)
    # Rows and columns that fill no window are not pooled.
    right, below = shape.width - spread.shape[2], shape.height - spread.shape[1]
    return nn.functional.pad(spread, (0, 0, 0, right, 0, below)).reshape(shape.pixels, -1)


def mask(gradient: Tensor, rectified: Tensor) -> None:
    """ReLU's backward, in place."""
    torch.ops.aten.threshold_backward.grad_input(gradient, rectified, 0, grad_input=gradient)


def column_sums(matrix: Tensor) -> Tensor:
    """Sums over pixels, in float32 or wider."""
    if matrix.device.type == "cpu" and matrix.dtype in (torch.float32, torch.float64):
        # A product with ones: torch's own sum over rows is several times slower on CPUs.
        return matrix.new_ones(1, len(matrix)).mm(matrix)[0]
    wide = torch.promote_types(matrix.dtype, torch.float32)
    return matrix.sum(0, dtype=wide)


def statistics(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Maps -> mean and biased variance of each channel, in float32 or wider."""
    if maps.device.type == "cpu" and maps.dtype in (torch.float32, torch.float64):
        # `var_mean` over these dimensions takes thirty times as long on CPUs.
        mean, variance = torch.batch_norm_update_stats(maps, None, None, 0.0)
        return mean, variance
    wide = torch.promote_types(maps.dtype, torch.float32)
    variance, mean = torch.var_mean(maps.to(wide), (0, 2, 3), correction=0)
    return mean, variance

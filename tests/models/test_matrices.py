"""Maps as matrices, a few images at a time."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
import torch

from ablate.models import matrices
from ablate.models.matrices import Shape, as_maps, as_matrix, pooled, unpooled


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("images", [1, 3, 7, 64])
def test_pieces_are_the_batch_once_and_in_order(images: int, device: str) -> None:
    shape = Shape(images, 40, 41)
    pieces = shape.pieces(torch.empty(0, device=device), 300)
    assert (pieces[0].images.start, pieces[-1].images.stop) == (0, images)
    assert all(one.images.stop == next_.images.start for one, next_ in pairwise(pieces))
    for piece in pieces:
        count = piece.images.stop - piece.images.start
        assert piece.shape == Shape(count, 40, 41)
        assert piece.rows == slice(piece.images.start * 1640, piece.images.stop * 1640)


def counts(images: int, side: int, columns: int, **of: Any) -> list[int]:
    pieces = Shape(images, side, side).pieces(torch.empty(0, **of), columns)
    return [piece.images.stop - piece.images.start for piece in pieces]


def test_a_cpu_takes_as_many_images_at_a_time_as_it_caches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrices, "CACHED", 16 * 1024 * 64 * 4)
    assert counts(64, 32, 64) == [16] * 4
    assert counts(64, 32, 64, dtype=torch.bfloat16) == [32] * 2
    assert counts(65, 32, 64) == [13] * 5
    assert counts(66, 32, 64) == [14, 14, 14, 14, 10]
    assert counts(64, 1, 64) == [64]
    assert counts(3, 512, 64) == [1, 1, 1], "an image is not divided"


def test_elsewhere_a_batch_is_one_piece_that_has_room() -> None:
    assert counts(256, 32, 256, device="meta") == [256]  # 256 MiB in float32
    assert counts(256, 32, 257, device="meta") == [128, 128]
    assert counts(256, 32, 512, device="meta", dtype=torch.bfloat16) == [256]
    assert counts(256, 56, 256, device="meta") == [64] * 4
    assert counts(2, 2048, 99, device="meta") == [1, 1], "an image is not divided"


def test_maps_and_back() -> None:
    maps = torch.randn(3, 5, 2, 4)
    assert torch.equal(as_maps(as_matrix(maps), Shape(3, 2, 4)), maps)


@pytest.mark.parametrize("pool", [0, 2, 3])
@pytest.mark.parametrize("images", [1, 2])
def test_the_gradient_of_pooling(images: int, pool: int) -> None:
    shape = Shape(images, 7, 6)
    matrix = torch.randn(shape.pixels, 3, dtype=torch.float64, requires_grad=True)
    result = pooled(matrix, shape, pool)
    output = torch.randn_like(result)
    result.backward(output)
    assert matrix.grad is not None
    gradient = unpooled(output, matrix.detach(), shape, pool)
    torch.testing.assert_close(gradient, matrix.grad)
    gradient += 1  # each pixel has its own
    torch.testing.assert_close(gradient, matrix.grad + 1)

"""Maps as matrices, a few images at a time."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch

from ablate.models import matrices
from ablate.models.matrices import Shape, as_maps, as_matrix, pooled, unpooled


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("images", [1, 3, 7, 64])
def test_pieces_are_the_batch_once_and_in_order(images: int, device: str) -> None:
    shape = Shape(images, 40, 41)
    pieces = shape.pieces(torch.device(device))
    assert (pieces[0].images.start, pieces[-1].images.stop) == (0, images)
    assert all(one.images.stop == next_.images.start for one, next_ in pairwise(pieces))
    for piece in pieces:
        count = piece.images.stop - piece.images.start
        assert piece.shape == Shape(count, 40, 41)
        assert piece.rows == slice(piece.images.start * 1640, piece.images.stop * 1640)


def test_how_many_images_are_taken_at_a_time() -> None:
    cpu, other = torch.device("cpu"), torch.device("meta")
    some = matrices.CACHED // 1024
    assert len(Shape(4 * some, 32, 32).pieces(cpu)) == 4
    assert len(Shape(4 * some + 1, 32, 32).pieces(cpu)) == 5
    assert len(Shape(4 * some, 1, 1).pieces(cpu)) == 1
    assert len(Shape(3, 512, 512).pieces(cpu)) == 3, "an image is not divided"
    assert [len(Shape(n, 8, 8).pieces(other)) for n in (1, 4, 5, 256)] == [1, 4, 3, 4]


def test_maps_and_back() -> None:
    maps = torch.randn(3, 5, 2, 4)
    assert torch.equal(as_maps(as_matrix(maps), Shape(3, 2, 4)), maps)


@pytest.mark.parametrize("pool", [0, 2, 3])
def test_the_gradient_of_pooling(pool: int) -> None:
    shape = Shape(2, 7, 6)
    matrix = torch.randn(shape.pixels, 3, dtype=torch.float64, requires_grad=True)
    result = pooled(matrix, shape, pool)
    output = torch.randn_like(result)
    result.backward(output)
    assert matrix.grad is not None
    torch.testing.assert_close(unpooled(output, shape, pool), matrix.grad)

"""What a recipe does to training images: drawn beside their crops, and left out of evaluation."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from ablate.cells import DATASETS, Recipe
from ablate.data import Batches, Draw, images_of
from ablate.training.altering import Altered
from ablate.training.ranks import Ranks

CPU = torch.device("cpu")
CIFAR10 = DATASETS["cifar10"]
assert CIFAR10


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def made(count: int, batch_size: int, **recipe: Any) -> tuple[Batches, Altered]:
    """A feed of random images whose labels are their numbers, and the same altered."""
    shape = (count, 32, 32, 3)
    x = torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator(0))
    feed = Batches(x, torch.arange(count), CIFAR10, batch_size=batch_size, device=CPU)
    return feed, Altered(feed, Recipe(epochs=1, batch_size=batch_size, **recipe), CPU)


def drawn(altered: Altered) -> list[Draw]:
    return list(altered.draws(generator(1), generator(2)))


KNOBS: dict[str, dict[str, Any]] = {"cutout": {"cutout": 8}}


@pytest.mark.parametrize("knob", KNOBS)
def test_order_and_crops_are_those_of_a_recipe_without(knob: str) -> None:
    """So that variants of a study see the same images at the same seed."""
    feed, altered = made(10, 4, **KNOBS[knob])
    plain = feed.draws(generator(1), generator(2))
    assert all(
        torch.equal(own, draw[0]) for (own,), draw in zip(plain, drawn(altered), strict=True)
    )
    assert (len(altered), altered.images, altered.batch_size) == (3, 10, 4)


@pytest.mark.parametrize("knob", KNOBS)
def test_a_blank_draw_is_like_those_that_come(knob: str) -> None:
    _, altered = made(10, 4, **KNOBS[knob])
    blank, (draw, *_) = altered.blank(4, augmented=True), drawn(altered)
    assert images_of(blank) == 4
    assert [(p.shape, p.dtype) for p in blank] == [(p.shape, p.dtype) for p in draw]
    assert altered.make(blank)[0].shape == (4, 3, 32, 32)


def holes(down: int, right: int, side: int) -> Tensor:
    """(32, 32), where the square around a pixel is."""
    found = torch.zeros(32, 32, dtype=torch.bool)
    top, left = down - side // 2, right - side // 2
    found[max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)] = True
    return found


@pytest.mark.parametrize("side", [1, 2, 5, 64])
def test_a_square_is_cut_out_of_each_image(side: int) -> None:
    feed, altered = made(12, 12, cutout=side)
    (draw,) = drawn(altered)
    down, right = draw[1].tolist()
    assert len(set(down)) > 5 and min(down + right) >= 0 and max(down + right) < 32
    (x, labels), (expected, _) = altered.make(draw), feed.make(draw[:1])
    for image, under, *middle in zip(x, expected, down, right, strict=True):
        assert torch.equal(image, under.masked_fill(holes(*middle, side), 0.0))
    assert torch.equal(labels, draw[0][0])


def test_processes_that_share_a_batch_alter_their_own_images() -> None:
    """Together what one makes."""
    _, whole = made(10, 10, cutout=5, accumulate=4)
    x, y = whole.make(drawn(whole)[0])
    for rank in range(2):
        feed, mine = made(10, 10, cutout=5, accumulate=4)
        feed.share = share = lambda n, rank=rank: Ranks(rank, 2).images(n, 4)
        own, labels = mine.make(drawn(mine)[0])
        assert torch.equal(own, x[share(10)]) and torch.equal(labels, y[share(10)])

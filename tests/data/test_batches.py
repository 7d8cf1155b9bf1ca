"""Batches equal torchvision's own functions, driven by the same drawn numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torchvision.transforms.v2 import functional

from ablate.cells import DATASETS, DatasetFacts
from ablate.data import Batches, images_of, sizes_in

CIFAR10, DIGITS = DATASETS["cifar10"], DATASETS["digits"]
assert CIFAR10 and DIGITS


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def made(facts: DatasetFacts, count: int, **settings: Any) -> Batches:
    """Random images of the facts' shape; the label is the image's number."""
    x = drawn_images(facts, count).permute(0, 2, 3, 1).contiguous()
    settings = {"batch_size": 4, "device": "cpu"} | settings
    return Batches(x, torch.arange(count), facts, **settings)


def drawn_images(facts: DatasetFacts, count: int) -> Tensor:
    """(N, C, H, W) uint8."""
    shape = (count, facts.image_size, facts.image_size, facts.channels)
    x = torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator(0))
    return x.permute(0, 3, 1, 2)


def normalised(x: Tensor, facts: DatasetFacts) -> Tensor:
    """(B, C, H, W) pixels -> what the network sees."""
    return functional.normalize(x.float(), list(facts.mean), list(facts.std))


SIZES = [
    (8, 4, [4, 4]),
    (10, 4, [4, 4, 2]),
    (9, 4, [4, 5]),
    (5, 4, [5]),
    (4, 4, [4]),
    (3, 4, [3]),
    (1, 4, [1]),
    (3, 2, [3]),
    (2, 2, [2]),
]


@pytest.mark.parametrize(("count", "batch_size", "sizes"), SIZES)
def test_every_image_once_and_no_batch_of_one(
    count: int, batch_size: int, sizes: list[int]
) -> None:
    batches = made(DIGITS, count, batch_size=batch_size)
    assert len(batches) == len(sizes)
    assert batches.images == count
    for way in (batches.plain(), batches.shuffled(generator(1), generator(2))):
        labels = [y for _, y in way]
        assert [len(y) for y in labels] == sizes
        assert sorted(torch.cat(labels).tolist()) == list(range(count))
    assert sizes_in(count, batch_size) == tuple(sorted(set(sizes), reverse=True))


@pytest.mark.parametrize("augmented", [True, False])
def test_a_blank_draw_is_like_those_that_come(augmented: bool) -> None:
    """Also where it comes first: what is made of it lies where it will lie."""
    batches = made(CIFAR10, 10)
    blank = batches.blank(4, augmented=augmented)
    before = batches._pixels
    draw = batches.draws(generator(1), generator(2) if augmented else None)[0]
    assert batches._pixels is before
    assert images_of(blank) == 4
    assert [(p.shape, p.dtype) for p in blank] == [(p.shape, p.dtype) for p in draw]
    x, y = batches.make(blank)
    assert x.shape == (4, 3, 32, 32) and y.tolist() == [0] * 4


def test_plain_is_in_order_and_normalised() -> None:
    batches = made(CIFAR10, 10)
    x = torch.cat([x for x, _ in batches.plain()])
    assert torch.equal(torch.cat([y for _, y in batches.plain()]), torch.arange(10))
    assert torch.equal(x, normalised(drawn_images(CIFAR10, 10), CIFAR10))


def test_images_and_labels_stay_together() -> None:
    batches = made(CIFAR10, 10)
    plain = normalised(drawn_images(CIFAR10, 10), CIFAR10)
    order = []
    for x, y in batches.shuffled(generator(1)):
        assert torch.equal(x, plain[y])
        order += y.tolist()
    assert order != list(range(10))


@pytest.mark.parametrize("facts", [CIFAR10, DIGITS], ids=["colour", "grey"])
@pytest.mark.parametrize("channels_last", [True, False])
def test_memory_format(facts: DatasetFacts, channels_last: bool) -> None:
    batches = made(facts, 4, channels_last=channels_last)
    c, h = facts.channels, facts.image_size
    strides = (c * h * h, 1, c * h, c) if channels_last else (c * h * h, h * h, h, 1)
    ways = (batches.plain(), batches.shuffled(generator(1), generator(2)))
    assert [next(way)[0].stride() for way in ways] == [strides, strides]


def test_formats_hold_the_same_numbers() -> None:
    last, first = (made(CIFAR10, 4, channels_last=on) for on in (True, False))
    assert torch.equal(next(last.plain())[0], next(first.plain())[0])


def test_global_generator_is_neither_read_nor_moved() -> None:
    def draw(seed: int) -> tuple[Tensor, bool]:
        torch.manual_seed(seed)
        before = torch.get_rng_state()
        x, _ = next(made(CIFAR10, 8).shuffled(generator(1), generator(2)))
        return x, torch.equal(before, torch.get_rng_state())

    (first, unmoved), (second, _) = draw(3), draw(4)
    assert unmoved
    assert torch.equal(first, second)


@pytest.mark.parametrize("facts", [CIFAR10, DIGITS], ids=["flips", "never flips"])
def test_a_black_border_is_torchvisions(facts: DatasetFacts) -> None:
    """Pad, crop and mirror uint8 pixels, then normalise."""
    batches, images = made(facts, 70, batch_size=64), drawn_images(facts, 70)
    drawn = generator(2)
    for x, y in batches.shuffled(generator(1), generator(2), black_border=True):
        found = []
        for image, (top, left, mirrored) in zip(
            images[y], crops(drawn, facts, len(y)), strict=True
        ):
            padded = functional.pad(image, [facts.pad] * 4)
            crop = functional.crop(padded, top, left, facts.image_size, facts.image_size)
            found.append(functional.horizontal_flip(crop) if mirrored else crop)
        assert torch.equal(x, normalised(torch.stack(found), facts))


@pytest.mark.parametrize("facts", [CIFAR10, DIGITS], ids=["flips", "never flips"])
def test_a_mean_border_is_zero_after_normalising(facts: DatasetFacts) -> None:
    """Normalise, pad with zeros, crop and mirror."""
    batches, size = made(facts, 70, batch_size=64), facts.image_size
    images = normalised(drawn_images(facts, 70), facts)
    drawn = generator(2)
    for x, y in batches.shuffled(generator(1), generator(2)):
        padded = nn.functional.pad(images[y], [facts.pad] * 4)
        for made_of, image, (top, left, mirrored) in zip(
            padded, x, crops(drawn, facts, len(y)), strict=True
        ):
            crop = made_of[:, top : top + size, left : left + size]
            assert torch.equal(image, crop.flip(2) if mirrored else crop)


def crops(drawn: torch.Generator, facts: DatasetFacts, count: int) -> list[tuple[int, int, bool]]:
    """Top, left and mirrored of a batch's crops: the numbers that a cell has always drawn."""
    shift = torch.randint(-facts.pad, facts.pad + 1, (2, count, 1), generator=drawn) + facts.pad
    mirrored = torch.rand(count, generator=drawn) < 0.5 if facts.flip else torch.zeros(count)
    return list(zip(*shift.flatten(1).tolist(), mirrored.bool().tolist(), strict=True))


def test_what_is_whole_stays_so_beside_a_border() -> None:
    """Plain batches before and after the images were given a border, and draws from before."""
    batches = made(CIFAR10, 10)
    before, draws = list(batches.plain()), batches.draws(generator(1))
    made_before = [batches.make(draw) for draw in draws]
    list(batches.shuffled(generator(1), generator(2)))
    after = [*batches.plain(), *(batches.make(draw) for draw in draws)]
    for (x, y), (x_after, y_after) in zip([*before, *made_before], after, strict=True):
        assert torch.equal(x, x_after) and torch.equal(y, y_after)


def test_a_draw_says_all_that_a_batch_is_made_of() -> None:
    batches = made(CIFAR10, 8, batch_size=8)
    ((draw,),) = batches.draws(generator(1), generator(2))
    assert draw.shape == (4, 8)
    assert sorted(draw[0].tolist()) == list(range(8))
    assert set(draw[1].tolist()) == {0, 1}
    x, y = batches.make((draw,))
    one = draw.roll(1, 1)
    x_one, y_one = batches.make((one,))
    assert torch.equal(x_one, x.roll(1, 0)) and torch.equal(y_one, y.roll(1))
    assert torch.equal(y, draw[0])


def positions(facts: DatasetFacts, count: int) -> Tensor:
    """Shift of the middle pixel's (row, column) after augmentation, one row an image."""
    size = facts.image_size
    facts = replace(facts, channels=2, mean=(0.0, 0.0), std=(1.0, 1.0))
    grid = torch.stack(torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij"), 2)
    x = grid.to(torch.uint8).expand(count, -1, -1, -1)
    batches = Batches(x, torch.zeros(count), facts, batch_size=count, device="cpu")
    found, _ = next(batches.shuffled(generator(1), generator(2)))
    return found[:, :, size // 2, size // 2].int() - size // 2


@pytest.mark.parametrize("facts", [CIFAR10, DIGITS], ids=["cifar10", "digits"])
def test_crops_reach_every_offset_and_no_other(facts: DatasetFacts) -> None:
    reach = range(-facts.pad, facts.pad + 1)
    found = Counter(map(tuple, positions(replace(facts, flip=False), 5000).tolist()))
    assert set(found) == {(row, column) for row in reach for column in reach}
    assert max(found.values()) < 2 * min(found.values()) + 30


@pytest.mark.parametrize(("flip", "low", "high"), [(True, 0.45, 0.55), (False, 0.0, 0.0)])
def test_half_of_the_images_are_mirrored_or_none(flip: bool, low: float, high: float) -> None:
    facts = replace(CIFAR10, flip=flip, channels=1, mean=(0.0,), std=(1.0,))
    x = torch.arange(32, dtype=torch.uint8).expand(2000, 32, 32)[..., None]
    batches = Batches(x, torch.zeros(2000), facts, batch_size=2000, device="cpu")
    found, _ = next(batches.shuffled(generator(1), generator(2)))
    falling = (found[:, 0, 16, 20] < found[:, 0, 16, 10]).float().mean()
    assert low <= falling <= high


def test_processes_that_share_batches_make_their_own_parts() -> None:
    """Together what one makes; of a batch that has none for a process, nothing."""
    whole, first, second = (made(CIFAR10, 10) for _ in range(3))
    first.share, second.share = (lambda n: slice(0, 2)), (lambda n: slice(2, n))
    draws = [each.draws(generator(1), generator(2)) for each in (whole, first, second)]
    for draw, *shares in zip(*draws, strict=True):
        assert [images_of(share) for share in shares] == [images_of(draw)] * 2
        x, y = whole.make(draw)
        (x1, y1), (x2, y2) = first.make(shares[0]), second.make(shares[1])
        assert torch.equal(torch.cat([x1, x2]), x) and torch.equal(torch.cat([y1, y2]), y)
    assert x2.shape == (0, 3, 32, 32) and len(y2) == 0

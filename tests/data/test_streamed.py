"""Batches out of files: the same whoever reads them, and the images that were asked for."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from ablate.cells import Data
from ablate.data import Feed, Images, centre, feed, images_of, load_images, ten_crops
from ablate.data.photos import augmented
from ablate.errors import MissingDataError
from tests.photos import write_photos

FRUIT = Data(dataset="image_folder", name="fruit", image_size=24)


@pytest.fixture
def images(tmp_path: Path) -> Images:
    return load_images(FRUIT, write_photos(tmp_path))


def streamed(images: Images, **options: object) -> Feed:
    usual = {"batch_size": 8, "device": "cpu"} | options
    return feed(images.x_train, images.y_train, images.facts, **usual)  # type: ignore[arg-type]


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def opened(images: Images, index: int) -> Image.Image:
    with Image.open(images.x_train.path(index)) as image:  # type: ignore[union-attr]
        return image.convert("RGB")


def normalised(images: Images, pixels: Tensor) -> Tensor:
    mean, std = (torch.tensor(v) for v in (images.facts.mean, images.facts.std))
    return (pixels.float() - mean).div(std).permute(2, 0, 1)


def test_in_order(images: Images) -> None:
    batches = streamed(images)
    made = [batches.make(draw) for draw in batches.in_order()]
    assert [len(y) for _, y in made] == [8, 8, 8, 8, 4] and len(batches) == 5
    x, y = (torch.cat(parts) for parts in zip(*made, strict=True))
    assert torch.equal(y, images.y_train) and x.dtype == torch.float32
    for i in (0, 17, 35):
        torch.testing.assert_close(x[i], normalised(images, centre(opened(images, i), 24)))


def test_augmented_in_random_order(images: Images) -> None:
    batches = streamed(images)
    made = [batches.make(draw) for draw in batches.draws(generator(1), generator(2))]
    x, y = (torch.cat(parts) for parts in zip(*made, strict=True))
    order = torch.randperm(36, generator=generator(1))
    seeds = torch.randint(2**62, (36,), generator=generator(2)).tolist()
    assert torch.equal(y, images.y_train[order])
    for i in (0, 20, 35):
        pixels, light = augmented(opened(images, int(order[i])), 24, seeds[i])
        torch.testing.assert_close(x[i], normalised(images, pixels + light))


def test_without_augmentation_only_the_order_is_random(images: Images) -> None:
    batches = streamed(images)
    made = [batches.make(draw) for draw in batches.draws(generator(1))]
    first = int(torch.randperm(36, generator=generator(1))[0])
    torch.testing.assert_close(made[0][0][0], normalised(images, centre(opened(images, first), 24)))


def test_a_batch_of_one_joins_the_one_before(images: Images) -> None:
    batches = streamed(images, batch_size=5)
    assert [images_of(draw) for draw in batches.in_order()] == [5, 5, 5, 5, 5, 5, 6]


@pytest.mark.parametrize(("augmented", "crops"), [(True, 1), (False, 1), (False, 10)])
def test_a_blank_draw_is_like_those_that_come(images: Images, augmented: bool, crops: int) -> None:
    batches = streamed(images, crops=crops)
    blank = batches.blank(8, augmented=augmented)
    draw = next(iter(batches.draws(generator(1), generator(2) if augmented else None)))
    assert images_of(blank) == 8
    assert [(p.shape, p.dtype) for p in blank] == [(p.shape, p.dtype) for p in draw]
    assert all(torch.isfinite(part).all() for part in batches.make(blank))


def test_ten_crops_of_an_image_lie_in_a_row(images: Images) -> None:
    batches = streamed(images, crops=10)
    x, y = batches.make(next(iter(batches.in_order())))
    assert (len(x), len(y)) == (80, 8)
    for i, crop in enumerate(ten_crops(opened(images, 3), 24)):
        torch.testing.assert_close(x[30 + i], normalised(images, crop))


@pytest.mark.parametrize("channels_last", [True, False])
def test_memory_format(images: Images, channels_last: bool) -> None:
    batches = streamed(images, channels_last=channels_last)
    x, _ = batches.make(next(iter(batches.in_order())))
    assert x.is_contiguous(memory_format=torch.channels_last) is channels_last
    assert x.is_contiguous() is not channels_last


def test_processes_read_the_same(images: Images) -> None:
    """Pass after pass, also behind one that was left in the middle."""
    here, there = (streamed(images, loaders=loaders) for loaders in (0, 2))
    next(iter(there.in_order()))
    for seed in (1, 2):
        draws = (batches.draws(generator(seed), generator(3)) for batches in (here, there))
        for one, other in zip(*draws, strict=True):
            assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("loaders", [0, 1])
def test_a_broken_file_is_named(images: Images, loaders: int) -> None:
    broken = images.x_train.path(9)  # type: ignore[union-attr]
    broken.write_bytes(broken.read_bytes()[:100])
    with pytest.raises(MissingDataError) as caught:
        list(streamed(images, loaders=loaders).in_order())
    said = str(caught.value)
    assert said.startswith(f"{broken} cannot be read as an image: ") and "\n" not in said


def test_grey_images_and_images_with_alpha_have_three_colours(images: Images) -> None:
    for i, mode in enumerate(("L", "RGBA", "P", "CMYK")):
        suffix = "jpg" if mode == "CMYK" else "png"
        path = images.x_train.path(i)  # type: ignore[union-attr]
        Image.new(mode, (30, 30)).save(path, format={"jpg": "JPEG", "png": "PNG"}[suffix])
    x, _ = streamed(images, batch_size=4).make(next(iter(streamed(images).in_order())))
    assert x.shape[1] == 3


def test_processes_that_share_batches_read_their_own_parts(images: Images) -> None:
    """Together what one reads; of a batch that has none for a process, nothing."""
    whole, first, second = (streamed(images) for _ in range(3))
    first.share, second.share = (lambda n: slice(0, 3)), (lambda n: slice(3, 5 if n == 8 else 3))
    draws = [list(each.draws(generator(1), generator(2))) for each in (whole, first, second)]
    for drawn in draws[1:]:
        assert [images_of(draw) for draw in drawn] == [images_of(draw) for draw in draws[0]]
    for draw, *shares in zip(*draws, strict=True):
        x, y = whole.make(draw)
        made = [each.make(share) for each, share in zip((first, second), shares, strict=True)]
        mine = torch.cat([labels for _, labels in made])
        assert mine.tolist() == y[: len(mine)].tolist()
        assert torch.equal(torch.cat([pixels for pixels, _ in made]), x[: len(mine)])
    assert {len(second.make(draw)[1]) for draw in draws[2]} == {0, 2}

"""Crops as slices against crops of padded images."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ablate.data.windows import Windows, picked, slices


def images(count: int, channels: int) -> torch.Tensor:
    shape = (count, 5, 6, channels)
    return torch.randint(1, 256, shape, dtype=torch.uint8, generator=torch.Generator())


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("mirrors", [False, True])
@pytest.mark.parametrize("pad", [0, 1, 2])
def test_every_crop_of_every_image(channels: int, mirrors: bool, pad: int) -> None:
    """Corners of the first and the last image included: no crop sees its neighbours."""
    x = images(3, channels)
    windows = Windows(x, pad, mirrors=mirrors)
    padded = nn.functional.pad(x, (0, 0, pad, pad, pad, pad))
    shifts = range(-pad, pad + 1)
    for down in shifts:
        for right in shifts:
            for mirrored in range(1 + mirrors):
                numbers = [[n, mirrored, down, right] for n in (2, 0, 1)]
                found = windows.cut(torch.tensor(numbers).T).unflatten(2, (6, channels))
                whole = padded.flip(2) if mirrored else padded
                crop = whole[:, pad + down : pad + down + 5, pad + right : pad + right + 6]
                assert torch.equal(found, crop[[2, 0, 1]])


def test_a_single_image_stands_for_every_one() -> None:
    x = images(1, 3)
    draw = torch.tensor([[0, 7], [0, 0], [0, 1], [0, 0]])
    found = Windows(x, 1).cut(draw).unflatten(2, (6, 3))
    assert torch.equal(found[0], x[0])
    assert torch.equal(found[1, :4], x[0, 1:]) and not found[1, 4].any()


def test_images_without_a_border_are_not_copied() -> None:
    x = images(3, 3)
    assert Windows(x).images.data_ptr() == x.data_ptr() == Windows(x)._numbers.data_ptr()


def test_images_are_found_again() -> None:
    x = images(3, 3)
    assert torch.equal(Windows(Windows(x, 2, mirrors=True).images, 1).images, x)


def test_slices_number_by_number_are_the_same() -> None:
    numbers, starts = torch.arange(50), torch.tensor([0, 40, 7])
    expected = torch.stack([numbers[start : start + 10] for start in starts.tolist()])
    assert torch.equal(slices(numbers, starts, 10), expected)
    assert torch.equal(picked(numbers, starts, 10), expected)

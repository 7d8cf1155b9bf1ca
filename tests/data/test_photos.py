"""Photographs -> crops, beside torchvision's functions and numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms.v2 import functional as F

from ablate.data import centre, ten_crops
from ablate.data.photos import augmented


def photo(height: int = 40, width: int = 56) -> Image.Image:
    pixels = np.random.RandomState(0).randint(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def many(image: Image.Image, count: int = 200) -> tuple[Tensor, Tensor]:
    found = [augmented(image, 16, seed) for seed in range(count)]
    crops, light = zip(*found, strict=True)
    return torch.stack(crops).float(), torch.stack(light)


@pytest.mark.parametrize(("height", "width"), [(40, 56), (56, 40), (16, 16), (8, 30)])
def test_the_middle_is_cut_out_of_the_scaled_image(height: int, width: int) -> None:
    """For a crop of 28 the short side is scaled to 32."""
    image = photo(height, width)
    sides = (32, 32 * width // height) if height <= width else (32 * height // width, 32)
    scaled = image.resize(sides[::-1], Image.Resampling.BICUBIC)
    left, top = (round((side - 28) / 2) for side in scaled.size)
    wanted = np.asarray(scaled)[top : top + 28, left : left + 28]
    found = centre(image, 28)
    assert found.dtype == torch.uint8
    assert np.array_equal(found.numpy(), wanted)


def test_ten_crops_are_corners_middle_and_their_mirror_images() -> None:
    image = photo()
    found = ten_crops(image, 28)
    assert found.shape == (10, 28, 28, 3)
    assert torch.equal(found[4], centre(image, 28))
    scaled = torch.from_numpy(np.array(image.resize((44, 32), Image.Resampling.BICUBIC)))
    corners = [(0, 0), (0, 16), (4, 0), (4, 16)]
    for crop, (top, left) in zip(found[:4], corners, strict=True):
        assert torch.equal(crop, scaled[top : top + 28, left : left + 28])
    mirrored = ten_crops(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), 28)
    # The middle of an odd margin is on one side or the other; corners have no such choice.
    assert torch.equal(found[5:9], mirrored[:4])


def test_a_seed_decides_all_and_leaves_the_generator() -> None:
    torch.manual_seed(7)
    before = torch.get_rng_state()
    first, again, other = (augmented(photo(), 16, seed) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not any(torch.equal(a, b) for a, b in zip(first, other, strict=True))


def test_crops_are_of_many_sizes_and_half_are_mirrored() -> None:
    """Of an image that grows lighter to the right: how much of it, and which way round."""
    ramp = np.tile(np.arange(0, 240, 2, dtype=np.uint8)[None, :, None], (120, 1, 3))
    crops, _ = many(Image.fromarray(ramp))
    rise = crops[:, 8, 15].mean(1) - crops[:, 8, 0].mean(1)
    mirrored = (rise < 0).float().mean()
    assert 0.4 < mirrored < 0.6
    assert rise.abs().quantile(0.9) > 3 * rise.abs().quantile(0.1)


def test_brightness_contrast_and_saturation_change() -> None:
    grey = Image.new("RGB", (40, 40), (100, 100, 100))
    levels = many(grey)[0][:, 0, 0, 0]
    assert 58 <= levels.min() < 75 and 125 < levels.max() <= 142  # 100 times 0.6 to 1.4
    colours = many(Image.new("RGB", (40, 40), (120, 100, 100)))[0][:, 0, 0]
    ratio = (colours[:, 0] - colours[:, 1]) / colours.mean(1)
    assert ratio.std() > 0.03


def test_light_is_alexnets() -> None:
    """Spread along the published eigenvectors with a tenth of the published roots, times 255."""
    light = many(photo(16, 16), 2000)[1]
    assert light.mean(0).abs().max() < 0.5
    values, vectors = torch.linalg.eigh(light.T.cov())
    wanted = 25.5 * torch.tensor([0.0045, 0.0188, 0.2175])
    torch.testing.assert_close(values.sqrt(), wanted, rtol=0.1, atol=0.0)
    first = torch.tensor([-0.5675, -0.5808, -0.5836])
    assert (vectors[:, 2] @ first).abs() > 0.999


def test_an_image_of_another_library_is_the_same() -> None:
    """Pillow scales, not torch: the two differ by rounding alone."""
    image = photo(64, 64)
    theirs = F.resize(F.pil_to_tensor(image), [32], F.InterpolationMode.BICUBIC, antialias=True)
    difference = theirs[:, 2:30, 2:30].permute(1, 2, 0).int() - centre(image, 28).int()
    assert difference.abs().max() <= 2

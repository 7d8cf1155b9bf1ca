"""Photographs of any size -> the square of pixels that a network sees."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
from PIL.Image import Image
from torch import Tensor, nn
from torchvision.transforms import InterpolationMode, v2

from ablate.cells import SHORT_SIDE

# Facebook's fb.resnet.torch, whose augmentation the DenseNet paper took: section 4.2. Crops are
# scaled bicubically there.
AREA, SHAPE = (0.08, 1.0), (3 / 4, 4 / 3)  # share of the image, width over height
COLOURS = 0.4  # how far brightness, contrast and saturation go either way
TEN = 10
# Krizhevsky et al., NIPS 2012, section 4.1, as fb.resnet.torch has it: of RGB in 0..1 over the
# training images of ImageNet the roots of the eigenvalues, and the eigenvectors in columns.
LIGHT = 0.1  # standard deviation of what they are multiplied by
SPREAD = torch.tensor([0.2175, 0.0188, 0.0045])
DIRECTIONS = torch.tensor(
    [[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]]
)
_BICUBIC = InterpolationMode.BICUBIC


def augmented(image: Image, size: int, seed: int) -> tuple[Tensor, Tensor]:
    """An image -> (a random crop of it, (size, size, 3) uint8; what light adds to RGB in 0..255).

    Everything is drawn from `seed`; torch's default generator is left as it was.
    """
    generator = torch.default_generator
    before = generator.get_state()
    generator.manual_seed(seed)  # torch.manual_seed would seed GPUs too
    try:
        pixels = _pixels(_random(size)(image))
        light = 255 * DIRECTIONS @ (SPREAD * torch.randn(3) * LIGHT)
    finally:
        generator.set_state(before)
    return pixels, light


def centre(image: Image, size: int) -> Tensor:
    """An image -> the square in its middle, (size, size, 3) uint8."""
    return _pixels(_middle(size)(image))


def ten_crops(image: Image, size: int) -> Tensor:
    """An image -> corners and middle, then the same of its mirror image: (10, size, size, 3) uint8.

    The fifth is `centre`.
    """
    return torch.stack([_pixels(crop) for crop in _ten(size)(image)])


def _pixels(image: Image) -> Tensor:
    return v2.functional.pil_to_tensor(image).permute(1, 2, 0)


@cache
def _random(size: int) -> nn.Module:
    crop = v2.RandomResizedCrop(size, AREA, SHAPE, _BICUBIC)
    return v2.Compose([crop, v2.ColorJitter(COLOURS, COLOURS, COLOURS), v2.RandomHorizontalFlip()])


@cache
def _middle(size: int) -> nn.Module:
    return v2.Compose([_scaled(size), v2.CenterCrop(size)])


@cache
def _ten(size: int) -> Callable[[Image], tuple[Image, ...]]:
    return v2.Compose([_scaled(size), v2.TenCrop(size)])


def _scaled(size: int) -> nn.Module:
    return v2.Resize(round(size * SHORT_SIDE), _BICUBIC)

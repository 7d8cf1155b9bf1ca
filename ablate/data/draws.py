"""What training is fed with: batches, whether their images are in memory or in files."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

import torch

from ablate.cells import DatasetFacts

Batch = tuple[torch.Tensor, torch.Tensor]  # images (B, C, H, W) float32, labels (B,) int64
# What a batch is made of, on the device; the last axis of the first tensor is the batch's.
Draw = tuple[torch.Tensor, ...]
# So many images of a batch -> those of them that this process makes, where several share batches.
Share = Callable[[int], slice]


class Feed(Protocol):
    """Images and labels, given out batch by batch: drawn here, made on the device.

    The last partial batch is kept; a batch of one joins the one before, because batch norm cannot
    train on it. What is made of a draw are the images of this process's `share`, by default all.
    """

    facts: DatasetFacts
    batch_size: int
    share: Share

    @property
    def images(self) -> int: ...

    def __len__(self) -> int:
        """Batches in a pass."""

    def draws(
        self, shuffle: torch.Generator, augment: torch.Generator | None = None
    ) -> Iterable[Draw]:
        """Every image once, in random order; augmented if there is a generator for it.

        Both generators are of the CPU, so that a run draws the same numbers on any device.
        """

    def in_order(self) -> Iterable[Draw]:
        """Every image once, in order, without augmentation."""

    def blank(self, images: int, *, augmented: bool) -> Draw:
        """A draw of so many images, as `draws` or `in_order` give them, that stand for any."""

    def make(self, draw: Draw, *, black_border: bool = False) -> Batch:
        """A draw -> its batch, normalised. It never waits for the device."""


def batches_in(images: int, batch_size: int) -> int:
    """Batches of so many images."""
    full, rest = divmod(images, batch_size)
    return max(1, full + (rest > 1))


def sizes_in(images: int, batch_size: int) -> tuple[int, ...]:
    """Sizes that the batches of so many images have, the largest first."""
    before = batches_in(images, batch_size) - 1
    sizes = {images - before * batch_size, *[batch_size] * min(before, 1)}
    return tuple(sorted(sizes, reverse=True))


def images_of(draw: Draw) -> int:
    """Images in the batch of a draw, all of them."""
    return draw[0].shape[-1]

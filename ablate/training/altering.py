"""What a recipe does to training images once they are cropped and normalised: squares cut out.

Random numbers are drawn on the CPU and come with the draw; what is made of them takes tensor
operations of fixed shapes on the device, and never waits for it.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from ablate.cells import Recipe
from ablate.data import Draw, Feed, images_of


class Altered:
    """Training batches of a feed, altered as a recipe says.

    A draw is one of the feed's with a tensor more: (2, B) int64 on the device, how far down and
    right in each image the middle of its square is.
    """

    def __init__(self, feed: Feed, recipe: Recipe, device: torch.device) -> None:
        self.feed, self.device, self.cutout = feed, device, recipe.cutout
        self.images, self.batch_size = feed.images, feed.batch_size
        self._places = torch.arange(feed.facts.image_size, device=device)  # of pixels, both ways

    def __len__(self) -> int:
        return len(self.feed)

    def draws(
        self, shuffle: torch.Generator, augment: torch.Generator | None = None
    ) -> Iterator[Draw]:
        """The feed's own, in the same order and with the same crops, and what they are altered by.

        That is drawn from `shuffle`, which has nothing else to give after the order.
        """
        draws, start = self.feed.draws(shuffle, augment), 0
        middles = torch.randint(len(self._places), (2, self.images), generator=shuffle)
        middles = middles.to(self.device)
        for draw in draws:
            end = start + images_of(draw)
            yield (*draw, middles[:, start:end])
            start = end

    def blank(self, images: int, *, augmented: bool) -> Draw:
        """A draw of so many images that stand for any."""
        middles = torch.zeros(2, images, dtype=torch.int64, device=self.device)
        return (*self.feed.blank(images, augmented=augmented), middles)

    def make(self, draw: Draw, *, black_border: bool = False) -> tuple[Tensor, Tensor]:
        """A draw -> its batch."""
        *own, middles = draw
        x, labels = self.feed.make(tuple(own), black_border=black_border)
        if self.cutout:
            self._cut_out(x, middles[:, self.feed.share(images_of(draw))], self.cutout)
        return x, labels

    def _cut_out(self, x: Tensor, middles: Tensor, side: int) -> None:
        """Zero a square around each of `middles` (2, B), as far as it lies within its image.

        DeVries and Taylor, arXiv 1708.04552.
        """
        begins = (middles - side // 2)[..., None]
        down, right = (self._places >= begins) & (self._places < begins + side)
        x.masked_fill_((down[:, :, None] & right[:, None, :])[:, None], 0.0)

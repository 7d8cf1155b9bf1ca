"""What a recipe does to training images once they are cropped and normalised.

Random numbers are drawn on the CPU and come with the draw; what is made of them takes tensor
operations of fixed shapes on the device, and never waits for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ablate.cells import Recipe
from ablate.data import Draw, Feed, images_of
from ablate.training.optimizing import on_device
from ablate.training.parts import cuts, parts_of


@dataclass(frozen=True)
class Mixture:
    """The labels of images that are mixed in pairs."""

    own: Tensor  # (B,) int64
    others: Tensor  # (B,) int64: of what is mixed into each
    share: Tensor  # () float32: of the others in each image

    def __len__(self) -> int:
        return len(self.own)

    def tensor_split(self, parts: int) -> list[Mixture]:
        """As tensors are split."""
        pairs = zip(self.own.tensor_split(parts), self.others.tensor_split(parts), strict=True)
        return [Mixture(own, others, self.share) for own, others in pairs]

    def loss(self, criterion: Callable[[Tensor, Tensor], Tensor], logits: Tensor) -> Tensor:
        """The losses against both labels, by their shares."""
        own, others = (criterion(logits, labels) for labels in (self.own, self.others))
        return own + (others - own) * self.share

    @property
    def prevailing(self) -> Tensor:
        """The label of what most of each image is."""
        return torch.where(self.share > 0.5, self.others, self.own)


Labels = Tensor | Mixture


class Altered:
    """Training batches of a feed, altered as a recipe says.

    Code of a user's changes images, squares are cut out (DeVries and Taylor, arXiv 1708.04552), and
    images mixed in pairs: as a whole (Zhang et al., arXiv 1710.09412), or a rectangle of one into
    the other (Yun et al., arXiv 1905.04899). All images of a batch are mixed alike, each with the
    one before it in the same part of the batch, which the order has put there by chance: as in
    torchvision.

    A draw is one of the feed's with a tensor more for each of the two, on the device: (2, B) int64,
    how far down and right in each image the middle of its square is; (5,) float32, the share of the
    other image within a rectangle, and where that begins and ends, down and right.
    """

    def __init__(self, feed: Feed, recipe: Recipe, device: torch.device) -> None:
        self.feed, self.recipe, self.device = feed, recipe, device
        self.images, self.batch_size = feed.images, feed.batch_size
        chosen = recipe.plugged.get("augmentation")
        self.augmentation = on_device(chosen.made(), device) if chosen else None
        self._places = torch.arange(feed.facts.image_size, device=device)  # of pixels, both ways
        self._others: dict[int, Tensor] = {}  # by the size of a batch

    def __len__(self) -> int:
        return len(self.feed)

    def draws(
        self, shuffle: torch.Generator, augment: torch.Generator | None = None
    ) -> Iterator[Draw]:
        """The feed's own, in the same order and with the same crops, and what they are altered by.

        That is drawn from `shuffle`, which has nothing else to give after the order.
        """
        draws, start = self.feed.draws(shuffle, augment), 0
        middles, mixes = (part.to(self.device) for part in self._numbers(shuffle))
        for number, draw in enumerate(draws):
            end = start + images_of(draw)
            yield self._behind(draw, middles[:, start:end], mixes[number])
            start = end

    def blank(self, images: int, *, augmented: bool) -> Draw:
        """A draw of so many images that stand for any."""
        self._before(images)
        middles = torch.zeros(2, images, dtype=torch.int64, device=self.device)
        draw = self.feed.blank(images, augmented=augmented)
        return self._behind(draw, middles, torch.zeros(5, device=self.device))

    def make(self, draw: Draw, *, black_border: bool = False) -> tuple[Tensor, Labels]:
        """A draw -> its batch."""
        rest, mix = (draw[:-1], draw[-1]) if self.recipe.mixes else (draw, None)
        rest, middles = (rest[:-1], rest[-1]) if self.recipe.cutout else (rest, None)
        x, labels = self.feed.make(rest, black_border=black_border)
        mine = self.feed.share(images_of(draw))
        if self.augmentation is not None:
            with torch.no_grad():
                x = self.augmentation(x)
        if middles is not None:
            self._cut_out(x, middles[:, mine])
        if mix is None:
            return x, labels
        others = self._before(images_of(draw))[mine] - (mine.start or 0)
        return x, Mixture(labels, labels[others], self._mix(x, others, mix))

    def _behind(self, draw: Draw, middles: Tensor, mix: Tensor) -> Draw:
        more = ((self.recipe.cutout, middles), (self.recipe.mixes, mix))
        return (*draw, *(numbers for wanted, numbers in more if wanted))

    def _numbers(self, random: torch.Generator) -> tuple[Tensor, Tensor]:
        """Of a pass: middles (2, images), and what is mixed (batches, 5)."""
        size, batches = len(self._places), len(self)
        middles = torch.zeros(2, self.images, dtype=torch.int64)
        if self.recipe.cutout:
            middles = torch.randint(size, middles.shape, generator=random)
        mixes = np.zeros((batches, 5), np.float32)
        if self.recipe.mixes:
            # Whose stream is frozen; torch draws from a beta distribution by its own generator.
            drawn = np.random.RandomState(int(torch.randint(2**32, (), generator=random)))
            is_cut = drawn.random_sample(batches) < self.recipe.share_of_cutmix
            alpha = np.where(is_cut, self.recipe.cutmix or 1, self.recipe.mixup or 1)
            share = drawn.beta(alpha, alpha)
            middle = drawn.randint(size, size=(2, batches))
            half = (size * np.sqrt(share)).astype(int) // 2
            begin, end = ((middle + way * half).clip(0, size) for way in (-1, 1))
            boxes = [np.ones(batches), begin[0], end[0], begin[1], end[1]]
            whole = [share, *np.broadcast_to([[0], [size], [0], [size]], (4, batches))]
            mixes[:] = np.where(is_cut, boxes, whole).T
        return middles, torch.from_numpy(mixes)

    def _before(self, images: int) -> Tensor:
        """(images,): the number of the image before each in its part, before the first the last.

        It is there before a step is recorded, which could not bring it to the device.
        """
        if images not in self._others:
            every = cuts(images, parts_of(images, self.recipe.accumulate))
            numbers = torch.arange(images)
            rolled = torch.cat([numbers[part].roll(1) for part in every])
            self._others[images] = rolled.to(self.device)
        return self._others[images]

    def _cut_out(self, x: Tensor, middles: Tensor) -> None:
        """Zero a square around each of `middles` (2, B), as far as it lies within its image."""
        side = self.recipe.cutout or 0
        begins = (middles - side // 2)[..., None]
        down, right = (self._places >= begins) & (self._places < begins + side)
        x.masked_fill_((down[:, :, None] & right[:, None, :])[:, None], 0.0)

    def _mix(self, x: Tensor, others: Tensor, mix: Tensor) -> Tensor:
        """Mix into each image the one whose number stands in `others` -> the share that it has."""
        share, top, bottom, left, right = mix.unbind()
        down = (self._places >= top) & (self._places < bottom)
        across = (self._places >= left) & (self._places < right)
        weights = (down[:, None] & across) * share
        x.lerp_(x[others], weights)
        return weights.mean()

"""uint8 images on the device -> normalised, augmented batches, computed there.

Drawing and making are apart: random numbers come from generators of the CPU, an epoch at a time;
what is made of them takes tensor operations of fixed shapes on the device and never waits for it.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from ablate.cells import DatasetFacts
from ablate.data.draws import Batch, Draw, Share, batches_in
from ablate.data.windows import Windows


class Batches:
    """Images and labels that stay on `device`, given out batch by batch.

    x (N, H, W, C) uint8, y (N,) int64. Batches are (B, C, H, W) float32, channels last in memory
    unless `channels_last` is off. The last partial batch is kept; a batch of one joins the one
    before, because batch norm cannot train on it.

    A draw is one tensor: (4, B) int64 on the device, whose rows are the image, 1 where it is
    mirrored, and how many pixels down and right of the image (of the mirrored one, where it is) the
    crop begins.
    """

    def __init__(
        self,
        x: torch.Tensor,
        y: torch.Tensor,
        facts: DatasetFacts,
        *,
        batch_size: int,
        device: torch.device | str,
        channels_last: bool = True,
    ) -> None:
        self.y = y.to(device)
        self.facts, self.batch_size, self.channels_last = facts, batch_size, channels_last
        self.share: Share = slice
        self._pixels = Windows(x.to(device))
        # A row's worth: sums over long rows are several times quicker than over three channels.
        self._mean, self._std = (
            torch.tensor(values, device=device).repeat(x.shape[2])
            for values in (facts.mean, facts.std)
        )
        self._means: Windows | None = None  # to subtract from an image in its border

    def __len__(self) -> int:
        """Batches in a pass."""
        return batches_in(self.images, self.batch_size)

    @property
    def images(self) -> int:
        return len(self.y)

    def plain(self) -> Iterator[Batch]:
        """Every image once, in order, without augmentation."""
        for draw in self.in_order():
            yield self.make(draw)

    def shuffled(
        self,
        shuffle: torch.Generator,
        augment: torch.Generator | None = None,
        *,
        black_border: bool = False,
    ) -> Iterator[Batch]:
        """Every image once, in random order; augmented if there is a generator for it."""
        for draw in self.draws(shuffle, augment):
            yield self.make(draw, black_border=black_border)

    def in_order(self) -> tuple[Draw, ...]:
        """The draws of `plain`."""
        return self._cut(self._still(torch.arange(self.images)))

    def draws(
        self, shuffle: torch.Generator, augment: torch.Generator | None = None
    ) -> tuple[Draw, ...]:
        """The draws of `shuffled`.

        Both generators are of the CPU, so that a run draws the same numbers on any device.
        """
        whole = self._still(torch.randperm(self.images, generator=shuffle))
        if augment is not None:
            self._make_room()
            for part in self._ends(whole):
                self._draw_crops(part, augment)
        return self._cut(whole)

    def blank(self, images: int, *, augmented: bool) -> Draw:
        """A draw of the first image again and again, where it is laid for draws of this kind."""
        if augmented:
            self._make_room()
        return (torch.zeros(4, images, dtype=torch.int64, device=self.y.device),)

    def make(self, draw: Draw, *, black_border: bool = False) -> Batch:
        """A draw -> its batch, cropped, mirrored and normalised.

        What a crop has beyond its image is zero after normalisation, or with `black_border` before.
        """
        (whole,) = draw
        where = whole[:, self.share(whole.shape[1])]
        x = self._pixels.cut(where).float()
        if black_border or self._means is None:
            x.sub_(self._mean)
        else:
            x.sub_(self._means.cut(where))
        x.div_(self._std)
        return self._finish(x), self.y[where[0]]

    def _still(self, order: torch.Tensor) -> torch.Tensor:
        """Images in an order, whole and not mirrored, as one draw on the CPU."""
        return torch.stack([order, *torch.zeros(3, len(order), dtype=torch.int64)])

    def _ends(self, whole: torch.Tensor) -> tuple[torch.Tensor, ...]:
        ends = [self.batch_size * n for n in range(1, len(self))]
        return torch.tensor_split(whole, ends, dim=1)

    def _cut(self, whole: torch.Tensor) -> tuple[Draw, ...]:
        return tuple((part,) for part in self._ends(whole.to(self.y.device)))

    def _make_room(self) -> None:
        """Lay a border around the images, and mirror images beside them, once."""
        if self._means is None:
            pad, flip = self.facts.pad, self.facts.flip
            self._pixels = Windows(self._pixels.images, pad, mirrors=flip)
            # Of every pixel; nothing is subtracted from the border, which stays zero.
            means = self._mean.view(-1, self.facts.channels).expand_as(self._pixels.images[:1])
            self._means = Windows(means, pad)

    def _draw_crops(self, draw: torch.Tensor, random: torch.Generator) -> None:
        pad, count = self.facts.pad, draw.shape[1]
        draw[2:] = torch.randint(-pad, pad + 1, (2, count, 1), generator=random)[..., 0]
        if self.facts.flip:
            draw[1] = (torch.rand(count, 1, generator=random) < 0.5)[:, 0]
            # What is right of a crop is left of it in the mirror.
            draw[3] *= 1 - 2 * draw[1]

    def _finish(self, x: torch.Tensor) -> torch.Tensor:
        """(B, H, W * C) -> (B, C, H, W) in the memory format asked for."""
        width = x.shape[2] // self.facts.channels
        x = x.view(*x.shape[:2], width, self.facts.channels).permute(0, 3, 1, 2)
        if self.channels_last:
            return x
        # `contiguous()` leaves the strides of grey images, and torch takes those for channels last.
        return x.clone(memory_format=torch.contiguous_format)

"""Image files -> normalised, augmented batches, read while the device is busy with others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import torch
from torch.utils.data import DataLoader, Dataset

from ablate.cells import DatasetFacts
from ablate.data.draws import Batch, Draw, Share, batches_in
from ablate.data.files import Files
from ablate.data.opening import opened
from ablate.data.photos import TEN, augmented, centre, ten_crops
from ablate.errors import MissingDataError
from ablate.machine import leave_with_parent

Asked = tuple[int, int | None]  # an image, and the seed of its augmentation if there is one
AHEAD = 4  # batches that each process reads before they are asked for


class Photos(Dataset[Draw]):
    """Image files with their labels (N,) int64, read as they are asked for.

    The pixels of the middle, or of ten crops; with a seed those of a random crop, and what is added
    to their colours.
    """

    def __init__(self, files: Files, y: torch.Tensor, facts: DatasetFacts, crops: int = 1) -> None:
        self.files, self.y, self.facts, self.crops = files, y, facts, crops

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, asked: Asked) -> Draw:
        index, seed = asked
        size, image = self.facts.image_size, opened(self.files.path(index))
        if seed is None:
            return (ten_crops(image, size) if self.crops == TEN else centre(image, size),)
        return augmented(image, size, seed)


class Streamed:
    """Photos, given out batch by batch.

    `loaders` processes read them, with 0 the caller does; the batches are the same. They are (B, C,
    H, W) float32, channels last in memory unless `channels_last` is off; of photos in ten crops
    they have ten times as many images as labels, the ten of an image in a row.

    A draw is labels (B,) int64 of the whole batch, and of the share of it that is read: pixels
    (B, H, W, 3) uint8, or (B, 10, H, W, 3), and where images are augmented what is added to their
    colours, (B, 3) float32: all on the device.
    """

    def __init__(
        self,
        photos: Photos,
        *,
        batch_size: int,
        device: torch.device | str,
        channels_last: bool = True,
        loaders: int = 0,
    ) -> None:
        self.photos, self.facts, self.batch_size = photos, photos.facts, batch_size
        self.device, self.channels_last = torch.device(device), channels_last
        self.share: Share = slice
        self._mean, self._std = (
            torch.tensor(values, device=self.device) for values in (self.facts.mean, self.facts.std)
        )
        self._asked: list[list[Asked]] = []  # of the pass that is read
        self._loader = DataLoader(
            photos,
            batch_sampler=self._asked,
            collate_fn=_together,
            num_workers=loaders,
            pin_memory=self.device.type == "cuda",
            # A forked copy of a process with a CUDA context is not a working process.
            multiprocessing_context="spawn" if loaders else None,
            persistent_workers=loaders > 0,
            prefetch_factor=AHEAD if loaders else None,
            worker_init_fn=_leave,
            # Every pass draws a number that nothing is seeded with here; by default from the global
            # generator, which dropout draws from.
            generator=torch.Generator(),
        )

    def __len__(self) -> int:
        """Batches in a pass."""
        return batches_in(self.images, self.batch_size)

    @property
    def images(self) -> int:
        return len(self.photos)

    def in_order(self) -> Iterator[Draw]:
        """Every image once, in order, without augmentation."""
        return self._read([(image, None) for image in range(self.images)])

    def draws(
        self, shuffle: torch.Generator, augment: torch.Generator | None = None
    ) -> Iterator[Draw]:
        """Every image once, in random order; augmented if there is a generator for it."""
        order = torch.randperm(self.images, generator=shuffle).tolist()
        seeds: Sequence[int | None] = [None] * len(order)
        if augment is not None:
            seeds = torch.randint(2**62, (len(order),), generator=augment).tolist()
        return self._read(list(zip(order, seeds, strict=True)))

    def blank(self, images: int, *, augmented: bool) -> Draw:
        """A draw of black images of the first class; no file is read."""
        labels = torch.zeros(images, dtype=torch.int64, device=self.device)
        crops, size = [TEN] * (self.photos.crops == TEN), self.facts.image_size
        pixels = labels.new_zeros((images, *crops, size, size, 3), dtype=torch.uint8)
        light = labels.new_zeros((images, 3), dtype=torch.float32)
        return (labels, pixels, light) if augmented else (labels, pixels)

    def make(self, draw: Draw, *, black_border: bool = False) -> Batch:
        """A draw -> its batch, normalised. Crops have no border."""
        labels, pixels, *light = draw
        x = pixels.flatten(0, -4).float()
        if light:
            x.add_(light[0][:, None, None])
        x = x.sub_(self._mean).div_(self._std).permute(0, 3, 1, 2)
        if not self.channels_last:
            x = x.contiguous()
        return x, labels[self.share(len(labels))]

    def _read(self, asked: Sequence[Asked]) -> Iterator[Draw]:
        ends = [*(self.batch_size * n for n in range(1, len(self))), len(asked)]
        batches = [list(asked[start:end]) for start, end in zip([0, *ends], ends, strict=False)]
        self._asked[:] = [batch[self.share(len(batch))] for batch in batches]
        nothing = self.blank(0, augmented=asked[0][1] is not None)[1:]
        to = partial(torch.Tensor.to, device=self.device, non_blocking=True)
        try:
            for batch, read in zip(batches, self._loader, strict=True):
                labels = self.photos.y[[image for image, _ in batch]]
                yield tuple(map(to, (labels, *(read or nothing))))
        except MissingDataError as error:
            # A process that reads sends its traceback as text, the message in its last line.
            raise MissingDataError(str(error).strip().rsplit("MissingDataError: ", 1)[-1]) from None


def _leave(loader: int) -> None:
    """Torch's own watch sees a parent leave only if that was there when it began."""
    leave_with_parent()


def _together(parts: Sequence[Draw]) -> Draw:
    return tuple(torch.stack(part) for part in zip(*parts, strict=True))

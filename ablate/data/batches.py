"""uint8 images on the device -> normalised, augmented batches, computed there."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from ablate.spec import DatasetFacts

Batch = tuple[torch.Tensor, torch.Tensor]


class Batches:
    """Images and labels that stay on `device`, given out batch by batch.

    x (N, H, W, C) uint8, y (N,) int64. Batches are (B, C, H, W) float32, channels last in memory
    unless `channels_last` is off. The last partial batch is kept; a batch of one joins the one
    before, because batch norm cannot train on it.
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
        self.x, self.y = x.to(device), y.to(device)
        self.facts, self.batch_size, self.channels_last = facts, batch_size, channels_last
        self.mean = torch.tensor(facts.mean, device=device)
        self.std = torch.tensor(facts.std, device=device)

    def __len__(self) -> int:
        """Batches in a pass."""
        full, rest = divmod(len(self.x), self.batch_size)
        return max(1, full + (rest > 1))

    @property
    def images(self) -> int:
        return len(self.x)

    def plain(self) -> Iterator[Batch]:
        """Every image once, in order, without augmentation."""
        for indices in self._cut(torch.arange(len(self.x))):
            yield self._finish(self._normalise(self.x[indices])), self.y[indices]

    def shuffled(
        self,
        shuffle: torch.Generator,
        augment: torch.Generator | None = None,
        *,
        black_border: bool = False,
    ) -> Iterator[Batch]:
        """Every image once, in random order; augmented if there is a generator for it.

        Both generators are of the CPU, so that a run draws the same numbers on any device.
        """
        for indices in self._cut(torch.randperm(len(self.x), generator=shuffle)):
            if augment is None:
                x = self._normalise(self.x[indices])
            else:
                x = self._augmented(indices, augment, black_border)
            yield self._finish(x), self.y[indices]

    def _cut(self, order: torch.Tensor) -> Iterator[torch.Tensor]:
        order = order.to(self.x.device)
        ends = [self.batch_size * n for n in range(1, len(self))]
        yield from torch.tensor_split(order, ends)

    def _normalise(self, x: torch.Tensor) -> torch.Tensor:
        return x.float().sub_(self.mean).div_(self.std)

    def _finish(self, x: torch.Tensor) -> torch.Tensor:
        """(B, H, W, C) -> (B, C, H, W) in the memory format asked for."""
        x = x.permute(0, 3, 1, 2)
        if self.channels_last:
            return x
        # `contiguous()` leaves the strides of grey images, and torch takes those for channels last.
        return x.clone(memory_format=torch.contiguous_format)

    def _augmented(
        self, indices: torch.Tensor, random: torch.Generator, black_border: bool
    ) -> torch.Tensor:
        """Crop and mirror as one gather of rows and columns, border pixels masked out."""
        count, size, pad = len(indices), self.facts.image_size, self.facts.pad
        device = self.x.device
        steps = torch.arange(size)
        shift = torch.randint(-pad, pad + 1, (2, count, 1), generator=random)
        rows, columns = shift[0] + steps, shift[1] + steps
        if self.facts.flip:
            mirror = torch.rand(count, 1, generator=random) < 0.5
            columns = torch.where(mirror, columns.flip(1), columns)
        rows, columns = rows.to(device), columns.to(device)
        inside_rows = (rows >= 0) & (rows < size)
        inside_columns = (columns >= 0) & (columns < size)
        inside = (inside_rows[:, :, None] & inside_columns[:, None, :])[..., None]
        rows, columns = rows.clamp(0, size - 1), columns.clamp(0, size - 1)
        x = self.x[indices[:, None, None], rows[:, :, None], columns[:, None, :]]
        if black_border:
            return self._normalise(x * inside)
        return self._normalise(x) * inside

"""Images of one size as one run of numbers, out of which a crop is copied as a single slice."""

from __future__ import annotations

import torch


class Windows:
    """Images (N, H, W, C) with a border of `pad` zeros; beside each its mirror image if `mirrors`.

    Row lies behind row and image behind image, with `pad` zero pixels after each row, `pad` zero
    rows after each image and the same once before the first. What is left of a row is then the
    border of the row above, and a crop is one slice: from its first number to its last, with what
    lies between its rows. Twice the bytes for mirror images, because turning a crop round takes
    longer than everything else that is done to it. A single image stands for every one.
    """

    def __init__(self, images: torch.Tensor, pad: int = 0, *, mirrors: bool = False) -> None:
        count, height, width, channels = images.shape
        row = (width + pad) * channels
        size = (height + pad) * row
        self._first = pad * (row + channels)  # where the first pixel of the first image is
        self._shape, self._used = (height, row), width * channels
        if pad or mirrors:
            sides = 1 + mirrors
            self._numbers = images.new_zeros(self._first + count * sides * size + pad * channels)
            lying = self._numbers[self._first :][: count * sides * size]
            pixels = lying.view(count, sides, height + pad, width + pad, channels)
            self.images = pixels[:, 0, :height, :width]
            self.images.copy_(images)
            if mirrors:
                pixels[:, 1, :height, :width] = images.flip(2)
        else:
            self.images, self._numbers = images, images.reshape(-1)
        # By how much the rows of a draw move the beginning of a slice.
        steps = [size * (1 + mirrors) * (count > 1), size * mirrors, row, channels]
        self._steps = torch.tensor(steps, device=images.device)[:, None]

    def cut(self, draw: torch.Tensor) -> torch.Tensor:
        """A draw, as `Batches` tells -> crops (B, H, W * C), rows apart from each other."""
        starts = (draw * self._steps).sum(0) + self._first
        height, row = self._shape
        found = slices(self._numbers, starts, height * row)
        return found.view(-1, height, row)[:, :, : self._used]


def slices(numbers: torch.Tensor, starts: torch.Tensor, length: int) -> torch.Tensor:
    """The `length` numbers from each start: (B, length)."""
    if numbers.device.type == "mps":
        return picked(numbers, starts, length)
    overlapping = numbers.as_strided((len(numbers) - length + 1, length), (1, 1))
    return overlapping.index_select(0, starts)


def picked(numbers: torch.Tensor, starts: torch.Tensor, length: int) -> torch.Tensor:
    """`slices`, number by number: for Apple's GPUs, which would write out what overlaps."""
    return numbers[starts[:, None] + torch.arange(length, device=numbers.device)]

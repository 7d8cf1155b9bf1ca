"""Images, in memory or in files -> what training is fed with."""

from __future__ import annotations

import torch

from ablate.cells import DatasetFacts
from ablate.data.batches import Batches
from ablate.data.draws import Feed
from ablate.data.files import Files


def feed(
    x: torch.Tensor | Files,
    y: torch.Tensor,
    facts: DatasetFacts,
    *,
    batch_size: int,
    device: torch.device | str,
    channels_last: bool = True,
    loaders: int = 0,
    crops: int = 1,
) -> Feed:
    """Images and labels (N,) int64 as batches; `loaders` and `crops` are for images in files."""
    if isinstance(x, torch.Tensor):
        return Batches(
            x, y, facts, batch_size=batch_size, device=device, channels_last=channels_last
        )
    from ablate.data.streamed import Photos, Streamed  # here: torchvision takes a second to import

    return Streamed(
        Photos(x, y, facts, crops),
        batch_size=batch_size,
        device=device,
        channels_last=channels_last,
        loaders=loaders,
    )

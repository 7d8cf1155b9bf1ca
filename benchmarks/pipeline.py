"""`data`: augmented batches from images on the device, and from torchvision's loaders."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from importlib import import_module
from statistics import median
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset

from ablate.cells import DATASETS, DatasetFacts
from ablate.costs import alternate, threads
from ablate.data import Batches
from benchmarks.findings import Findings, conditions, speed

Labelled = tuple[torch.Tensor, int]


def bench_data(
    *,
    images: int = 10_000,
    batch_size: int = 64,
    device: str | torch.device = "cpu",
    rounds: int = 5,
) -> Findings:
    """Images a second through crop, mirror and normalisation, as CIFAR's training set needs them.

    Pixels are random: what is in an image takes no more or less time. The loaders are those of the
    usual scripts, on PIL images and on tensors, with so many worker processes that are kept; on a
    GPU they end with the copy to it. Ratios are to the quickest loader.
    """
    device = torch.device(device)
    facts = DATASETS["cifar10"]
    assert facts is not None
    x, y = random_cifar(images, facts)
    passes: dict[str, Callable[[], object]] = {}
    cores = os.cpu_count() or 1
    for count in sorted({1, cores}) if device.type == "cpu" else [torch.get_num_threads()]:
        passes[f"ablate, {count} threads"] = _ours(x, y, facts, batch_size, device, count)
    loaders = {}
    for kind, transform in _transforms(facts).items():
        for workers in sorted({0, 1, cores}):
            name = f"torchvision {kind}, {workers} workers"
            data = _Images(x, y, transform, as_pil=kind == "PIL")
            loaders[name] = _theirs(data, batch_size, workers, device)
    taken = alternate({**passes, **loaders}, device=device, rounds=rounds, warm_up=1)
    best = min(loaders, key=lambda name: median(taken[name]))
    rows = [_row(taken, name, best, images) for name in taken]
    how = conditions(device, n=rounds, images=images, batch_size=batch_size)
    del how["threads"]  # each contender has its own
    return Findings(f"augmented images, against {best}", rows, how)


def _row(taken: Mapping[str, Any], name: str, best: str, images: int) -> dict[str, Any]:
    row: dict[str, Any] = {"pipeline": name} | speed(taken, name, [best])
    row = {key.replace(best, "best_loader"): value for key, value in row.items()}
    row["images_per_second"] = images / row["seconds"]
    return row


def random_cifar(count: int, facts: DatasetFacts) -> tuple[torch.Tensor, torch.Tensor]:
    """Images (count, size, size, channels) uint8, and labels, of no meaning."""
    random = torch.Generator().manual_seed(0)
    shape = (count, facts.image_size, facts.image_size, facts.channels)
    x = torch.randint(0, 256, shape, dtype=torch.uint8, generator=random)
    return x, torch.randint(0, facts.classes, (count,), generator=random)


def _ours(
    x: torch.Tensor,
    y: torch.Tensor,
    facts: DatasetFacts,
    batch_size: int,
    device: torch.device,
    count: int,
) -> Callable[[], None]:
    batches = Batches(x, y, facts, batch_size=batch_size, device=device)
    shuffle, augment = torch.Generator().manual_seed(0), torch.Generator().manual_seed(1)

    def one_pass() -> None:
        with threads(count):
            for _ in batches.shuffled(shuffle, augment):
                pass

    return one_pass


def _theirs(
    data: Dataset[Labelled], batch_size: int, workers: int, device: torch.device
) -> Callable[[], None]:
    loader = DataLoader(
        data,
        batch_size=batch_size,
        shuffle=True,
        num_workers=workers,
        persistent_workers=workers > 0,
        pin_memory=device.type == "cuda",
    )

    def one_pass() -> None:
        for x, y in loader:
            x.to(device, non_blocking=True), y.to(device, non_blocking=True)

    return one_pass


def _transforms(facts: DatasetFacts) -> dict[str, Callable[[Any], torch.Tensor]]:
    """Pad, crop, mirror, normalise: as torchvision's examples do it, old and new."""
    v2: Any = import_module("torchvision.transforms.v2")  # which hides its types from checkers
    mean, std = [m / 255 for m in facts.mean], [s / 255 for s in facts.std]
    crop = [v2.RandomCrop(facts.image_size, padding=facts.pad), v2.RandomHorizontalFlip()]
    last = v2.Normalize(mean, std)
    return {
        "PIL": v2.Compose([*crop, v2.PILToTensor(), v2.ToDtype(torch.float32, scale=True), last]),
        "tensors": v2.Compose([*crop, v2.ToDtype(torch.float32, scale=True), last]),
    }


class _Images(Dataset[Labelled]):
    """Images one by one, as torchvision's datasets give them."""

    def __init__(
        self, x: torch.Tensor, y: torch.Tensor, transform: Callable[[Any], Any], *, as_pil: bool
    ) -> None:
        self.transform, self.as_pil = transform, as_pil
        self.labels = y.tolist()
        self.arrays = x.numpy()
        self.tensors = x.permute(0, 3, 1, 2).contiguous()

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> Labelled:
        from PIL import Image

        image: Any = Image.fromarray(self.arrays[index]) if self.as_pil else self.tensors[index]
        return self.transform(image), self.labels[index]

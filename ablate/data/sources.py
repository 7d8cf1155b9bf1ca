"""The named datasets: each one a function from a folder to uint8 images and labels."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray

from ablate.data.split import stratified
from ablate.errors import MissingDataError
from ablate.spec import DATASETS, Data, DatasetFacts

Array = NDArray[Any]
KEYS = ("x_train", "y_train", "x_test", "y_test")


@dataclass(frozen=True)
class Images:
    """A dataset in memory. Images are (N, H, W, C) uint8, labels (N,) int64."""

    x_train: torch.Tensor
    y_train: torch.Tensor
    x_test: torch.Tensor
    y_test: torch.Tensor
    facts: DatasetFacts
    sha256: str  # of images and labels in this order, 16 hex digits
    note: str = ""  # what a result made from this copy has to say


@dataclass(frozen=True)
class _Arrays:
    """What a reader found: uint8 images, (N, H, W) or (N, H, W, C), and whole-number labels."""

    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array
    note: str = ""

    def parts(self) -> tuple[Array, ...]:
        return (self.x_train, self.y_train, self.x_test, self.y_test)


def facts(data: Data, root: Path) -> DatasetFacts:
    """What is known of `data`'s dataset; opens the file only where the name does not say.

    Raises MissingDataError.
    """
    known = DATASETS[data.dataset]
    return known or _facts_of(_read_arrays(data, root))


def load_images(data: Data, root: Path, *, download: bool = False) -> Images:
    """The dataset of `data` from the folder `root`, downloaded first if that is allowed.

    Raises MissingDataError, which lists the ways to get it, also for a file that is not what it
    should be.
    """
    if data.dataset == "cifar10":
        found = _read_cifar10(root, download)
    else:
        found = _READERS[data.dataset](data, root)
    known = DATASETS[data.dataset] or _facts_of(found)
    _check_labels(found, known, data)
    return Images(
        x_train=_image_tensor(found.x_train),
        y_train=_label_tensor(found.y_train),
        x_test=_image_tensor(found.x_test),
        y_test=_label_tensor(found.y_test),
        facts=known,
        sha256=_sha256(found.parts()),
        note=found.note,
    )


def _image_tensor(images: Array) -> torch.Tensor:
    images = images if images.ndim == 4 else images[..., np.newaxis]
    return torch.from_numpy(np.ascontiguousarray(images))


def _label_tensor(labels: Array) -> torch.Tensor:
    return torch.from_numpy(labels.astype(np.int64))


def _sha256(parts: tuple[Array, ...]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(np.ascontiguousarray(part).tobytes())
    return digest.hexdigest()[:16]


def _read_digits(data: Data, root: Path) -> _Arrays:
    """scikit-learn's embedded copy; a fixed stratified fifth of it is the test set."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = np.rint(bunch.images * (255 / 16)).astype(np.uint8)
    labels = bunch.target.astype(np.int64)
    known = cast(DatasetFacts, DATASETS["digits"])
    test = stratified(labels, np.arange(len(labels)), known.test_images, seed=0)
    train = np.setdiff1d(np.arange(len(labels)), test)
    return _Arrays(images[train], labels[train], images[test], labels[test])


def _read_cifar10(root: Path, download: bool) -> _Arrays:
    """ROOT/cifar10.npz if it is there, else torchvision's layout with torchvision's checks."""
    archive = root / "cifar10.npz"
    if archive.exists():
        return _read_npz(archive)
    from torchvision.datasets import CIFAR10

    try:
        train = CIFAR10(str(root), train=True, download=download)
        test = CIFAR10(str(root), train=False)
    except (RuntimeError, OSError) as error:
        raise MissingDataError(
            f"cifar10 was not found in {root} ({error})\n"
            "Ways to get it:\n"
            "  add --download: torchvision fetches it into that folder (170 MB), or\n"
            "  put the unpacked cifar-10-batches-py folder there, or\n"
            f"  put a cifar10.npz there: {', '.join(KEYS)}; uint8, N x 32 x 32 x 3, or\n"
            "  point at the folder that has it: --data FOLDER, or the variable ABLATE_DATA"
        ) from None
    return _Arrays(train.data, np.array(train.targets), test.data, np.array(test.targets))


def _read_arrays(data: Data, root: Path) -> _Arrays:
    path = root / f"{data.name}.npz"
    if not path.exists():
        raise MissingDataError(
            f"{path} was not found\n"
            f"Save it with numpy.savez: {', '.join(KEYS)}; images uint8, N x H x W or "
            "N x H x W x C, labels whole numbers from 0. Or point at the folder that has it: "
            "--data FOLDER, or the variable ABLATE_DATA"
        )
    return _read_npz(path)


_READERS: dict[str, Callable[[Data, Path], _Arrays]] = {
    "digits": _read_digits,
    "arrays": _read_arrays,
}


def _read_npz(path: Path) -> _Arrays:
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {key: archive[key] for key in archive.files}
    except (OSError, ValueError) as error:
        raise MissingDataError(f"{path} cannot be read: {error}") from None
    if missing := [key for key in KEYS if key not in arrays]:
        raise MissingDataError(f"{path}: {', '.join(missing)} missing")
    faults = [
        *(_image_fault(key, arrays[key]) for key in ("x_train", "x_test")),
        *(
            f"{y}: must be {len(arrays[x])} whole numbers, one per image of {x}"
            for x, y in (("x_train", "y_train"), ("x_test", "y_test"))
            if arrays[y].shape != arrays[x].shape[:1] or arrays[y].dtype.kind not in "iu"
        ),
    ]
    if arrays["x_train"].shape[1:] != arrays["x_test"].shape[1:]:
        faults.append("x_test: must have the image shape of x_train")
    if found := [fault for fault in faults if fault]:
        raise MissingDataError("\n".join(f"{path}: {fault}" for fault in found))
    x_train, y_train, x_test, y_test = (arrays[key] for key in KEYS)
    return _Arrays(x_train, y_train, x_test, y_test, _note(arrays))


def _image_fault(key: str, images: Array) -> str:
    square = images.ndim in (3, 4) and images.shape[1] == images.shape[2]
    if images.dtype == np.uint8 and square and len(images):
        return ""
    shape = " x ".join(map(str, images.shape))
    rule = "must be uint8, N x H x W or N x H x W x C with H = W and N > 0"
    return f"{key}: {rule}, got {images.dtype} {shape}"


def _note(arrays: dict[str, Array]) -> str:
    """What the `*_exact` masks say: which images are stand-ins for the originals."""
    parts = [
        f"{int((~arrays[mask].astype(bool)).sum())} of {arrays[mask].size} {split} images"
        for split, mask in (("training", "train_exact"), ("test", "test_exact"))
        if mask in arrays and not arrays[mask].all()
    ]
    return f"{' and '.join(parts)} approximated" if parts else ""


def _facts_of(found: _Arrays) -> DatasetFacts:
    """Facts of a user's arrays: a tenth is held out, and an eighth of the size is padded."""
    channels = found.x_train.shape[3] if found.x_train.ndim == 4 else 1
    # In float64 sums of uint8 are exact, whatever the order.
    pixels = found.x_train.reshape(-1, channels)
    mean = pixels.mean(axis=0, dtype=np.float64)
    deviation = pixels.std(axis=0, dtype=np.float64)
    size = found.x_train.shape[1]
    return DatasetFacts(
        channels=channels,
        image_size=size,
        classes=int(max(found.y_train.max(), found.y_test.max())) + 1,
        train_images=len(found.x_train),
        test_images=len(found.x_test),
        hold_out=max(1, len(found.x_train) // 10),
        pad=max(1, size // 8),
        flip=True,
        mean=tuple(round(float(m), 3) for m in mean),
        std=tuple(round(float(s), 3) or 1.0 for s in deviation),  # a constant channel divides by 1
        fingerprint=_sha256(found.parts()),
    )


def _check_labels(found: _Arrays, known: DatasetFacts, data: Data) -> None:
    """Raise MissingDataError for labels outside 0..classes-1 and for images of another shape."""
    for labels in (found.y_train, found.y_test):
        if labels.min() < 0 or labels.max() >= known.classes:
            rule = f"labels must be 0..{known.classes - 1}"
            raise MissingDataError(f"{data.dataset}: {rule}, got {labels.min()}..{labels.max()}")
    shape = found.x_train.shape[1:]
    channels = shape[2] if len(shape) == 3 else 1
    if (shape[0], channels, len(found.x_train)) != (
        known.image_size,
        known.channels,
        known.train_images,
    ):
        wanted = (
            f"{known.train_images} of {known.image_size} x {known.image_size} x {known.channels}"
        )
        got = f"{len(found.x_train)} of {shape[0]} x {shape[0]} x {channels}"
        raise MissingDataError(f"{data.dataset}: training images must be {wanted}, got {got}")

"""The named datasets: each one a function from a folder to uint8 images and labels."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
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
MASKS = {"train_exact": "training", "test_exact": "test"}
# What numpy raises for a broken archive: zipfile and zlib come through as they are.
UNREADABLE = (OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)


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

    def sha256(self) -> str:
        """Of the content: the same whatever whole-number type the labels were saved in."""
        digest = hashlib.sha256()
        for images, labels in ((self.x_train, self.y_train), (self.x_test, self.y_test)):
            digest.update(np.ascontiguousarray(images).data.cast("B"))
            digest.update(labels.astype("<i8").tobytes())
        return digest.hexdigest()[:16]


def facts(data: Data, root: Path) -> DatasetFacts:
    """What is known of `data`'s dataset; opens the file only where the name does not say.

    Raises MissingDataError.
    """
    known = DATASETS[data.dataset]
    return known or _facts_of(_read_arrays(data, root, False))


def load_images(data: Data, root: Path, *, download: bool = False) -> Images:
    """The dataset of `data` from the folder `root`, downloaded first if that is allowed.

    Raises MissingDataError, which lists the ways to get it, also for a file that is not what it
    should be.
    """
    found = _READERS[data.dataset](data, root, download)
    known = DATASETS[data.dataset] or _facts_of(found)
    _check(found, known, data)
    return Images(
        x_train=_image_tensor(found.x_train),
        y_train=_label_tensor(found.y_train),
        x_test=_image_tensor(found.x_test),
        y_test=_label_tensor(found.y_test),
        facts=known,
        sha256=found.sha256(),
        note=found.note,
    )


def _image_tensor(images: Array) -> torch.Tensor:
    images = images if images.ndim == 4 else images[..., np.newaxis]
    return torch.from_numpy(np.ascontiguousarray(images))


def _label_tensor(labels: Array) -> torch.Tensor:
    return torch.from_numpy(labels.astype(np.int64))


def _read_digits(data: Data, root: Path, download: bool) -> _Arrays:
    """scikit-learn's embedded copy; a fixed stratified fifth of it is the test set."""
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = np.rint(bunch.images * (255 / 16)).astype(np.uint8)
    labels = bunch.target.astype(np.int64)
    known = cast(DatasetFacts, DATASETS["digits"])
    test = stratified(labels, np.arange(len(labels)), known.test_images, seed=0)
    train = np.setdiff1d(np.arange(len(labels)), test)
    return _Arrays(images[train], labels[train], images[test], labels[test])


def _read_cifar10(data: Data, root: Path, download: bool) -> _Arrays:
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


def _read_arrays(data: Data, root: Path, download: bool) -> _Arrays:
    path = root / f"{data.name}.npz"
    if not path.exists():
        raise MissingDataError(
            f"{path} was not found\n"
            f"Save it with numpy.savez: {', '.join(KEYS)}; images uint8, N x H x W or "
            "N x H x W x C, labels whole numbers from 0. Or point at the folder that has it: "
            "--data FOLDER, or the variable ABLATE_DATA"
        )
    return _read_npz(path)


# Name -> (what is asked for, folder, whether it may be downloaded) -> arrays, unchecked.
_READERS: dict[str, Callable[[Data, Path, bool], _Arrays]] = {
    "cifar10": _read_cifar10,
    "digits": _read_digits,
    "arrays": _read_arrays,
}


def _read_npz(path: Path) -> _Arrays:
    try:
        with path.open("rb") as stream:
            arrays = _unpack(np.load(stream, allow_pickle=False))
    except UNREADABLE as error:
        raise MissingDataError(f"{path} cannot be read: {error}") from None
    if missing := [key for key in KEYS if key not in arrays]:
        raise MissingDataError(f"{path}: {', '.join(missing)} missing")
    faults = [
        *(_image_fault(key, arrays[key]) for key in ("x_train", "x_test")),
        *(_label_fault(y, arrays[y], arrays[y.replace("y", "x")]) for y in ("y_train", "y_test")),
    ]
    if arrays["x_train"].shape[1:] != arrays["x_test"].shape[1:]:
        faults.append("x_test: must have the image shape of x_train")
    if found := [fault for fault in faults if fault]:
        raise MissingDataError("\n".join(f"{path}: {fault}" for fault in found))
    x_train, y_train, x_test, y_test = (arrays[key] for key in KEYS)
    return _Arrays(x_train, y_train, x_test, y_test, _note(arrays))


def _unpack(archive: Any) -> dict[str, Array]:
    """The arrays that are read, of what `np.load` found."""
    if not isinstance(archive, np.lib.npyio.NpzFile):
        raise ValueError("it holds one array; numpy.savez makes an archive of several")
    return {key: np.asarray(archive[key]) for key in archive.files if key in {*KEYS, *MASKS}}


def _image_fault(key: str, images: Array) -> str:
    square = images.ndim in (3, 4) and images.shape[1] == images.shape[2]
    if images.dtype == np.uint8 and square and images.size:
        return ""
    shape = " x ".join(map(str, images.shape))
    rule = "must be uint8, N x H x W or N x H x W x C with H = W and N > 0"
    return f"{key}: {rule}, got {images.dtype} {shape or 'scalar'}"


def _label_fault(key: str, labels: Array, images: Array) -> str:
    if labels.shape == images.shape[:1] and labels.dtype.kind in "iu":
        least = labels.min(initial=0)
        return f"{key}: labels must be >= 0, got {least}" if least < 0 else ""
    shape = " x ".join(map(str, labels.shape)) or "scalar"
    rule = f"must be whole numbers, one per image of {key.replace('y', 'x')}"
    return f"{key}: {rule}, got {labels.dtype} {shape}"


def _note(arrays: dict[str, Array]) -> str:
    """What the `*_exact` masks say: which images are stand-ins for the originals."""
    parts = [
        f"{int((~arrays[mask].astype(bool)).sum())} of {arrays[mask].size} {split} images"
        for mask, split in MASKS.items()
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
        fingerprint=found.sha256(),
    )


def _check(found: _Arrays, known: DatasetFacts, data: Data) -> None:
    """Raise MissingDataError for a copy that is not what the dataset's name promises."""
    size, channels = known.image_size, known.channels
    faults = []
    for split, images, labels, count in (
        ("training", found.x_train, found.y_train, known.train_images),
        ("test", found.x_test, found.y_test, known.test_images),
    ):
        height, depth = images.shape[1], images.shape[3] if images.ndim == 4 else 1
        if (len(images), height, depth) != (count, size, channels):
            rule = f"{split} images must be {count} of {size} x {size} x {channels}"
            faults.append(f"{rule}, got {len(images)} of {height} x {height} x {depth}")
        if labels.min() < 0 or labels.max() >= known.classes:
            rule = f"{split} labels must be 0..{known.classes - 1}"
            faults.append(f"{rule}, got {labels.min()}..{labels.max()}")
    if min(found.y_train.min(), found.y_test.min()) > 0:
        faults.append(f"labels must start at 0, the lowest is {found.y_train.min()}")
    if faults:
        raise MissingDataError("\n".join(f"{data.dataset}: {fault}" for fault in faults))

"""The named datasets: each one a function from a folder to uint8 images and labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import distribution
from pathlib import Path
from typing import cast

import numpy as np
import torch

from ablate.cells import (
    DATASETS,
    IMAGE_SIZE,
    IMAGENET_MEAN,
    IMAGENET_STD,
    STREAMED,
    Data,
    DatasetFacts,
    TrainingPart,
)
from ablate.data.arrays import KEYS, Array, Arrays, read_npz
from ablate.data.code import read_code
from ablate.data.duplicates import Contents, contents_of, duplicates_note
from ablate.data.files import Files, Listing, list_files
from ablate.data.public import PUBLISHED, read_published
from ablate.data.split import Split, split, stratified
from ablate.errors import MissingDataError

DIGITS = "sklearn/datasets/data/digits.csv.gz"


@dataclass(frozen=True)
class Images:
    """A dataset in memory, images (N, H, W, C) uint8, or its files; labels (N,) int64."""

    x_train: torch.Tensor | Files
    y_train: torch.Tensor
    x_test: torch.Tensor | Files
    y_test: torch.Tensor
    facts: DatasetFacts
    sha256: str  # of images and labels in this order, 16 hex digits
    note: str = ""  # what a result made from this copy has to say
    classes: tuple[str, ...] = ()  # their names by number, where folders have them
    files: tuple[Contents, Contents] | None = None  # of training and test images, where known

    @cached_property
    def contents(self) -> tuple[Contents, Contents] | None:
        """Numbers that are equal for equal training and test images; None of ImageNet's."""
        if isinstance(self.x_train, Files) or isinstance(self.x_test, Files):
            return self.files
        return contents_of(self.x_train.numpy()), contents_of(self.x_test.numpy())

    def note_on(self, found: Split) -> str:
        """What a result of this split has to say, equal images on both sides among it."""
        if self.contents is None:
            return self.note
        (train, test), y, y_test = self.contents, self.y_train.numpy(), self.y_test.numpy()
        own, held_out = found.train.numpy(), found.held_out.numpy()
        evaluated = {"held-out": (train[held_out], y[held_out]), "test": (test, y_test)}
        copies = duplicates_note((train[own], y[own]), evaluated)
        return "; ".join(filter(None, (self.note, copies)))


def facts(data: Data, root: Path) -> DatasetFacts:
    """What is known of `data`'s dataset; opens the file only where the name does not say.

    Raises MissingDataError, and SpecError where the data cannot be split as asked.
    """
    if known := data.known_facts:
        return known
    if data.dataset in STREAMED:
        listing = list_files(data, root)
        known, labels = data.sized(_facts_of_files(listing)), listing.y_train
    else:
        found = _read(data, root, False)
        known, labels = _facts_of(found), _label_tensor(found.y_train)
    if not data.broken_for(known):  # else it is told with its line
        split(labels, data, known)
    return known


def load_images(data: Data, root: Path, *, download: bool = False) -> Images:
    """The dataset of `data` from the folder `root`, downloaded first if that is allowed.

    Of a dataset that is streamed only the files are listed. Raises MissingDataError, which lists
    the ways to get it, also for a file that is not what it should be.
    """
    if data.dataset in STREAMED:
        return _list_images(data, root)
    found = _read(data, root, download)
    known = data.known_facts or _facts_of(found)
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


def _list_images(data: Data, root: Path) -> Images:
    found = list_files(data, root)
    known = data.known_facts or data.sized(_facts_of_files(found))
    counts = len(found.train), len(found.test), len(found.classes)
    if counts != (known.train_images, known.test_images, known.classes):
        rule = f"{known.train_images} and {known.test_images} of {known.classes} classes"
        raise MissingDataError(
            f"{data.dataset}: training and test images must be {rule}, got {counts[0]} and "
            f"{counts[1]} of {counts[2]}; other sets of files are read with dataset: image_folder"
        )
    return Images(
        x_train=found.train,
        y_train=found.y_train,
        x_test=found.test,
        y_test=found.y_test,
        facts=known,
        sha256=found.sha256,
        note=found.note,
        classes=found.classes,
        files=found.contents,
    )


def _facts_of_files(found: Listing) -> DatasetFacts:
    """Facts of a user's files; colours are normalised as ImageNet's.

    A tenth is held out, or the folder that validates.
    """
    own, count = found.held_out, len(found.train)
    return DatasetFacts(
        channels=3,
        image_size=IMAGE_SIZE,
        classes=len(found.classes),
        train_images=count,
        test_images=len(found.test),
        hold_out=own or max(1, count // 10),
        parts=(TrainingPart(count - own, 0), TrainingPart(own, own)) if own else (),
        pad=0,
        flip=True,
        mean=IMAGENET_MEAN,
        std=IMAGENET_STD,
        fingerprint=found.sha256,
        streamed=True,
    )


def _image_tensor(images: Array) -> torch.Tensor:
    images = images if images.ndim == 4 else images[..., np.newaxis]
    return torch.from_numpy(np.ascontiguousarray(images))


def _label_tensor(labels: Array) -> torch.Tensor:
    return torch.from_numpy(labels.astype(np.int64))


def _read_digits(data: Data, root: Path, download: bool) -> Arrays:
    """scikit-learn's embedded copy; a fixed stratified fifth of it is the test set."""
    shades, numbers = _digits()
    images = np.rint(shades * (255 / 16)).astype(np.uint8)
    labels = numbers.astype(np.int64)
    known = cast(DatasetFacts, DATASETS["digits"])
    test = stratified(labels, np.arange(len(labels)), known.test_images, seed=0)
    train = np.setdiff1d(np.arange(len(labels)), test)
    return Arrays(images[train], labels[train], images[test], labels[test])


def _digits() -> tuple[Array, Array]:
    """Images (N, 8, 8) of shades from 0 to 16 and their labels, as scikit-learn gives them."""
    # Its import loads scipy and pandas: a second of CPU in a run and in each of its workers.
    file = Path(str(distribution("scikit-learn").locate_file(DIGITS)))
    if not file.is_file():
        from sklearn.datasets import load_digits

        bunch = load_digits()
        return bunch.images, bunch.target
    rows = np.loadtxt(file, delimiter=",")
    return rows[:, :-1].reshape(-1, 8, 8), rows[:, -1]


def _read_arrays(data: Data, root: Path, download: bool) -> Arrays:
    path = root / f"{data.name}.npz"
    if not path.exists():
        raise MissingDataError(
            f"{path} was not found\n"
            f"Save it with numpy.savez: {', '.join(KEYS)}; images uint8, N x H x W or "
            "N x H x W x C, labels whole numbers from 0. Or point at the folder that has it: "
            "--data FOLDER, or the variable ABLATE_DATA"
        )
    return read_npz(path)


# Name -> (what is asked for, folder, whether it may be downloaded) -> arrays, unchecked.
_READERS: dict[str, Callable[[Data, Path, bool], Arrays]] = {
    **dict.fromkeys(PUBLISHED, read_published),
    "digits": _read_digits,
    "arrays": _read_arrays,
}


def _read(data: Data, root: Path, download: bool) -> Arrays:
    """What is in memory; a name that is not ours is a user's code."""
    return _READERS.get(data.dataset, read_code)(data, root, download)


def _facts_of(found: Arrays) -> DatasetFacts:
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
        classes=int(found.y_train.max()) + 1,
        train_images=len(found.x_train),
        test_images=len(found.x_test),
        hold_out=max(1, len(found.x_train) // 10),
        pad=max(1, size // 8),
        flip=True,
        mean=tuple(round(float(m), 3) for m in mean),
        std=tuple(round(float(s), 3) or 1.0 for s in deviation),  # a constant channel divides by 1
        fingerprint=found.sha256(),
    )


def _check(found: Arrays, known: DatasetFacts, data: Data) -> None:
    """Raise MissingDataError for a copy that is not what the dataset's name promises."""
    size, channels = known.image_size, known.channels
    faults = []
    for part, images, labels, count in (
        ("training", found.x_train, found.y_train, known.train_images),
        ("test", found.x_test, found.y_test, known.test_images),
    ):
        height, depth = images.shape[1], images.shape[3] if images.ndim == 4 else 1
        if (len(images), height, depth) != (count, size, channels):
            rule = f"{part} images must be {count} of {size} x {size} x {channels}"
            faults.append(f"{rule}, got {len(images)} of {height} x {height} x {depth}")
        if labels.min() < 0 or labels.max() >= known.classes:
            rule = f"{part} labels must be 0..{known.classes - 1}"
            faults.append(f"{rule}, got {labels.min()}..{labels.max()}")
    if faults:
        raise MissingDataError("\n".join(f"{data.dataset}: {fault}" for fault in faults))

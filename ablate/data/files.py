"""Datasets of image files: a folder per class, listed here and read where they are needed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from ablate.errors import MissingDataError
from ablate.spec import Data

TEST_FOLDERS = ("val", "test")  # what people call the folder beside `train`; the first found


@dataclass(frozen=True)
class Files:
    """Image files, indexed as a tensor of images would be."""

    folder: Path
    # Paths below the folder, as one array of bytes: a million strings would be copied one by one
    # into every process that reads.
    names: NDArray[np.bytes_]

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, which: torch.Tensor) -> Files:
        return Files(self.folder, self.names[which.numpy()])

    def path(self, index: int) -> Path:
        return self.folder / os.fsdecode(self.names[index])


@dataclass(frozen=True)
class Listing:
    """What was found: files, and the number of the class of each (N,) int64."""

    train: Files
    y_train: torch.Tensor
    test: Files
    y_test: torch.Tensor
    classes: int
    sha256: str  # of names and, where asked for, sizes: 16 hex digits


def list_files(data: Data, root: Path) -> Listing:
    """The files of `data`'s dataset: ROOT/NAME/train/CLASS/*, and `val` or `test` beside `train`.

    Classes are numbered by the sorted names of the folders in `train`. Raises MissingDataError.
    """
    from torchvision.datasets.folder import IMG_EXTENSIONS, find_classes, make_dataset

    folder = root / (data.name or data.dataset)
    train = folder / "train"
    test = next((folder / name for name in TEST_FOLDERS if (folder / name).is_dir()), None)
    if test is None or not train.is_dir():
        raise MissingDataError(_how_to_get(data, folder))
    try:
        names, numbers = find_classes(str(train))
        unknown = sorted({entry.name for entry in os.scandir(test) if entry.is_dir()} - {*names})
        if unknown:
            raise MissingDataError(f"{test}: classes that {train} does not have: {_some(unknown)}")
        found = {
            part: make_dataset(str(part), numbers, IMG_EXTENSIONS, allow_empty=True)
            for part in (train, test)
        }
    except OSError as error:
        raise MissingDataError(f"{folder} cannot be read: {error}") from None
    _check_classes(found[train], names, train)
    if not found[test]:
        raise MissingDataError(f"{test}: no images: {', '.join(IMG_EXTENSIONS)}")
    # The names of a dataset's own files say which they are; a user's may change in place.
    sizes = data.dataset == "image_folder"
    digest = hashlib.sha256()
    in_train, y_train = _files(train, found[train], digest, sizes)
    in_test, y_test = _files(test, found[test], digest, sizes)
    return Listing(in_train, y_train, in_test, y_test, len(names), digest.hexdigest()[:16])


def _files(
    folder: Path, samples: Sequence[tuple[str, int]], digest: Any, sizes: bool
) -> tuple[Files, torch.Tensor]:
    names = [os.fsencode(os.path.relpath(path, folder)) for path, _ in samples]
    for name, (path, _) in zip(names, samples, strict=True):
        digest.update(name.replace(os.fsencode(os.sep), b"/") + b"\0")
        if sizes:
            digest.update(b"%d\0" % Path(path).stat().st_size)
    return Files(folder, np.array(names)), torch.tensor([number for _, number in samples])


def _check_classes(samples: Sequence[tuple[str, int]], names: Sequence[str], train: Path) -> None:
    if len(names) < 2:
        raise MissingDataError(f"{train}: needs a folder for each of two classes or more")
    filled = {number for _, number in samples}
    if empty := [name for number, name in enumerate(names) if number not in filled]:
        raise MissingDataError(f"{train}: classes without an image: {_some(empty)}")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _how_to_get(data: Data, folder: Path) -> str:
    first = f"{folder / 'train'} and {folder / 'val'} were not both found\n"
    if data.dataset == "imagenet":
        first += (
            "Get the training and validation images of ILSVRC 2012 from https://image-net.org and "
            "unpack them there, a folder per class in both. "
        )
    else:
        first += "Put the images there, a folder per class in both (`test` will do for `val`). "
    return (
        first + "Or point at the folder that has them: --data FOLDER, or the variable ABLATE_DATA"
    )

"""Datasets of image files: a folder per class, listed here and read where they are needed."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ablate.cells import Data
from ablate.data.contents import digests, evenly
from ablate.data.labels import label_faults
from ablate.data.walking import ENDINGS, Found, classes_in, images_in
from ablate.errors import MissingDataError

TRAIN, HELD_OUT, TEST = "train", "held out", "test"  # what a folder is for, whatever its name
VALIDATION = ("val", "valid", "validation")  # what people call it
SAMPLE = 1_000  # of each part of ImageNet, whose content is looked at


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
    """What was found below ROOT/NAME: files, and the number of the class of each (N,) int64."""

    train: Files  # those of `val` last, where it validates
    y_train: torch.Tensor
    held_out: int  # how many of the last validate; 0 where nothing says which
    test: Files
    y_test: torch.Tensor
    classes: tuple[str, ...]  # by number
    contents: tuple[NDArray[np.uint64], NDArray[np.uint64]] | None  # a digest of each file
    sha256: str  # of names, sizes and contents: 16 hex digits
    note: str  # what was passed over


@dataclass(frozen=True)
class _Part:
    """The images below one folder."""

    folder: Path
    names: list[str]  # relative to the folder above, with slashes
    labels: NDArray[np.int64]
    stats: list[os.stat_result]
    passed_over: Counter[str]


def list_files(data: Data, root: Path) -> Listing:
    """The files of `data`'s dataset: ROOT/NAME/train/CLASS/*, and `val`, `test` or both beside it.

    Where both are there `val` validates; else what is there is the test set, as ImageNet's `val`
    always is. Classes are numbered by the sorted names of their folders. Every file is known by
    its content; of ImageNet, 1,000 of each part, and the sizes of all. Raises MissingDataError.
    """
    folder, sampled = root / (data.name or data.dataset), data.dataset == "imagenet"
    folders = _folders(data, folder)
    try:
        classes = sorted({name for part in folders.values() for name in classes_in(part)})
        parts = {role: _listed(part, classes) for role, part in folders.items()}
        _check(parts, classes)
        known = _contents(folder, parts.values(), SAMPLE if sampled else None)
    except OSError as error:
        raise MissingDataError(f"{folder} cannot be read: {error}") from None
    own = [part for role, part in parts.items() if role != TEST]
    train, test = [name for part in own for name in part.names], parts[TEST].names
    return Listing(
        train=Files(folder, np.array([os.fsencode(name) for name in train])),
        y_train=torch.from_numpy(np.concatenate([part.labels for part in own])),
        held_out=len(parts[HELD_OUT].names) if HELD_OUT in parts else 0,
        test=Files(folder, np.array([os.fsencode(name) for name in test])),
        y_test=torch.from_numpy(parts[TEST].labels),
        classes=tuple(classes),
        contents=None if sampled else (_short(train, known), _short(test, known)),
        sha256=_fingerprint(parts, known),
        note=_note(parts.values()),
    )


def _folders(data: Data, folder: Path) -> dict[str, Path]:
    """What is for what."""
    train, test = folder / "train", folder / "test"
    validation = [folder / name for name in VALIDATION if (folder / name).is_dir()]
    if len(validation) > 1:
        names = " and ".join(path.name for path in validation)
        raise MissingDataError(f"{folder}: {names} are both there; keep one of them")
    if not test.is_dir() or data.dataset == "imagenet":  # whose test images have no labels
        test, validation = (validation or [folder / "val"])[0], []
    if not test.is_dir() or not train.is_dir():
        raise MissingDataError(_how_to_get(data, folder))
    held_out = {HELD_OUT: validation[0]} if validation else {}
    return {TRAIN: train, **held_out, TEST: test}


def _listed(folder: Path, classes: Sequence[str]) -> _Part:
    part = _Part(folder, [], np.zeros(0, np.int64), [], Counter())
    labels = []
    for number, name in enumerate(classes):
        found = images_in(folder / name) if (folder / name).is_dir() else Found([], [])
        part.names.extend(f"{folder.name}/{name}/{image}" for image in found.names)
        part.stats.extend(found.stats)
        part.passed_over.update(found.passed_over)
        labels += [number] * len(found.names)
    return replace(part, labels=np.array(labels, np.int64))


def _check(parts: Mapping[str, _Part], classes: Sequence[str]) -> None:
    """Raise MissingDataError for a part without images, and for classes that cannot be learned."""
    empty = [part.folder for part in parts.values() if not part.names]
    faults = [f"{folder}: no images: {', '.join(ENDINGS)}" for folder in empty]
    if not faults:
        train, *others = parts.values()
        evaluated = {str(part.folder): part.labels for part in others}
        faults = label_faults(str(train.folder), train.labels, evaluated, classes)
    if faults:
        raise MissingDataError("\n".join(faults))


def _contents(folder: Path, parts: Collection[_Part], sample: int | None) -> dict[str, bytes]:
    """Names -> digests, of all files or of so many of each part."""
    asked: dict[str, os.stat_result] = {}
    for part in parts:
        count = len(part.names)
        which = range(count) if sample is None else evenly(count, sample)
        asked |= {part.names[i]: part.stats[i] for i in which}
    return dict(zip(asked, digests(folder, asked), strict=True))


def _short(names: Sequence[str], known: Mapping[str, bytes]) -> NDArray[np.uint64]:
    """Enough of each digest to find equal files."""
    return np.frombuffer(b"".join(known[name][:8] for name in names), np.uint64)


def _fingerprint(parts: Mapping[str, _Part], known: Mapping[str, bytes]) -> str:
    """16 hex digits: of what each folder is for, and of what is in it below its own name."""
    content = hashlib.sha256()
    for role, part in parts.items():
        content.update(b"%s\0" % role.encode())
        for name, stat in zip(part.names, part.stats, strict=True):
            below = name.removeprefix(f"{part.folder.name}/")
            content.update(b"%s\0%d\0" % (os.fsencode(below), stat.st_size))
            content.update(known.get(name, b""))
    return content.hexdigest()[:16]


def _note(parts: Collection[_Part]) -> str:
    """How many images of which formats were passed over; empty without any."""
    counts = sum((part.passed_over for part in parts), Counter())
    if not counts:
        return ""
    endings = ", ".join(sorted(counts))
    files = "1 file" if counts.total() == 1 else f"{counts.total()} files"
    return f"{files} of formats that are not read passed over ({endings})"


def _how_to_get(data: Data, folder: Path) -> str:
    first = f"{folder / 'train'} and {folder / 'val'} were not both found\n"
    if data.dataset == "imagenet":
        first += (
            "Get the training and validation images of ILSVRC 2012 from https://image-net.org and "
            "unpack them there, a folder per class in both. "
        )
    else:
        first += (
            "Put the images there, a folder per class in both (`test` will do for `val`; with both "
            "`val` validates). "
        )
    return (
        first + "Or point at the folder that has them: --data FOLDER, or the variable ABLATE_DATA"
    )

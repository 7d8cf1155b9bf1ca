"""Published datasets in miniature, written as their publishers do, with checksums to match."""

from __future__ import annotations

import gzip
import hashlib
import pickle
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from torchvision.datasets import CIFAR10, CIFAR100, SVHN

from ablate.cells import DATASETS, TrainingPart
from ablate.data import public as published
from ablate.data.arrays import Array, Arrays

COUNTS = {"train": 120, "test": 12, "extra": 50}


def fake(name: str, root: Path, patch: pytest.MonkeyPatch, *, first_seed: int = 0) -> Arrays:
    """Write a small dataset `name` as files into `root` -> what should be read of it.

    Facts and checksums are made to fit; Debian's copy is out of sight.
    """
    facts = DATASETS[name]
    assert facts is not None
    size, channels, classes = facts.image_size, facts.channels, facts.classes
    random = np.random.RandomState(first_seed)
    parts = {
        part: (
            random.randint(0, 256, (count, size, size, channels), dtype=np.uint8),
            np.concatenate([[classes - 1], np.arange(count - 1) % classes]),
        )
        for part, count in COUNTS.items()
    }
    train, test, extra = parts["train"], parts["test"], parts["extra"]
    if name == "svhn":
        train = tuple(np.concatenate(both) for both in zip(train, extra, strict=True))
    small = replace(facts, train_images=len(train[0]), test_images=len(test[0]), hold_out=1)
    if facts.parts:
        of_train, of_extra = (len(parts[part][1]) for part in ("train", "extra"))
        small = replace(small, parts=(TrainingPart(of_train, 1), TrainingPart(of_extra, 0)))
    patch.setitem(DATASETS, name, small)
    patch.setattr(published, "DEBIAN", root / "no Debian here")
    _WRITERS[name](root, parts, patch)
    return Arrays(*train, *test)


Parts = dict[str, tuple[Array, Array]]


def _cifar10(root: Path, parts: Parts, patch: pytest.MonkeyPatch) -> None:
    """Five training files, a test file and the names: pickles, channels before pixels."""
    folder = root / CIFAR10.base_folder
    x, y = parts["train"]
    cut = zip(np.array_split(x, 5), np.array_split(y, 5), strict=True)
    files = {
        f"data_batch_{n}": {"data": _flat(x), "labels": y.tolist()}
        for n, (x, y) in enumerate(cut, start=1)
    }
    x, y = parts["test"]
    files |= {"test_batch": {"data": _flat(x), "labels": y.tolist()}}
    md5 = _pickled(folder, files | {"batches.meta": {"label_names": list("abcdefghij")}})
    patch.setattr(CIFAR10, "train_list", [[name, md5[name]] for name in files if "data" in name])
    patch.setattr(CIFAR10, "test_list", [["test_batch", md5["test_batch"]]])
    patch.setitem(CIFAR10.meta, "md5", md5["batches.meta"])


def _cifar100(root: Path, parts: Parts, patch: pytest.MonkeyPatch) -> None:
    """One file a split, with coarse labels beside the fine ones."""
    files = {
        part: {"data": _flat(x), "fine_labels": y.tolist(), "coarse_labels": [0] * len(y)}
        for part, (x, y) in parts.items()
        if part != "extra"
    }
    names = {"fine_label_names": [str(n) for n in range(100)]}
    md5 = _pickled(root / CIFAR100.base_folder, files | {"meta": names})
    patch.setattr(CIFAR100, "train_list", [["train", md5["train"]]])
    patch.setattr(CIFAR100, "test_list", [["test", md5["test"]]])
    patch.setitem(CIFAR100.meta, "md5", md5["meta"])


def _svhn(root: Path, parts: Parts, patch: pytest.MonkeyPatch) -> None:
    """MATLAB files, the image's number last; the digit 0 has the label 10."""
    root.mkdir(parents=True, exist_ok=True)
    for part, (x, y) in parts.items():
        path = root / f"{part}_32x32.mat"
        labels = np.where(y == 0, 10, y)[:, np.newaxis].astype(np.uint8)
        content = {"X": x.transpose(1, 2, 3, 0), "y": labels}
        scipy.io.savemat(path, content, do_compression=True)
        url, name, _ = SVHN.split_list[part]
        patch.setitem(SVHN.split_list, part, [url, name, md5_of(path.read_bytes())])


def _fashion_mnist(root: Path, parts: Parts, patch: pytest.MonkeyPatch) -> None:
    """Files of big-endian counts and then bytes, packed."""
    folder = root / "FashionMNIST" / "raw"
    folder.mkdir(parents=True)
    for part, name in (("train", "train"), ("test", "t10k")):
        x, y = parts[part]
        contents = {
            f"{name}-images-idx3-ubyte": struct.pack(">4I", 0x803, len(x), 28, 28) + x.tobytes(),
            f"{name}-labels-idx1-ubyte": struct.pack(">2I", 0x801, len(y))
            + y.astype(np.uint8).tobytes(),
        }
        for file, content in contents.items():
            (folder / f"{file}.gz").write_bytes(gzip.compress(content))
            patch.setitem(published.FASHION_MNIST, file, md5_of(content))


_WRITERS: dict[str, Callable[[Path, Parts, pytest.MonkeyPatch], None]] = {
    "cifar10": _cifar10,
    "cifar100": _cifar100,
    "svhn": _svhn,
    "fashion_mnist": _fashion_mnist,
}


def _flat(images: Array) -> Array:
    return images.transpose(0, 3, 1, 2).reshape(len(images), -1)


def _pickled(folder: Path, files: dict[str, object]) -> dict[str, str]:
    """Write each as a pickle -> its MD5."""
    folder.mkdir(parents=True)
    contents = {name: pickle.dumps(content) for name, content in files.items()}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return {name: md5_of(content) for name, content in contents.items()}


def md5_of(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()

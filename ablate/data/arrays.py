"""What readers hand on, and the npz files that it is read from."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ablate.errors import MissingDataError

Array = NDArray[Any]
KEYS = ("x_train", "y_train", "x_test", "y_test")
MASKS = {"train_exact": "training", "test_exact": "test"}
# What numpy raises for a broken archive: zipfile and zlib come through as they are.
UNREADABLE = (OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error)


@dataclass(frozen=True)
class Arrays:
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


def read_npz(path: Path) -> Arrays:
    """NAME.npz -> its arrays. Raises MissingDataError with every fault of the file."""
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
    return Arrays(x_train, y_train, x_test, y_test, _note(arrays))


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

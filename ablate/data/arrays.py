"""What readers hand on, checked, and the npz files that it is read from."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ablate.data.labels import label_faults
from ablate.errors import MissingDataError
from ablate.text import near_miss

Array = NDArray[Any]
KEYS = ("x_train", "y_train", "x_test", "y_test")
_ONE_ARRAY = b"\x93NUMPY"  # how a .npy file begins
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
            _check_kind(stream)
            with np.load(stream, allow_pickle=False) as archive:
                names = archive.files
                arrays = {key: _array(archive, key) for key in (*KEYS, *MASKS) if key in names}
    except UNREADABLE as error:
        raise MissingDataError(f"{path} cannot be read: {error}") from None
    return checked(arrays, names, str(path))


def checked(arrays: Mapping[str, Array], names: Sequence[str], where: str) -> Arrays:
    """Arrays by KEYS and MASKS, of all `names` that there are, checked.

    Raises MissingDataError with every fault, each after `where`.
    """
    if missing := [key for key in KEYS if key not in arrays]:
        others = [name for name in names if name not in arrays]
        has = f"; it has {', '.join(names) or 'nothing'}"
        hints = [f"{key} is missing{near_miss(key, others) or has}" for key in missing]
        raise MissingDataError("\n".join(f"{where}: {hint}" for hint in hints))
    faults = [
        *(_image_fault(key, arrays[key]) for key in ("x_train", "x_test")),
        *(_label_fault(y, arrays[y], arrays[y.replace("y", "x")]) for y in ("y_train", "y_test")),
    ]
    if arrays["x_train"].shape[1:] != arrays["x_test"].shape[1:]:
        faults.append("x_test: must have the image shape of x_train")
    if not any(faults):
        faults = label_faults("y_train", arrays["y_train"], {"y_test": arrays["y_test"]})
    if found := [fault for fault in faults if fault]:
        raise MissingDataError("\n".join(f"{where}: {fault}" for fault in found))
    x_train, y_train, x_test, y_test = (arrays[key] for key in KEYS)
    return Arrays(x_train, y_train, x_test, y_test, _note(arrays))


def _check_kind(stream: BinaryIO) -> None:
    """Raise ValueError for what is no archive: NumPy would advise to unpickle it, unsafely."""
    start = stream.read(len(_ONE_ARRAY))
    stream.seek(0)
    if start == _ONE_ARRAY:
        raise ValueError("it holds one array; numpy.savez makes an archive of several")
    if not start.startswith(b"PK"):
        begins = f"begins with {start!r}" if start else "is empty"
        raise ValueError(f"it is no archive of arrays, as numpy.savez makes them: it {begins}")


def _array(archive: Any, key: str) -> Array:
    """An array of the archive. Raises ValueError for one of Python's objects."""
    try:
        return np.asarray(archive[key])
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        rule = "which are not read, as they could be programs; make it an array of numbers"
        raise ValueError(f"{key} holds Python objects, {rule}") from None


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
    column = labels.shape == (len(images), 1) if images.ndim else False
    mend = f"; save {key}.ravel()" if column and labels.dtype.kind in "iu" else ""
    return f"{key}: {rule}, got {labels.dtype} {shape}{mend}"


def _note(arrays: Mapping[str, Array]) -> str:
    """What the `*_exact` masks say: which images are stand-ins for the originals."""
    parts = [
        f"{int((~arrays[mask].astype(bool)).sum())} of {arrays[mask].size} {split} images"
        for mask, split in MASKS.items()
        if mask in arrays and not arrays[mask].all()
    ]
    return f"{' and '.join(parts)} approximated" if parts else ""

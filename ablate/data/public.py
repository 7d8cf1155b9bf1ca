"""Published datasets: torchvision's files, addresses and checksums -> arrays."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ablate.cells import Data
from ablate.data.arrays import KEYS, Array, Arrays, read_npz
from ablate.errors import MissingDataError

# Where Debian's package dataset-fashion-mnist puts the files.
DEBIAN = Path("/usr/share/datasets/fashion-mnist")
# Fashion-MNIST's files -> MD5 once unpacked. torchvision checks the archives only, while it fetches
# them, and Debian packs the files anew. They are the same files: with the header of the original
# put back, Debian's archives have the MD5s that torchvision wants, as a test shows.
FASHION_MNIST = {
    "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
    "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
    "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
    "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
}


@dataclass(frozen=True)
class Published:
    """How a dataset is read, and what a user who lacks it is told."""

    read: Callable[[Path, bool], Arrays]  # (folder, whether it may be downloaded)
    size: str  # of the download
    files: str  # what to put into the folder instead
    shape: str  # of an image in a NAME.npz


def read_published(data: Data, root: Path, download: bool) -> Arrays:
    """ROOT/DATASET.npz if it is there, else torchvision's files, if they have the right MD5s.

    Raises MissingDataError, which lists the ways to get them.
    """
    name, known = data.dataset, PUBLISHED[data.dataset]
    archive = root / f"{name}.npz"
    if archive.exists():
        return read_npz(archive)
    try:
        return known.read(root, download)
    except (RuntimeError, OSError) as error:
        raise MissingDataError(
            f"{name} was not found in {root} ({error})\n"
            "Ways to get it:\n"
            f"  add --download: torchvision fetches it into that folder ({known.size}), or\n"
            f"  {known.files}, or\n"
            f"  put a {name}.npz there: {', '.join(KEYS)}; uint8, {known.shape}, or\n"
            "  point at the folder that has it: --data FOLDER, or the variable ABLATE_DATA"
        ) from None


def _cifar10(root: Path, download: bool) -> Arrays:
    from torchvision.datasets import CIFAR10

    train, test = CIFAR10(str(root), train=True, download=download), CIFAR10(str(root), train=False)
    return Arrays(train.data, np.array(train.targets), test.data, np.array(test.targets))


def _cifar100(root: Path, download: bool) -> Arrays:
    """The fine labels, 100 of them."""
    from torchvision.datasets import CIFAR100

    train = CIFAR100(str(root), train=True, download=download)
    test = CIFAR100(str(root), train=False)
    return Arrays(train.data, np.array(train.targets), test.data, np.array(test.targets))


def _svhn(root: Path, download: bool) -> Arrays:
    """Training images: the 73,257 of `train`, then the 531,131 of `extra`, as the papers train.

    1.9 GB. The files keep the channels before the pixels, so one copy is made, and both are in
    memory until it is whole: 3.9 GB. The digit 0, 10 in the files, has the label 0.
    """
    from torchvision.datasets import SVHN

    test, *parts = (
        SVHN(str(root), split=split, download=download) for split in ("test", "train", "extra")
    )
    x_test = np.ascontiguousarray(_channels_last(test.data))
    views = [_channels_last(part.data) for part in parts]
    # Without `out` it would keep the order of the files, and be copied once more later.
    x_train = np.empty((sum(map(len, views)), *views[0].shape[1:]), np.uint8)
    np.concatenate(views, out=x_train)
    return Arrays(x_train, np.concatenate([part.labels for part in parts]), x_test, test.labels)


def _channels_last(images: Array) -> Array:
    return images.transpose(0, 2, 3, 1)


def _fashion_mnist(root: Path, download: bool) -> Arrays:
    """torchvision's folder, unpacked or not, file by file; what it lacks from Debian's package."""
    own = root / "FashionMNIST" / "raw"
    places = {name: _place(name, own) for name in FASHION_MNIST}
    if download and None in places.values():
        from torchvision.datasets import FashionMNIST

        FashionMNIST(str(root), download=True)
        places = {name: _place(name, own) for name in FASHION_MNIST}
    if missing := [name for name, place in places.items() if place is None]:
        raise FileNotFoundError(f"no {', '.join(missing)}")
    files = {name: _unpacked(place) for name, place in places.items() if place is not None}
    changed = [
        str(places[name])
        for name, md5 in FASHION_MNIST.items()
        if hashlib.md5(files[name], usedforsecurity=False).hexdigest() != md5
    ]
    if changed:
        raise OSError(f"damaged, remove: {', '.join(changed)}")
    # Checked files need no look at their header: 8 bytes, and 4 more for each side of an image.
    x_train, y_train, x_test, y_test = (
        np.frombuffer(files[name], np.uint8, offset=16 if "images" in name else 8)
        for name in FASHION_MNIST
    )
    return Arrays(x_train.reshape(-1, 28, 28), y_train, x_test.reshape(-1, 28, 28), y_test)


def _place(name: str, own: Path) -> Path | None:
    candidates = (own / name, own / f"{name}.gz", DEBIAN / f"{name}.gz")
    return next((path for path in candidates if path.is_file()), None)


def _unpacked(path: Path) -> bytearray:
    """A file's content, of which numpy can make arrays that may be written to.

    An archive that cannot be unpacked has no content, which no check lets pass.
    """
    try:
        return bytearray(gzip.decompress(path.read_bytes()) if path.suffix else path.read_bytes())
    except (gzip.BadGzipFile, EOFError, zlib.error):
        return bytearray()


_COLOUR = "N x 32 x 32 x 3"
PUBLISHED: dict[str, Published] = {
    "cifar10": Published(
        _cifar10, "170 MB", "put the unpacked cifar-10-batches-py folder there", _COLOUR
    ),
    "cifar100": Published(
        _cifar100, "169 MB", "put the unpacked cifar-100-python folder there", _COLOUR
    ),
    "svhn": Published(
        _svhn,
        "1.5 GB",
        "put train_32x32.mat, extra_32x32.mat and test_32x32.mat there",
        _COLOUR,
    ),
    "fashion_mnist": Published(
        _fashion_mnist,
        "31 MB",
        f"put the files {', '.join(FASHION_MNIST)}, packed (.gz) or not, into FashionMNIST/raw "
        "there, or\n  install Debian's package dataset-fashion-mnist",
        "N x 28 x 28",
    ),
}

"""Published datasets: read as they are published, checked, fetched only when asked for."""

from __future__ import annotations

import gzip
import struct
import tracemalloc
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np
import pytest
from torchvision.datasets import CIFAR10, SVHN, FashionMNIST
from torchvision.datasets import cifar as torchvision_cifar
from torchvision.datasets import mnist as torchvision_mnist
from torchvision.datasets import svhn as torchvision_svhn

from ablate.cells import Data
from ablate.data import facts, load_images
from ablate.data import public as published
from ablate.data.arrays import KEYS, Arrays
from ablate.data.public import FASHION_MNIST, PUBLISHED
from ablate.errors import MissingDataError
from tests.data import fakes
from tests.data.conftest import WriteArrays
from tests.data.fakes import fake, md5_of

DEBIAN = published.DEBIAN
FASHION = Data(dataset="fashion_mnist")
needs_debian = pytest.mark.skipif(
    not all((DEBIAN / f"{name}.gz").is_file() for name in FASHION_MNIST),
    reason=f"needs Debian's package dataset-fashion-mnist, in {DEBIAN}",
)


def assert_read(name: str, root: Path, written: Arrays, **options: Any) -> None:
    found = load_images(Data(dataset=name), root, **options)
    assert found.facts == facts(Data(dataset=name), root)
    for key in KEYS:
        np.testing.assert_array_equal(getattr(found, key), getattr(written, key))
    assert (found.note, found.sha256) == ("", written.sha256())


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_publishers_files_are_read(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert_read(name, tmp_path, fake(name, tmp_path, monkeypatch))


@pytest.mark.parametrize("name", PUBLISHED)
def test_an_npz_is_preferred(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(name, tmp_path, monkeypatch)
    other = fake(name, tmp_path / "other", monkeypatch, first_seed=1)
    np.savez(tmp_path / f"{name}.npz", **{key: getattr(other, key) for key in KEYS})
    assert_read(name, tmp_path, other)


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_file_is_needed_and_must_be_the_publishers(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(name, tmp_path, monkeypatch)
    files = [path for path in sorted(tmp_path.rglob("*")) if path.is_file()]
    assert len(files) == {"cifar10": 7, "cifar100": 3, "svhn": 3, "fashion_mnist": 4}[name]
    for path in files:
        whole = path.read_bytes()
        middle = len(whole) // 2
        one_bit = whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
        for damaged in (one_bit, whole[:-1], b"", None):
            path.write_bytes(damaged) if damaged is not None else path.unlink()
            with pytest.raises(MissingDataError, match=f"{name} was not found in"):
                load_images(Data(dataset=name), tmp_path)
        path.write_bytes(whole)
    load_images(Data(dataset=name), tmp_path)


@pytest.mark.parametrize("name", PUBLISHED)
def test_missing_data_lists_the_ways_to_get_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(name, tmp_path / "elsewhere", monkeypatch)
    with pytest.raises(MissingDataError) as caught:
        load_images(Data(dataset=name), tmp_path)
    assert caught.value.exit_code == 5
    for way in (
        f"{name} was not found in {tmp_path} (",
        "add --download: torchvision fetches it into that folder (",
        f"put a {name}.npz there: x_train, y_train, x_test, y_test; uint8, N x ",
        "point at the folder that has it: --data FOLDER, or the variable ABLATE_DATA",
        *{
            "cifar10": ["put the unpacked cifar-10-batches-py folder there, or"],
            "cifar100": ["put the unpacked cifar-100-python folder there, or"],
            "svhn": ["put train_32x32.mat, extra_32x32.mat and test_32x32.mat there, or"],
            "fashion_mnist": [*FASHION_MNIST, "FashionMNIST/raw", "package dataset-fashion-mnist"],
        }[name],
    ):
        assert way in str(caught.value)


@pytest.mark.parametrize("name", PUBLISHED)
@pytest.mark.parametrize("download", [False, True])
def test_it_is_fetched_only_when_asked(
    name: str, download: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the network, only the first request is made, and fails."""
    fake(name, tmp_path / "elsewhere", monkeypatch)
    asked: list[str] = []

    def offline(url: str, *_: Any, **__: Any) -> None:
        asked.append(url)
        raise URLError("no network")

    monkeypatch.setattr(torchvision_cifar, "download_and_extract_archive", offline)
    monkeypatch.setattr(torchvision_mnist, "download_and_extract_archive", offline)
    monkeypatch.setattr(torchvision_svhn, "download_url", offline)
    with pytest.raises(MissingDataError, match=f"{name} was not found"):
        load_images(Data(dataset=name), tmp_path, download=download)
    assert bool(asked) == download
    assert all(url.startswith(("http://", "https://")) for url in asked)


def test_fashion_mnist_is_fetched_into_torchvisions_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = fake("fashion_mnist", tmp_path / "server", monkeypatch)

    def served(url: str, download_root: str, filename: str, md5: str) -> None:
        packed = tmp_path / "server" / "FashionMNIST" / "raw" / filename
        assert (filename, md5) in FashionMNIST.resources
        place = Path(download_root) / filename.removesuffix(".gz")
        place.write_bytes(gzip.decompress(packed.read_bytes()))

    monkeypatch.setattr(torchvision_mnist, "download_and_extract_archive", served)
    root = tmp_path / "root"
    assert_read("fashion_mnist", root, written, download=True)
    monkeypatch.setattr(torchvision_mnist, "download_and_extract_archive", None)
    assert_read("fashion_mnist", root, written, download=True)  # nothing is fetched twice


def test_debians_package_stands_in_for_a_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = fake("fashion_mnist", tmp_path / "debian", monkeypatch)
    debian = tmp_path / "debian" / "FashionMNIST" / "raw"
    monkeypatch.setattr(published, "DEBIAN", debian)
    monkeypatch.setattr(FashionMNIST, "download", None)
    assert_read("fashion_mnist", tmp_path, written, download=True)
    path = debian / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(gzip.compress(b"changed"))
    with pytest.raises(MissingDataError, match=f"damaged, remove: {path}"):
        load_images(FASHION, tmp_path)


@needs_debian
def test_fashion_mnist_is_what_its_facts_say(tmp_path: Path) -> None:
    images = load_images(FASHION, tmp_path)
    assert images.x_train.shape == (60_000, 28, 28, 1)
    assert images.x_test.shape == (10_000, 28, 28, 1)
    assert images.y_train.bincount().tolist() == [6000] * 10
    assert images.y_test.bincount().tolist() == [1000] * 10
    pixels = images.x_train.double()
    assert images.facts.mean == pytest.approx([float(pixels.mean())], abs=0.005)
    assert images.facts.std == pytest.approx([float(pixels.std())], abs=0.005)


@needs_debian
@pytest.mark.parametrize("name", FASHION_MNIST)
def test_debians_files_are_those_that_torchvision_fetches(name: str) -> None:
    """Both were packed by the same program; only the name and time in the header differ."""
    packed = (DEBIAN / f"{name}.gz").read_bytes()
    assert md5_of(gzip.decompress(packed)) == FASHION_MNIST[name]
    has_name, fixed = packed[3] & 8, 10
    body = packed[packed.index(b"\0", fixed) + 1 if has_name else fixed :]
    time = {"train": 1_504_176_606, "t10k": 1_504_176_627}[name.split("-")[0]]  # 2017-08-31
    header = b"\x1f\x8b\x08\x08" + struct.pack("<I", time) + b"\0\x03" + name.encode() + b"\0"
    assert md5_of(header + body) == dict(FashionMNIST.resources)[f"{name}.gz"]


def test_the_digit_0_of_svhn_has_the_label_0(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = fake("svhn", tmp_path, monkeypatch)
    assert SVHN(str(tmp_path), split="extra").labels.tolist() == written.y_train[120:].tolist()
    assert load_images(Data(dataset="svhn"), tmp_path).y_train.unique().tolist() == [*range(10)]


def test_svhn_is_copied_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 1.9 GB: beside the images themselves there is room for one copy, not for two."""
    monkeypatch.setattr(fakes, "COUNTS", {"train": 300, "test": 100, "extra": 3000})
    written = fake("svhn", tmp_path, monkeypatch)
    size = written.x_train.nbytes + written.x_test.nbytes
    del written
    tracemalloc.start()
    try:
        images = load_images(Data(dataset="svhn"), tmp_path)
        left, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert images.x_train.is_contiguous()
    assert left < 1.1 * size
    assert peak < 2.2 * size


def test_an_npz_of_another_shape_is_refused(
    write_arrays: WriteArrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CIFAR10, "__init__", None)
    with pytest.raises(MissingDataError) as caught:
        load_images(
            Data(dataset="cifar10"),
            write_arrays("cifar10", y_train=np.arange(30) % 12, y_test=np.arange(12)),
        )
    assert str(caught.value).splitlines() == [
        "cifar10: training images must be 50000 of 32 x 32 x 3, got 30 of 8 x 8 x 1",
        "cifar10: training labels must be 0..9, got 0..11",
        "cifar10: test images must be 10000 of 32 x 32 x 3, got 12 of 8 x 8 x 1",
        "cifar10: test labels must be 0..9, got 0..11",
    ]

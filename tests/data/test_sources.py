"""The named datasets: their numbers, where they are looked for, and what broken copies answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision

from ablate.data import data_root, facts, load_images
from ablate.errors import MissingDataError
from ablate.spec import DATASETS, Cell, Data, Recipe, architecture
from tests.data.conftest import WriteArrays

DIGITS = Data(dataset="digits")
CIFAR10 = Data(dataset="cifar10")
MINE = Data(dataset="arrays", name="mine")
NOWHERE = Path("/nonexistent")


def statistics(images: torch.Tensor) -> tuple[list[float], list[float]]:
    pixels = images.double().flatten(0, 2)
    return pixels.mean(0).tolist(), pixels.std(0, unbiased=False).tolist()


def test_digits_are_what_their_facts_say() -> None:
    images = load_images(DIGITS, NOWHERE)
    assert images.x_train.shape == (1437, 8, 8, 1)
    assert images.x_test.shape == (360, 8, 8, 1)
    assert images.x_train.dtype == torch.uint8 and images.y_train.dtype == torch.int64
    assert images.facts == DATASETS["digits"] == facts(DIGITS, NOWHERE)
    mean, std = statistics(images.x_train)
    assert images.facts.mean == tuple(round(m, 0) for m in mean)
    assert images.facts.std == tuple(round(s, 0) for s in std)
    assert images.x_train.max() == 255
    assert images.note == ""


def test_digits_test_set_is_a_stratified_fifth_of_the_whole() -> None:
    images = load_images(DIGITS, NOWHERE)
    train, test = images.y_train.bincount(), images.y_test.bincount()
    assert (test - (train + test) * 360 / 1797).abs().max() < 1
    from sklearn.datasets import load_digits

    whole = np.rint(load_digits().images * 255 / 16).reshape(1797, -1)
    parts = torch.cat([images.x_train, images.x_test]).flatten(1).numpy()
    assert sorted(map(tuple, parts)) == sorted(map(tuple, whole))


def test_content_hash_is_pinned() -> None:
    assert load_images(DIGITS, NOWHERE).sha256 == "6a009a142edf9ee6"


class FakeCIFAR10:
    """torchvision's class, with black images."""

    calls: list[tuple[bool, bool]]  # train, download

    def __init__(self, root: str, train: bool = True, download: bool = False) -> None:
        self.calls.append((train, download))
        count = 50_000 if train else 10_000
        self.data = np.zeros((count, 32, 32, 3), np.uint8)
        self.targets = [n % 10 for n in range(count)]


@pytest.fixture
def fake_cifar10(monkeypatch: pytest.MonkeyPatch) -> type[FakeCIFAR10]:
    FakeCIFAR10.calls = []
    monkeypatch.setattr(torchvision.datasets, "CIFAR10", FakeCIFAR10)
    return FakeCIFAR10


@pytest.mark.parametrize("download", [False, True])
def test_torchvision_layout_is_read_and_fetched_only_when_asked(
    fake_cifar10: type[FakeCIFAR10], tmp_path: Path, download: bool
) -> None:
    images = load_images(CIFAR10, tmp_path, **({"download": True} if download else {}))
    assert fake_cifar10.calls == [(True, download), (False, False)]
    assert images.x_train.shape == (50_000, 32, 32, 3)
    assert images.y_test[:12].tolist() == [*range(10), 0, 1]
    assert images.note == ""


def test_npz_is_preferred_to_torchvisions_layout(
    fake_cifar10: type[FakeCIFAR10], write_arrays: WriteArrays
) -> None:
    with pytest.raises(MissingDataError) as caught:
        load_images(CIFAR10, write_arrays("cifar10", y_test=np.arange(12)))
    assert fake_cifar10.calls == []
    assert str(caught.value).splitlines() == [
        "cifar10: training images must be 50000 of 32 x 32 x 3, got 30 of 8 x 8 x 1",
        "cifar10: test images must be 10000 of 32 x 32 x 3, got 12 of 8 x 8 x 1",
        "cifar10: test labels must be 0..9, got 0..11",
    ]


@pytest.mark.parametrize("data", [CIFAR10, MINE], ids=lambda data: data.dataset)
def test_missing_data_lists_the_ways_to_get_it(data: Data, tmp_path: Path) -> None:
    with pytest.raises(MissingDataError) as caught:
        load_images(data, tmp_path)
    assert caught.value.exit_code == 5
    ways = ["--data", "ABLATE_DATA", str(tmp_path), "x_train, y_train, x_test, y_test"]
    ways += ["--download"] if data == CIFAR10 else ["numpy.savez", "mine.npz"]
    for way in ways:
        assert way in str(caught.value)


@pytest.mark.cifar10
def test_cifar10_is_what_its_facts_say() -> None:
    root = data_root()
    if not (root / "cifar10.npz").exists():
        pytest.skip(f"no cifar10.npz in {root}: set ABLATE_DATA")
    images = load_images(CIFAR10, root)
    assert images.y_train.bincount().tolist() == [5000] * 10
    assert images.y_test.bincount().tolist() == [1000] * 10
    mean, std = statistics(images.x_train)
    assert images.facts.mean == pytest.approx(mean, abs=0.1)
    assert images.facts.std == pytest.approx(std, abs=0.1)
    with np.load(root / "cifar10.npz") as archive:
        masks = [archive[k] for k in ("train_exact", "test_exact") if k in archive]
    for inexact in [int((~mask).sum()) for mask in masks]:
        assert f"{inexact} of " in images.note
    assert bool(images.note) == any(not mask.all() for mask in masks)


@pytest.mark.parametrize(
    ("train", "test", "note"),
    [
        ([1] * 30, [1] * 12, ""),
        ([0] * 2 + [1] * 28, [1] * 12, "2 of 30 training images approximated"),
        ([1] * 30, [0] + [1] * 11, "1 of 12 test images approximated"),
        (
            [0] + [1] * 29,
            [0] * 3 + [1] * 9,
            "1 of 30 training images and 3 of 12 test images approximated",
        ),
    ],
)
def test_masks_become_the_note(
    write_arrays: WriteArrays, train: list[int], test: list[int], note: str
) -> None:
    root = write_arrays(train_exact=np.array(train, bool), test_exact=np.array(test, bool))
    assert load_images(MINE, root).note == note


def image_fault(key: str, got: str) -> str:
    rule = "must be uint8, N x H x W or N x H x W x C with H = W and N > 0"
    return f"{key}: {rule}, got {got}"


@pytest.mark.parametrize(
    ("changed", "faults"),
    [
        ({"y_train": None, "x_test": None}, ["y_train, x_test missing"]),
        (
            {"x_train": np.zeros((30, 8, 8), np.float32)},
            [image_fault("x_train", "float32 30 x 8 x 8")],
        ),
        (
            {"x_test": np.zeros((12, 8, 6), np.uint8)},
            [
                image_fault("x_test", "uint8 12 x 8 x 6"),
                "x_test: must have the image shape of x_train",
            ],
        ),
        (
            {"x_train": np.zeros((0, 8, 8), np.uint8), "y_train": np.zeros(0, int)},
            [image_fault("x_train", "uint8 0 x 8 x 8")],
        ),
        (
            {"x_train": np.zeros((30, 8, 8, 0), np.uint8)},
            [
                image_fault("x_train", "uint8 30 x 8 x 8 x 0"),
                "x_test: must have the image shape of x_train",
            ],
        ),
        (
            {"x_train": np.uint8(3), "x_test": np.uint8(3)},
            [
                image_fault("x_train", "uint8 scalar"),
                image_fault("x_test", "uint8 scalar"),
                "y_train: must be whole numbers, one per image of x_train, got int64 30",
                "y_test: must be whole numbers, one per image of x_test, got int64 12",
            ],
        ),
        (
            {"y_train": np.arange(29), "y_test": np.zeros(12)},
            [
                "y_train: must be whole numbers, one per image of x_train, got int64 29",
                "y_test: must be whole numbers, one per image of x_test, got float64 12",
            ],
        ),
        ({"y_test": np.arange(12) - 2}, ["y_test: labels must be >= 0, got -2"]),
    ],
)
def test_faulty_arrays_name_every_rule(
    write_arrays: WriteArrays, changed: dict[str, Any], faults: list[str]
) -> None:
    root = write_arrays(**changed)
    for read in (load_images, facts):
        with pytest.raises(MissingDataError) as caught:
            read(MINE, root)
        assert str(caught.value).splitlines() == [f"{root / 'mine.npz'}: {f}" for f in faults]


def with_a_changed_byte(whole: bytes) -> bytes:
    middle = len(whole) // 2
    return whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :]


@pytest.mark.parametrize(
    "damaged",
    [
        lambda whole: b"",
        lambda whole: b"hello",
        lambda whole: b"PK\x03\x04",
        lambda whole: whole[:-100],
        with_a_changed_byte,
    ],
    ids=["empty", "text", "only begun", "cut short", "changed"],
)
def test_damaged_archive_is_missing_data(
    write_arrays: WriteArrays, damaged: Callable[[bytes], bytes]
) -> None:
    path = write_arrays() / "mine.npz"
    path.write_bytes(damaged(path.read_bytes()))
    with pytest.raises(MissingDataError, match=r"mine\.npz cannot be read: "):
        load_images(MINE, path.parent)


def test_single_array_is_no_archive(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", np.zeros(3))
    (tmp_path / "one.npy").rename(tmp_path / "mine.npz")
    with pytest.raises(MissingDataError, match="it holds one array"):
        load_images(MINE, tmp_path)


def test_facts_of_grey_arrays(write_arrays: WriteArrays) -> None:
    root = write_arrays()
    images = load_images(MINE, root)
    mean, std = statistics(images.x_train)
    found = facts(MINE, root)
    assert images.facts == found
    assert images.x_train.shape == (30, 8, 8, 1)
    assert (found.channels, found.image_size, found.classes) == (1, 8, 3)
    assert (found.train_images, found.test_images, found.hold_out) == (30, 12, 3)
    assert (found.pad, found.flip) == (1, True)
    assert found.mean == pytest.approx(mean, abs=1e-3)
    assert found.std == pytest.approx(std, abs=1e-3)
    assert found.fingerprint == images.sha256


def test_facts_of_colour_arrays(write_arrays: WriteArrays) -> None:
    colour = np.random.RandomState(1).randint(0, 256, (30, 16, 16, 3), dtype=np.uint8)
    colour[..., 2] = 7  # a constant channel must not divide by zero
    root = write_arrays(x_train=colour, x_test=colour[:12], y_test=np.full(12, 4))
    found = facts(MINE, root)
    assert (found.channels, found.image_size, found.classes, found.pad) == (3, 16, 5, 2)
    mean, std = statistics(torch.from_numpy(colour))
    assert found.mean == pytest.approx(mean, abs=1e-3)
    assert found.std == pytest.approx((*std[:2], 1.0), abs=1e-3)


def key_of(root: Path) -> str:
    small = architecture(family="densenet", depth=7, growth_rate=4).resolve(
        in_channels=1, classes=3, image_size=8
    )
    return Cell(small, Recipe(epochs=1), MINE, 0, facts(MINE, root)).key


def test_content_of_arrays_is_in_the_cells_key(write_arrays: WriteArrays) -> None:
    key = key_of(write_arrays())
    assert key_of(write_arrays(y_train=(np.arange(30) % 3).astype(np.uint8))) == key
    assert key_of(write_arrays(y_train=(np.arange(30) + 1) % 3)) != key
    assert key_of(write_arrays(x_test=np.zeros((12, 8, 8), np.uint8))) != key

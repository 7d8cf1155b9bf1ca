"""The named datasets: every one is read, and is what its facts say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from ablate.cells import DATASETS, STREAMED, Cell, Data, Recipe
from ablate.data import facts, load_images, sources
from ablate.data.public import PUBLISHED
from ablate.machine import data_root
from ablate.networks import architecture
from tests.data.conftest import WriteArrays
from tests.data.fakes import fake

DIGITS = Data(dataset="digits")
CIFAR10 = Data(dataset="cifar10")
MINE = Data(dataset="arrays", name="mine")
NOWHERE = Path("/nonexistent")


def statistics(images: torch.Tensor) -> tuple[list[float], list[float]]:
    pixels = images.double().flatten(0, 2)
    return pixels.mean(0).tolist(), pixels.std(0, unbiased=False).tolist()


@pytest.mark.parametrize("name", [name for name in DATASETS if name not in STREAMED])
def test_every_dataset_in_memory_is_read(
    name: str, write_arrays: WriteArrays, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_arrays()
    if name in PUBLISHED:
        fake(name, root, monkeypatch)
    data = Data(dataset=name, name="mine" if name == "arrays" else None)
    images, known = load_images(data, root), facts(data, root)
    assert images.facts == known
    assert (len(images.x_train), len(images.x_test)) == (known.train_images, known.test_images)
    for x, y in ((images.x_train, images.y_train), (images.x_test, images.y_test)):
        assert x.shape[1:] == (known.image_size, known.image_size, known.channels)
        assert (x.dtype, y.dtype) == (torch.uint8, torch.int64)
        assert x.is_contiguous() and len(x) == len(y)
        assert y.min() == 0 and y.max() < known.classes
    again = load_images(data, root)
    assert again.sha256 == images.sha256 and len(again.sha256) == 16


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


@pytest.mark.parametrize("file", [sources.DIGITS, "sklearn/moved.csv"])
def test_content_hash_is_pinned(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever scikit-learn keeps them."""
    monkeypatch.setattr(sources, "DIGITS", file)
    assert load_images(DIGITS, NOWHERE).sha256 == "6a009a142edf9ee6"


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
    root = write_arrays(x_train=colour, x_test=colour[:12])
    found = facts(MINE, root)
    assert (found.channels, found.image_size, found.classes, found.pad) == (3, 16, 3, 2)
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

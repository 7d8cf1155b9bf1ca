"""Folders of image files: what is listed, and what is said of one that is not as it should be."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from ablate.data import Files, facts, load_images
from ablate.data.files import list_files
from ablate.errors import MissingDataError
from ablate.spec import DATASETS, Data
from tests.photos import CLASSES, TEST, TRAIN, write_photos

FRUIT = Data(dataset="image_folder", name="fruit", image_size=24)
COUNT = TRAIN * len(CLASSES)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_photos(tmp_path)


def fault(root: Path, data: Data = FRUIT) -> str:
    with pytest.raises(MissingDataError) as caught:
        load_images(data, root)
    return str(caught.value)


@pytest.mark.parametrize("test", ["val", "test"])
def test_files_are_listed_with_their_classes(tmp_path: Path, test: str) -> None:
    images = load_images(FRUIT, write_photos(tmp_path, test=test))
    for x, y, part, count in (
        (images.x_train, images.y_train, "train", TRAIN),
        (images.x_test, images.y_test, test, TEST),
    ):
        assert isinstance(x, Files) and len(x) == len(y) == count * len(CLASSES)
        assert y.dtype == torch.int64
        for i, number in enumerate(y.tolist()):
            assert x.path(i).parent == tmp_path / "fruit" / part / CLASSES[number]
            assert x.path(i).is_file()
    known = images.facts
    assert known == facts(FRUIT, tmp_path)
    assert (known.classes, known.train_images, known.test_images) == (3, COUNT, 12)
    assert (known.image_size, known.hold_out, known.streamed) == (24, 3, True)
    assert known.fingerprint == images.sha256


def test_files_are_indexed_as_tensors_are(root: Path) -> None:
    found = list_files(FRUIT, root)
    some = found.train[torch.tensor([5, 2])]
    assert [some.path(i) for i in (0, 1)] == [found.train.path(i) for i in (5, 2)]


def test_the_size_of_crops_is_224_unless_said(root: Path) -> None:
    assert facts(Data(dataset="image_folder", name="fruit"), root).image_size == 224


def test_what_is_in_the_folder_is_part_of_the_data(root: Path) -> None:
    before = load_images(FRUIT, root).sha256
    assert load_images(FRUIT, root).sha256 == before
    one = root / "fruit" / "train" / "pear" / "0.png"
    content = one.read_bytes()
    one.write_bytes(content + b"x")
    assert load_images(FRUIT, root).sha256 != before
    one.write_bytes(content)
    one.rename(one.with_name("zero.png"))
    assert load_images(FRUIT, root).sha256 != before


def test_a_folder_may_be_moved(root: Path, tmp_path: Path) -> None:
    before = load_images(FRUIT, root).sha256
    shutil.move(root / "fruit", tmp_path / "elsewhere" / "fruit")
    assert load_images(FRUIT, tmp_path / "elsewhere").sha256 == before


def test_what_is_no_image_is_passed_over(root: Path) -> None:
    before = load_images(FRUIT, root)
    (root / "fruit" / "train" / "pear" / "notes.txt").write_text("x", encoding="utf-8")
    assert load_images(FRUIT, root).sha256 == before.sha256


def test_a_missing_folder_says_where_it_should_be(tmp_path: Path) -> None:
    said = fault(tmp_path)
    assert said.startswith(f"{tmp_path / 'fruit' / 'train'} and {tmp_path / 'fruit' / 'val'} were")
    assert "a folder per class" in said and "--data FOLDER" in said
    with pytest.raises(MissingDataError, match=r"ILSVRC 2012 from https://image-net\.org"):
        load_images(Data(dataset="imagenet"), tmp_path)


def test_faults_of_a_folder(root: Path) -> None:
    train, val = root / "fruit" / "train", root / "fruit" / "val"
    (val / "kiwi").mkdir()
    assert fault(root) == f"{val}: classes that {train} does not have: kiwi"
    (train / "kiwi").mkdir()
    assert fault(root) == f"{train}: classes without an image: kiwi"
    for name in ("kiwi", "apple", "pear"):
        shutil.rmtree(train / name)
        shutil.rmtree(val / name)
    assert fault(root) == f"{train}: needs a folder for each of two classes or more"


def test_a_test_set_may_lack_a_class_but_not_be_empty(root: Path) -> None:
    val = root / "fruit" / "val"
    shutil.rmtree(val / "apple")
    assert load_images(FRUIT, root).y_test.unique().tolist() == [1, 2]
    shutil.rmtree(val / "pear")
    shutil.rmtree(val / "plum")
    assert fault(root).startswith(f"{val}: no images: .jpg")


def test_imagenet_has_all_of_its_images(root: Path) -> None:
    (root / "fruit").rename(root / "imagenet")
    assert fault(root, Data(dataset="imagenet")) == (
        "imagenet: training and test images must be 1281167 and 50000 of 1000 classes, got 36 and "
        "12 of 3; other sets of files are read with dataset: image_folder"
    )


def test_imagenet_is_listed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = DATASETS["imagenet"]
    assert usual is not None
    fewer = replace(usual, train_images=COUNT, test_images=12, classes=3, hold_out=6)
    monkeypatch.setitem(DATASETS, "imagenet", fewer)
    (root / "fruit").rename(root / "imagenet")
    data = Data(dataset="imagenet", image_size=160)
    before = load_images(data, root)
    assert before.facts == facts(data, root) == replace(fewer, image_size=160)
    # Its names say which files they are: a million sizes are not asked for.
    one = root / "imagenet" / "train" / "pear" / "0.png"
    Image.new("RGB", (1, 1)).save(one)
    assert load_images(data, root).sha256 == before.sha256

"""Folders of image files: what is listed, and what is said of one that is not as it should be."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from ablate.cells import DATASETS, Data
from ablate.data import Files, facts, files, load_images, split
from ablate.data.files import list_files
from ablate.errors import MissingDataError, SpecError
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


def test_content_is_part_of_the_data_under_the_same_name_size_and_time(root: Path) -> None:
    """An image file without compression, whose size says nothing of what is seen."""
    one = root / "fruit" / "train" / "pear" / "0.ppm"
    hashes = set()
    for shade in (0, 255):
        Image.new("RGB", (30, 30), (shade,) * 3).save(one)
        os.utime(one, (1e9, 1e9))
        hashes.add(load_images(FRUIT, root).sha256)
    assert len(hashes) == 2


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
    assert fault(root) == f"{train}: classes without an image: kiwi"
    (train / "kiwi").mkdir()
    assert fault(root) == f"{train}: classes without an image: kiwi"
    for name in ("kiwi", "apple", "pear"):
        shutil.rmtree(train / name)
        shutil.rmtree(val / name)
    rule = "needs images of two classes or more, got plum alone"
    assert fault(root) == f"{train}: {rule}"


def folders(root: Path, *names: str) -> Path:
    """A part beside `train` for each name: the photographs of `val`, under these names."""
    val = root / "fruit" / "val"
    for name in {*names} - {"val"}:
        shutil.copytree(val, root / "fruit" / name)
    if "val" not in names:
        shutil.rmtree(val)
    return root


@pytest.mark.parametrize("name", ["val", "valid", "validation", "test"])
def test_one_folder_beside_train_is_the_test_set(root: Path, name: str) -> None:
    usual = load_images(FRUIT, root).sha256
    images = load_images(FRUIT, folders(root, name))
    assert isinstance(images.x_test, Files)
    assert {images.x_test.path(i).parents[1].name for i in range(12)} == {name}
    assert (images.facts.train_images, images.facts.hold_out) == (COUNT, 3)
    assert not images.facts.parts and images.sha256 == usual  # whatever it is called


@pytest.mark.parametrize("name", ["val", "valid", "validation"])
def test_with_two_the_one_validates_and_the_other_tests(root: Path, name: str) -> None:
    images = load_images(FRUIT, folders(root, name, "test"))
    known = images.facts
    assert known == facts(FRUIT, root)
    assert (known.train_images, known.test_images, known.hold_out) == (COUNT + 12, 12, 12)
    assert isinstance(images.x_train, Files) and isinstance(images.x_test, Files)
    for settings, trained, held_out in (
        ({}, {"train"}, {name}),
        ({"limit": 20}, {"train"}, {name}),
        # `confirm` and `evaluate: test` train on both
        ({"evaluate": "test"}, {"train", name}, set()),
    ):
        data = Data.model_validate({**FRUIT.model_dump(), **settings})
        found = split(images.y_train, data, known)
        for which, wanted in ((found.train, trained), (found.held_out, held_out)):
            part = images.x_train[which]
            assert {part.path(i).parents[1].name for i in range(len(part))} == wanted
        assert len(found.train) == data.train_count(known)
    assert {images.x_test.path(i).parents[1].name for i in range(12)} == {"test"}


def test_a_folder_that_validates_is_the_whole_hold_out(root: Path) -> None:
    folders(root, "val", "test")
    known = facts(FRUIT, root)
    asked = Data.model_validate({**FRUIT.model_dump(), "hold_out": 5})
    rule = "the 12 images of the folder that validates are held out, got 5"
    assert asked.broken_for(known) == [("hold_out", rule)]
    written_out = Data.model_validate({**FRUIT.model_dump(), "hold_out": 12})
    assert written_out.broken_for(known) == []
    assert written_out.canonical(known) == FRUIT.canonical(known)


def test_what_validates_and_what_tests_is_part_of_the_data(root: Path) -> None:
    """The same three folders with `val` and `test` changed over are other data."""
    folders(root, "val", "test")
    (root / "fruit" / "test" / "pear" / "0.png").unlink()
    before = load_images(FRUIT, root).sha256
    for old, new in (("val", "x"), ("test", "val"), ("x", "test")):
        (root / "fruit" / old).rename(root / "fruit" / new)
    assert load_images(FRUIT, root).sha256 != before


def test_two_folders_that_could_validate(root: Path) -> None:
    folders(root, "val", "validation", "test")
    said = "val and validation are both there; keep one of them"
    assert fault(root) == f"{root / 'fruit'}: {said}"


def test_hidden_folders_are_no_classes(root: Path) -> None:
    before = load_images(FRUIT, root)
    (root / "fruit" / "train" / ".ipynb_checkpoints").mkdir()
    (root / "fruit" / "val" / ".hidden").mkdir()
    shutil.copy(root / "fruit" / "val" / "pear" / "0.png", root / "fruit" / "val" / "._0.png")
    after = load_images(FRUIT, root)
    assert (after.sha256, after.classes) == (before.sha256, CLASSES)


def test_images_that_are_not_read_are_told(root: Path) -> None:
    (root / "fruit" / "train" / "pear" / "1.heic").write_bytes(b"x")
    one = "1 file of formats that are not read passed over (.heic)"
    assert load_images(FRUIT, root).note == one
    for name in ("val/pear/2.gif", "train/plum/3.HEIC"):
        (root / "fruit" / name).write_bytes(b"x")
    said = "3 files of formats that are not read passed over (.gif, .heic)"
    assert load_images(FRUIT, root).note == said


def test_a_class_that_the_hold_out_would_take_whole_is_refused(root: Path) -> None:
    for i in range(1, TRAIN):
        (root / "fruit" / "train" / "pear" / f"{i}.{'jpg' if i % 2 else 'png'}").unlink()
    rule = "must leave a training image of every class, and leaves none of number 1"
    asked = Data.model_validate({**FRUIT.model_dump(), "hold_out": 22})
    with pytest.raises(SpecError, match=f"data.hold_out: {rule}"):
        facts(asked, root)


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
    assert before.contents is None and before.note_on(split(before.y_train, data, fewer)) == ""
    monkeypatch.setattr(files, "SAMPLE", 2)  # of 36 the first and the one in the middle
    known = load_images(data, root).sha256
    for which, noticed in ((0, True), (1, False), (18, True)):
        path = before.x_train.path(which)  # type: ignore[union-attr]
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        assert (load_images(data, root).sha256 != known) is noticed
        path.write_bytes(whole)
    path.write_bytes(whole + b"x")  # sizes are looked at of all
    assert load_images(data, root).sha256 != known


def test_the_test_images_of_imagenet_have_no_labels(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = DATASETS["imagenet"]
    assert usual is not None
    fewer = replace(usual, train_images=COUNT, test_images=12, classes=3, hold_out=6)
    monkeypatch.setitem(DATASETS, "imagenet", fewer)
    (root / "fruit").rename(root / "imagenet")
    (root / "imagenet" / "test").mkdir()
    (root / "imagenet" / "test" / "ILSVRC2012_test_00000001.JPEG").write_bytes(b"x")
    assert load_images(Data(dataset="imagenet"), root).facts == fewer

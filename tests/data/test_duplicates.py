"""Images on both sides of a split are counted: of arrays, of files, with other labels."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ablate.cells import Data
from ablate.data import Images, load_images, split
from ablate.data.duplicates import contents_of, duplicates_note
from tests.data.conftest import WriteArrays
from tests.photos import write_photos

MINE = {"dataset": "arrays", "name": "mine"}
random = np.random.RandomState(1)
X, Y = random.randint(0, 256, (30, 8, 8), dtype=np.uint8), np.arange(30) % 3


def note(images: Images, **settings: Any) -> str:
    data = Data.model_validate(settings)
    return images.note_on(split(images.y_train, data, images.facts))


def note_of_arrays(root: Path, **settings: Any) -> str:
    data = {**MINE, **settings}
    return note(load_images(Data.model_validate(data), root), **data)


def test_none_are_no_note(write_arrays: WriteArrays) -> None:
    root = write_arrays()
    assert note_of_arrays(root) == note_of_arrays(root, evaluate="test") == ""


def test_test_images_that_are_trained_on(write_arrays: WriteArrays) -> None:
    root = write_arrays(
        x_train=X,
        x_test=np.concatenate([X[:3], X[20:29]]),
        y_test=np.concatenate([Y[:3], (Y[20:29] + 1) % 3]),
    )
    said = "12 of 12 test images are among the training images too, 9 with another label"
    assert note_of_arrays(root, evaluate="test") == said


def test_held_out_images_that_are_trained_on(write_arrays: WriteArrays) -> None:
    """Every image twice: what is held out is trained on all the same, unless both are held out."""
    root = write_arrays(x_train=np.concatenate([X[:15]] * 2), y_train=np.concatenate([Y[:15]] * 2))
    data = Data.model_validate({**MINE, "hold_out": 6})
    images = load_images(data, root)
    found = split(images.y_train, data, images.facts)
    own = {i % 15 for i in found.train.tolist()}
    count = sum(i % 15 in own for i in found.held_out.tolist())
    assert count and note_of_arrays(root, hold_out=6) == (
        f"{count} of 6 held-out images are among the training images too"
    )
    assert note_of_arrays(root, evaluate="test") == ""


def test_both_and_what_the_file_says(write_arrays: WriteArrays) -> None:
    masks = {"test_exact": np.array([False] + [True] * 11)}
    root = write_arrays(
        x_train=np.repeat(X[:3], 10, 0), y_train=Y, x_test=np.repeat(X[:3], 4, 0), **masks
    )
    assert note_of_arrays(root) == (
        "1 of 12 test images approximated; 3 of 3 held-out images and 12 of 12 test images are "
        "among the training images too"
    )


def test_only_images_that_are_trained_on_count(write_arrays: WriteArrays) -> None:
    root = write_arrays(x_train=X, x_test=X[:12], y_test=Y[:12])
    limited = note_of_arrays(root, limit=3, evaluate="test")
    assert limited in (
        "",
        *(f"{n} of 12 test images are among the training images too" for n in (1, 2, 3)),
    )
    assert note_of_arrays(root, evaluate="test").startswith("12 of 12")


def test_a_label_that_one_equal_image_has_is_not_another() -> None:
    known = np.array([5, 5, 6]), np.array([0, 1, 1])
    assert duplicates_note(known, {"test": (np.array([5, 5, 7]), np.array([0, 1, 1]))}) == (
        "2 of 3 test images are among the training images too"
    )
    assert duplicates_note(known, {"test": (np.array([6]), np.array([0]))}).endswith(
        "1 of 1 test images are among the training images too, 1 with another label"
    )


def test_equal_images_have_equal_numbers() -> None:
    images = np.concatenate([X, X[:4]])[..., None]
    numbers = contents_of(images)
    assert (numbers[30:] == numbers[:4]).all() and len(set(numbers.tolist())) == 30


def test_files_are_known_by_their_content(tmp_path: Path) -> None:
    root = write_photos(tmp_path)
    train, val = root / "fruit" / "train", root / "fruit" / "val"
    shutil.copy(train / "apple" / "0.png", val / "apple" / "another name.png")
    shutil.copy(train / "apple" / "2.png", val / "pear" / "2.png")
    data = {"dataset": "image_folder", "name": "fruit", "evaluate": "test"}
    assert note(load_images(Data.model_validate(data), root), **data) == (
        "2 of 13 test images are among the training images too, 1 with another label"
    )


@pytest.mark.parametrize("evaluate", ["validation", "test"])
def test_digits_have_none(evaluate: str) -> None:
    data = {"dataset": "digits", "evaluate": evaluate}
    assert note(load_images(Data.model_validate(data), Path("/nonexistent")), **data) == ""

"""NAME.npz: its masks, and what broken files answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ablate.cells import Data
from ablate.data import facts, load_images
from ablate.errors import MissingDataError
from tests.data.conftest import WriteArrays

MINE = Data(dataset="arrays", name="mine")


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
        (
            {"y_train": None, "x_test": None},
            [
                "y_train is missing; it has x_train, y_test",
                "x_test is missing; it has x_train, y_test",
            ],
        ),
        (
            {"x_train": None, "X_train": np.zeros((30, 8, 8), np.uint8)},
            ["x_train is missing. Did you mean `X_train`?"],
        ),
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


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is no archive of arrays, as numpy.savez makes them: it is empty"),
        (b"hello, world", "as numpy.savez makes them: it begins with b'hello,'"),
        (b"\x89HDF\r\n\x1a\n", "as numpy.savez makes them: it begins with b'\\x89HDF\\r\\n'"),
    ],
)
def test_what_is_no_archive_is_said_without_numpys_advice(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "mine.npz").write_bytes(content)
    with pytest.raises(MissingDataError) as caught:
        load_images(MINE, tmp_path)
    assert message in str(caught.value) and "pickle" not in str(caught.value)


def test_python_objects_are_not_read(write_arrays: WriteArrays) -> None:
    root = write_arrays(y_train=np.array(["cat"] * 30, dtype=object))
    with pytest.raises(MissingDataError, match="y_train holds Python objects, which are not read"):
        load_images(MINE, root)


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


def test_a_missing_file_is_said_how_to_make(tmp_path: Path) -> None:
    with pytest.raises(MissingDataError) as caught:
        load_images(MINE, tmp_path)
    assert caught.value.exit_code == 5
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'mine.npz'} was not found\n")
    for way in ("--data", "ABLATE_DATA", "numpy.savez", "x_train, y_train, x_test, y_test"):
        assert way in message

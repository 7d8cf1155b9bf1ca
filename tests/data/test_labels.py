"""Labels of arrays and folders: what is refused, and how it is mended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ablate.cells import Data
from ablate.data import facts, load_images
from ablate.data.labels import label_faults
from ablate.errors import MissingDataError
from tests.data.conftest import WriteArrays

MINE = Data(dataset="arrays", name="mine")
TRAIN, TEST = np.arange(30) % 3, np.arange(12) % 3
RULE = "y_train: labels must be 0 to 2 without gaps, got"
NUMBERS = "numpy.searchsorted(numpy.unique(y_train), y) numbers y_train and y_test"


@pytest.mark.parametrize(
    ("train", "test", "faults"),
    [
        (TRAIN, TEST, []),
        (TRAIN, TEST % 2, []),  # a class may be missing where errors are counted
        (TRAIN + 1, TEST + 1, [f"{RULE} 1, 2, 3; subtract 1 from y_train and y_test"]),
        (TRAIN * 50, TEST * 50, [f"{RULE} 0, 50, 100; {NUMBERS}"]),
        (TRAIN * 5 + 2, TEST * 5 + 2, [f"{RULE} 2, 7, 12; {NUMBERS}"]),
        (TRAIN * 0, TEST * 0, ["y_train: needs images of two classes or more, got 0 alone"]),
        (
            TRAIN,
            np.arange(12),
            ["y_test: classes that no training image has: 3, 4, 5, 6, 7 and 4 more"],
        ),
        (
            TRAIN + 1,
            TEST,
            [
                f"{RULE} 1, 2, 3; subtract 1 from y_train and y_test",
                "y_test: classes that no training image has: 0",
            ],
        ),
    ],
)
def test_labels_of_arrays(
    write_arrays: WriteArrays, train: Any, test: Any, faults: list[str]
) -> None:
    root = write_arrays(y_train=train, y_test=test)
    for read in (facts, load_images):  # what `plan` asks for, and what `run` does
        if not faults:
            read(MINE, root)
            continue
        with pytest.raises(MissingDataError) as caught:
            read(MINE, root)
        assert str(caught.value).splitlines() == [f"{root / 'mine.npz'}: {f}" for f in faults]


def test_the_mends_mend() -> None:
    """What the messages say is to be done to the labels leaves nothing to be said."""
    for train, test in ((TRAIN * 50, TEST * 50), (TRAIN * 5 - 7, TEST * 5 - 7)):
        known = np.unique(train)
        numbered = [np.searchsorted(known, labels) for labels in (train, test)]
        assert not label_faults("y_train", numbered[0], {"y_test": numbered[1]})
    assert not label_faults("y_train", TRAIN + 1 - 1, {"y_test": TEST + 1 - 1})


def test_a_column_of_labels_is_told_how_to_be_a_row(write_arrays: WriteArrays) -> None:
    root = write_arrays(y_train=TRAIN[:, None], y_test=TEST[:, None])
    with pytest.raises(MissingDataError) as caught:
        facts(MINE, root)
    rule = "must be whole numbers, one per image of"
    assert str(caught.value).splitlines() == [
        f"{root / 'mine.npz'}: y_train: {rule} x_train, got int64 30 x 1; save y_train.ravel()",
        f"{root / 'mine.npz'}: y_test: {rule} x_test, got int64 12 x 1; save y_test.ravel()",
    ]


@pytest.mark.parametrize(
    ("train", "names", "fault"),
    [
        ([0, 1, 1], "ab", ""),
        ([0, 0], "a", "here: needs images of two classes or more, got a alone"),
        ([], "", "here: needs images of two classes or more"),
        ([0, 2], "abcd", "here: classes without an image: b, d"),
    ],
)
def test_labels_of_folders_are_told_by_name(train: list[int], names: str, fault: str) -> None:
    found = label_faults("here", np.array(train, int), {}, [*names])
    assert found == ([fault] if fault else [])


def test_a_published_dataset_of_ones_own_making_is_checked_too(write_arrays: WriteArrays) -> None:
    root: Path = write_arrays("cifar10", y_train=TRAIN + 1, y_test=TEST + 1)
    with pytest.raises(MissingDataError, match="subtract 1 from y_train and y_test"):
        load_images(Data(dataset="cifar10"), root)

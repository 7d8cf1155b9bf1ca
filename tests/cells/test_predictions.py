"""The file that keeps what a cell answered, image by image."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

from ablate.cells import CLASS_NAMES, DATASETS, PREDICTIONS, Predictions, read_predictions
from ablate.errors import DamagedCell


def made(classes: int = 3, names: tuple[str, ...] = ("a", "b", "c")) -> Predictions:
    """Six images, of which two are taken for others."""
    labels, predicted = np.array([0, 1, 2, 0, 1, 2]), np.array([0, 1, 2, 0, 2, 0])
    return Predictions(labels, predicted, classes, names)


def write(folder: Path, content: bytes) -> Path:
    (folder / PREDICTIONS).write_bytes(content)
    return folder


def test_numbers() -> None:
    found = made()
    assert found.error == 100 * 2 / 6
    assert found.confusion().tolist() == [[2, 0, 0], [0, 1, 1], [1, 0, 1]]
    assert (found.name(1), made(names=()).name(1)) == ("b", "1")


@pytest.mark.parametrize(("classes", "dtype"), [(256, "U8"), (257, "U16")])
def test_what_is_written_is_read(tmp_path: Path, classes: int, dtype: str) -> None:
    write(tmp_path, made(classes, ()).packed("k"))
    found = read_predictions(tmp_path, "k")
    assert found is not None and found.ten_crop is None
    assert found.labels.tolist() == made().labels.tolist()
    assert found.predicted.tolist() == made().predicted.tolist()
    assert (found.classes, found.names) == (classes, ())
    with safe_open(tmp_path / PREDICTIONS, "numpy") as stored:
        assert stored.get_slice("predicted").get_dtype() == dtype


def test_a_version_that_kept_none(tmp_path: Path) -> None:
    assert read_predictions(tmp_path, "k") is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no", "is damaged"),
        (made().packed("other"), "is of cell 'other', not of k"),
        (made(classes=2, names=()).packed("k"), "must hold classes below 2"),
        (
            Predictions(made().labels, np.array([0]), 3).packed("k"),
            "a label and an answer for each",
        ),
    ],
)
def test_what_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    with pytest.raises(DamagedCell, match=reason):
        read_predictions(write(tmp_path, content), "k")


@pytest.mark.parametrize("dataset", CLASS_NAMES)
def test_every_class_has_a_name(dataset: str) -> None:
    known = DATASETS[dataset]
    assert known and len(set(CLASS_NAMES[dataset])) == known.classes

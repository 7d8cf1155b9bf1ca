"""The folder of a cell: the rows of its curve that go on counting."""

from __future__ import annotations

from pathlib import Path

import pytest

from ablate.cells import CellFolder

CURVE = "epoch,train_loss,error\n1,0.1,\n2,0.05,12.5\n"


def write(path: Path, *names: str, curve: str = CURVE) -> CellFolder:
    folder = CellFolder(path)
    folder.curve.write_text(curve, encoding="utf-8")
    for name in names:
        (path / name).touch()
    return folder


@pytest.mark.parametrize("file", ["result.json", "checkpoint.pt", "checkpoint.before.pt"])
def test_epochs_that_training_goes_on_from_or_ended_with(file: str, tmp_path: Path) -> None:
    assert write(tmp_path, file).epochs() == [
        {"epoch": 1, "train_loss": 0.1, "error": None},
        {"epoch": 2, "train_loss": 0.05, "error": 12.5},
    ]


def test_of_a_cell_that_begins_anew_none_counts(tmp_path: Path) -> None:
    assert write(tmp_path).epochs() == []
    assert CellFolder(tmp_path / "new").epochs() == []


@pytest.mark.parametrize(
    "curve", ["", "\0\1\2", "epoch,error\n1,high\n", "a,b\n1,2\n", "epoch\n1,2"]
)
def test_of_a_damaged_curve_none_is_known(curve: str, tmp_path: Path) -> None:
    assert write(tmp_path, "checkpoint.pt", curve=curve).epochs() == []

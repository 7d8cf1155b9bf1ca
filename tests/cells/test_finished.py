"""A finished cell's files: what counts as done, and what is refused with a reason."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ablate.cells import PREDICTIONS, check_files, has_digests, kept_predictions, read_finished
from ablate.errors import DamagedCell, LaterFormat
from tests.finished_cells import KEY, predictions, write_finished

FILES = ["cell.yaml", "curve.csv", "model.safetensors", "predictions.safetensors"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_finished(tmp_path / KEY)


def change(folder: Path, **changes: Any) -> None:
    path = folder / "result.json"
    found = json.loads(path.read_text("utf-8")) | changes
    path.write_text(json.dumps({k: v for k, v in found.items() if v is not ...}), "utf-8")


def test_a_whole_cell_counts(folder: Path) -> None:
    found = read_finished(folder, KEY)
    assert found is not None and has_digests(found)
    assert (found["format"], found["error"]) == (2, 30.0)
    assert sorted(found["files"]) == FILES


def test_a_cell_in_training_is_no_damage(folder: Path) -> None:
    (folder / "result.json").unlink()
    assert read_finished(folder, KEY) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is damaged"),
        ('{"error": 1', "is damaged"),
        ("\xff", "is damaged"),
        ("[]", "must be a map of settings"),
        ("{}", "error: required key is missing"),
        ('{"error": 1.0}', "key: required key is missing"),
    ],
)
def test_what_is_no_result(folder: Path, text: str, reason: str) -> None:
    (folder / "result.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(DamagedCell, match=rf"result\.json: (?s:.*){reason}"):
        read_finished(folder, KEY)


def test_a_result_that_is_a_folder(folder: Path) -> None:
    (folder / "result.json").unlink()
    (folder / "result.json").mkdir()
    with pytest.raises(DamagedCell, match=r"result\.json: cannot be read: Is a directory"):
        read_finished(folder, KEY)


@pytest.mark.parametrize(
    ("names", "lost"), [(["curve.csv"], "it"), (["cell.yaml", "curve.csv"], "them")]
)
def test_lost_files_are_counted(folder: Path, names: list[str], lost: str) -> None:
    for name in names:
        (folder / name).unlink()
    told = f"{', '.join(names)} missing; the run folder has lost {lost}$"
    with pytest.raises(DamagedCell, match=told):
        read_finished(folder, KEY)


@pytest.mark.parametrize("digests", [True, False])
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"key": "f" * 16}, f"is of cell 'f+', not of {KEY}"),
        ({"error": 100.5}, "error: must be <= 100, got 100.5"),
        ({"error": "1"}, "error: must be a number, got '1'"),
        ({"error": float("nan")}, "error: must be a finite number"),
        ({"error": 1.0}, "was changed|says 2 and 1.0 %"),
        ({"epochs": 3}, "was changed|says 3 and 30.0 %|list index"),
        ({"split": "train"}, "split: must be one of validation, test, got 'train'"),
        ({"data_sha256": ...}, "data_sha256: required key is missing"),
        ({"normalisation": {"mean": [0.0]}}, "normalisation.std: required key is missing"),
        ({"format": 0}, "format: "),
    ],
)
def test_a_result_that_says_something_else(
    tmp_path: Path, digests: bool, changes: dict[str, Any], reason: str
) -> None:
    folder = write_finished(tmp_path / KEY, digests=digests)
    change(folder, **changes)
    with pytest.raises(DamagedCell, match=reason):
        read_finished(folder, KEY)


@pytest.mark.parametrize("digests", [True, False])
def test_a_result_of_a_later_version_is_no_damage(tmp_path: Path, digests: bool) -> None:
    folder = write_finished(tmp_path / KEY, digests=digests)
    change(folder, format=3)
    with pytest.raises(LaterFormat, match=r"result\.json: made by a later version of ablate \(for"):
        read_finished(folder, KEY)


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 64
    path.write_bytes(content)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(("damage", "reason"), [(flip, "is not what"), (Path.unlink, "missing")])
def test_files_that_the_result_was_not_written_with(
    folder: Path, name: str, damage: Callable[[Path], None], reason: str
) -> None:
    damage(folder / name)
    with pytest.raises(DamagedCell, match=f"{name}:? {reason}"):
        read_finished(folder, KEY)


def test_any_number_that_was_changed_is_seen(folder: Path) -> None:
    change(folder, train_seconds=3.5)
    with pytest.raises(DamagedCell, match=r"result\.json: was changed after it was written"):
        read_finished(folder, KEY)


def test_a_result_of_old_has_no_digests(tmp_path: Path) -> None:
    found = read_finished(write_finished(tmp_path / KEY, digests=False), KEY)
    assert found is not None and not has_digests(found)
    assert "format" not in found


def test_files_of_another_cell_of_old(tmp_path: Path) -> None:
    """Without digests: the files name their cell."""
    for name in ("cell.yaml", "model.safetensors"):
        folder = write_finished(tmp_path / name / KEY, digests=False)
        other = write_finished(tmp_path / name / "other", "e" * 16)
        (other / name).replace(folder / name)
        with pytest.raises(DamagedCell, match=f"{name}: is of cell '{'e' * 16}', not of {KEY}"):
            read_finished(folder, KEY)


@pytest.mark.parametrize("name", FILES[:3])
def test_damaged_files_of_old(tmp_path: Path, name: str) -> None:
    folder = write_finished(tmp_path / KEY, digests=False)
    (folder / name).write_bytes(b"\x00nothing: [")
    with pytest.raises(DamagedCell, match=rf"(?=.*is damaged).*{name}"):
        read_finished(folder, KEY)


def test_a_cell_of_old_that_is_no_text(tmp_path: Path) -> None:
    folder = write_finished(tmp_path / KEY, digests=False)
    (folder / "cell.yaml").write_bytes(b"key: \xff")
    with pytest.raises(DamagedCell, match=r"is damaged: .*cell\.yaml: is not UTF-8 text"):
        read_finished(folder, KEY)


@pytest.mark.parametrize("digests", [True, False])
@pytest.mark.parametrize("name", FILES)
def test_only_the_files_that_are_asked_for_are_looked_at(
    tmp_path: Path, name: str, digests: bool
) -> None:
    folder = write_finished(tmp_path / KEY, digests=digests)
    (folder / name).write_bytes(b"nothing")
    check_files(folder, KEY, *(other for other in FILES if other != name))
    with pytest.raises(DamagedCell, match=name):
        check_files(folder, KEY, name)
    (folder / "result.json").unlink()
    check_files(folder, KEY, name)  # nothing vouches for it


def test_a_few_files_of_a_result_that_was_changed(folder: Path) -> None:
    change(folder, train_seconds=3.5)
    with pytest.raises(DamagedCell, match=r"result\.json: was changed after it was written"):
        check_files(folder, KEY, "curve.csv")


def test_predictions_that_the_result_was_not_written_with(folder: Path) -> None:
    """Whole, and the same cell's: nothing but the digest tells."""
    written = (folder / PREDICTIONS).read_bytes()
    other = replace(predictions(), predicted=predictions().labels)
    (folder / PREDICTIONS).write_bytes(other.packed(KEY))
    with pytest.raises(DamagedCell, match=r"predictions\.safetensors: is not what"):
        kept_predictions(folder, KEY)
    (folder / PREDICTIONS).write_bytes(written)
    found = kept_predictions(folder, KEY)
    assert found is not None and found.error == 30.0


def test_predictions_that_come_to_another_error(tmp_path: Path) -> None:
    folder = write_finished(tmp_path / KEY, error=40.0)
    with pytest.raises(DamagedCell, match=r"30\.0 % are wrong, result\.json says 40\.0 %"):
        read_finished(folder, KEY)

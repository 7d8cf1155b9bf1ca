"""Finished cells of runs beside this one: copied whole, or not at all."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import ablate
from ablate.cells import CellFolder, read_finished
from ablate.records import prepare_folder
from ablate.workers.taking_over import take_over
from tests.finished_cells import KEY, write_finished
from tests.training.cells import IMAGES

FILES = ["cell.yaml", "curve.csv", "model.safetensors", "predictions.safetensors", "result.json"]


def beside(home: Path, name: str, **options: bool) -> CellFolder:
    """A finished cell in the run NAME."""
    folder = home / name / "cells" / KEY
    return CellFolder(write_finished(folder, data_sha256=IMAGES.sha256, **options))


@pytest.fixture
def ours(tmp_path: Path) -> CellFolder:
    return CellFolder(tmp_path / "ours" / "cells" / KEY)


def test_a_cell_is_taken_over_whole_or_not_at_all(
    tmp_path: Path, ours: CellFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = beside(tmp_path, "a")
    other.log.write_text("theirs", "utf-8")

    def full(descriptor: int) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            take_over(ours, iter([other]), KEY, IMAGES)
    assert ours.finished(KEY) is None
    assert take_over(ours, iter([other]), KEY, IMAGES) == "a"
    assert ours.finished(KEY) == read_finished(other.path, KEY)
    assert sorted(path.name for path in ours.path.iterdir()) == FILES


def test_a_cell_without_digests_is_taken_over(tmp_path: Path, ours: CellFolder) -> None:
    assert take_over(ours, iter([beside(tmp_path, "a", digests=False)]), KEY, IMAGES) == "a"
    assert ours.finished(KEY) is not None


def of_other_images(other: CellFolder) -> None:
    """Another copy of a dataset that is known by its name."""
    shutil.rmtree(other.path)
    write_finished(other.path, data_sha256="other")


def foreign(other: CellFolder) -> None:
    found = json.loads(other.result.read_text("utf-8"))
    other.result.write_text(json.dumps(found | {"error": 0.01, "key": "someoneelse"}), "utf-8")


def short(other: CellFolder) -> None:
    other.result.write_text('{"error": 0.01}', "utf-8")


def half(other: CellFolder) -> None:
    other.result.write_text('{"err', "utf-8")


def without_weights(other: CellFolder) -> None:
    other.weights.unlink()


def without_curve(other: CellFolder) -> None:
    other.curve.unlink()


def without_predictions(other: CellFolder) -> None:
    other.predictions.unlink()


LOST = [without_weights, without_curve, without_predictions]


@pytest.mark.parametrize("damage", [foreign, of_other_images, short, half, *LOST])
def test_what_is_no_finished_cell_is_passed_over(
    tmp_path: Path,
    ours: CellFolder,
    damage: Callable[[CellFolder], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    bad, good = beside(tmp_path, "bad"), beside(tmp_path, "good")
    damage(bad)
    assert take_over(ours, iter([bad]), KEY, IMAGES) is None
    assert not ours.path.exists() and list(ours.path.parent.iterdir()) == []
    assert "not taken over from bad: " in caplog.text
    assert take_over(ours, iter([bad, good]), KEY, IMAGES) == "good"


def test_results_that_are_none_are_made_again(
    tiny_study: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """In the run's own folder, and in one beside it."""
    plan = ablate.plan(ablate.load_study(tiny_study, sets=["seeds=[0]"]))
    prepare_folder(plan, tmp_path / "runs" / "tiny")
    ours, theirs = (tmp_path / "runs" / name / "cells" for name in ("tiny", "beside"))
    contents = ('{"error": 1.0}', "{}"), ('{"error": 0.01, "key": "someoneelse"}', "")
    for cells, texts in zip((ours, theirs), contents, strict=True):
        for key, text in zip(plan.keys, texts, strict=True):
            (cells / key).mkdir(parents=True)
            (cells / key / "result.json").write_text(text, encoding="utf-8")
    found = ablate.run(plan, runs=tmp_path / "runs", jobs=0)
    assert (found.trained, found.taken_over, found.is_complete) == (2, 0, True)
    assert ablate.results(found.folder)["error"].min() > 1
    assert caplog.text.count("it does not count") == 2
    assert caplog.text.count("not taken over from beside") == 2

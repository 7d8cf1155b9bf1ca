"""A study of photographs, from the file to the comparison, with processes that read for workers."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

import ablate
from ablate.cells import read_predictions
from ablate.errors import MissingDataError, RunFolderError
from ablate.training import Execution
from tests.conftest import PATIENCE
from tests.engine.test_kill import children, start
from tests.photos import write_photos

STUDY = {
    "name": "fruit",
    "data": {"dataset": "image_folder", "name": "fruit", "image_size": 32, "augment": True},
    "recipe": {"preset": "densenet-2017-imagenet", "epochs": 2, "batch_size": 8, "accumulate": 2},
    "baseline": "DenseNet",
    "variants": {
        "DenseNet": {
            **{"family": "densenet", "stem": "imagenet"},
            **{"block_layers": [1, 1], "growth_rate": 4},
        },
        "ResNet": {"family": "resnet", "stem": "imagenet", "stage_blocks": [1, 1], "width": 4},
    },
    "seeds": [0],
}


def test_a_study_of_photographs(tmp_path: Path) -> None:
    root = write_photos(tmp_path)
    study = ablate.load_study(STUDY, sets=["variants.ResNet=null"])
    summary = ablate.run(
        study, runs=tmp_path / "runs", data=root, jobs=1, execution=Execution(loaders=1)
    )
    assert summary.exit_code == 0
    table = ablate.results(tmp_path / "runs" / "fruit")
    assert (table["state"] == "done").all()
    assert "top5_error" not in table  # of three classes: five guesses tell nothing
    assert table["ten_crop_error"].between(0, 100).all()
    folder = tmp_path / "runs" / "fruit" / "cells" / table["key"][0]
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert result["execution"]["loaders"] == 1
    predictions = read_predictions(folder, table["key"][0])
    assert predictions is not None and predictions.ten_crop is not None
    assert predictions.error == result["error"]
    missed = predictions.ten_crop != predictions.labels
    assert 100 * int(missed.sum()) / len(missed) == result["ten_crop_error"]
    compared = ablate.compare(tmp_path / "runs" / "fruit").rows
    assert compared["ten_crop_error"].tolist() == table["ten_crop_error"].tolist()
    assert table.attrs["subject"] == "fruit"


def test_the_plan_counts_a_part_of_the_batch(tmp_path: Path) -> None:
    root = write_photos(tmp_path)
    one, parts = (
        ablate.plan(ablate.load_study(STUDY, sets=[f"recipe.accumulate={n}"]), data=root)
        for n in (1, 2)
    )
    for whole, half in zip(one.cells, parts.cells, strict=True):
        assert half.saved_bytes == pytest.approx(whole.saved_bytes / 2, rel=0.01)
        assert half.params == whole.params and half.key != whole.key


def test_a_broken_image_ends_the_run(tmp_path: Path) -> None:
    root, runs = write_photos(tmp_path), tmp_path / "runs"
    study = ablate.load_study(STUDY)
    broken = root / "fruit" / "train" / "pear" / "3.jpg"
    whole = broken.read_bytes()
    broken.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(MissingDataError) as caught:
        ablate.run(study, runs=runs, data=root, jobs=0)
    assert str(caught.value).startswith(f"{broken} cannot be read as an image: ")
    assert ablate.results(runs / "fruit")["state"].tolist() == ["failed", "waiting"]
    broken.write_bytes(whole)
    with pytest.raises(RunFolderError, match="its dataset, or code that it names, is another"):
        ablate.run(study, runs=runs, data=root, jobs=0)
    assert ablate.run(study, runs=runs, data=root, jobs=0, name="mended").exit_code == 0


def spawned(pid: int) -> int:
    """Processes that have begun to run code of ours."""
    count = 0
    for child in children(pid):
        with suppress(psutil.Error):  # one that has just ended
            count += "spawn_main" in " ".join(child.cmdline())
    return count


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("wait", [0, 15])
def test_readers_of_images_leave_quietly(
    tmp_path: Path, number: signal.Signals, wait: float
) -> None:
    """Whether they import still or read already."""
    path, data = tmp_path / "fruit.yaml", write_photos(tmp_path)
    long = STUDY | {"recipe": {"epochs": 500, "batch_size": 8}}
    path.write_text(json.dumps(long), encoding="utf-8")
    options = ("--data", str(data), "--jobs", "1", "--loaders", "2")
    process = start(path, tmp_path / "runs", *options)
    deadline = time.monotonic() + PATIENCE
    while spawned(process.pid) < 3:  # a worker and two that read for it
        assert time.monotonic() < deadline, "nobody reads"
        time.sleep(0.01)
    time.sleep(wait)
    started = children(process.pid)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    output, _ = process.communicate(timeout=PATIENCE)
    _, alive = psutil.wait_procs(started, timeout=PATIENCE)
    assert not alive
    assert "Traceback" not in output and "Warning" not in output

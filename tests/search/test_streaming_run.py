"""A study of photographs, from the file to the comparison, with processes that read for workers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import ablate
from ablate.training import Execution
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
    study = ablate.load_study(STUDY)
    summary = ablate.run(
        study, runs=tmp_path / "runs", data=root, jobs=1, execution=Execution(loaders=1)
    )
    assert summary.exit_code == 0
    table = ablate.results(tmp_path / "runs" / "fruit")
    assert (table["state"] == "done").all() and (table["top5_error"] == 0).all()
    assert table["ten_crop_error"].between(0, 100).all()
    folder = tmp_path / "runs" / "fruit" / "cells" / table["key"][0]
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert result["execution"]["loaders"] == 1
    compared = ablate.compare(tmp_path / "runs" / "fruit")
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

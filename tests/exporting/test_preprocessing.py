"""What an exported folder says of images: enough to classify one by its card's own lines."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

import ablate
from ablate import exporting
from ablate.cells import read_predictions
from ablate.data import centre, opened
from tests.photos import CLASSES, write_photos

PHOTOGRAPHS = {
    "name": "fruit",
    "data": {"dataset": "image_folder", "name": "fruit", "image_size": 32, "evaluate": "test"},
    "recipe": {"preset": "densenet-2017-imagenet", "epochs": 2, "batch_size": 8},
    "baseline": "a",
    "variants": {"a": {"family": "resnet", "stem": "imagenet", "stage_blocks": [1, 1], "width": 4}},
}


def write_odd_photos(folder: Path) -> list[Path]:
    """What Pillow's conversion to RGB alone would show otherwise."""
    random = np.random.RandomState(0)
    wide = random.randint(0, 65536, (40, 50)).astype(np.uint16)
    half = Image.fromarray(random.randint(0, 256, (40, 50, 4), dtype=np.uint8))
    lying = Image.Exif()
    lying[0x0112] = 6
    folder.mkdir()
    big_endian = Image.frombytes("I;16B", (50, 40), wide.astype(">u2").tobytes())
    images = {
        "grey16.png": Image.fromarray(wide),
        "grey16.tif": big_endian,
        "transparent.png": half,
        "transparent_grey.png": half.convert("LA"),
        "one_clear_colour.png": half.convert("RGB").quantize(8),
        "cmyk.jpg": half.convert("CMYK"),
        "lying.jpg": half.convert("RGB"),
    }
    for name, image in images.items():
        clear = {"transparency": 3} if name.startswith("one_clear") else {}
        turned = {"exif": lying} if name in ("grey16.png", "lying.jpg") else {}
        image.save(folder / name, **clear, **turned)
    return sorted(folder.iterdir())


def test_a_photograph_is_named_by_what_the_folder_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The card's own lines, as they stand there, on files: the classes that the cell answered."""
    root = write_photos(tmp_path / "data")
    ablate.run(ablate.load_study(PHOTOGRAPHS), runs=tmp_path / "runs", data=root, jobs=0)
    out = exporting.export(tmp_path / "runs" / "fruit", "a", tmp_path / "out")
    shutil.rmtree(tmp_path / "runs")
    seen = json.loads((out / "preprocessing.json").read_text(encoding="utf-8"))
    assert seen == {
        "channels": 3,
        "resize": 37,
        "interpolation": "bicubic",
        "crop": 32,
        "mean": [123.675, 116.28, 103.53],
        "std": [58.395, 57.12, 57.375],
        "classes": list(CLASSES),
    }
    card = (out / "README.md").read_text(encoding="utf-8")
    code = card.split("```python\n")[1].split("```")[0].replace("this folder", str(out))
    key = json.loads((out / "result.json").read_text(encoding="utf-8"))["key"]
    answered = read_predictions(out, key)
    assert answered is not None
    photos = sorted((root / "fruit" / "val").glob("*/*"))
    capsys.readouterr()
    for photo in photos:
        exec(code.replace("photo.jpg", str(photo)), {})
    assert capsys.readouterr().out.split() == [CLASSES[n] for n in answered.predicted]
    assert len(photos) == len(answered.predicted) == 12
    for photo in write_odd_photos(tmp_path / "odd"):
        names: dict[str, Any] = {}
        exec(code.replace("photo.jpg", str(photo)), names)
        seen_in_training = centre(opened(photo), 32).permute(2, 0, 1)
        assert torch.equal(names["pixels"], seen_in_training), photo.name


def test_images_in_memory_are_said_how_they_are_seen(exported: Path) -> None:
    seen = json.loads((exported / "preprocessing.json").read_text(encoding="utf-8"))
    assert (seen["channels"], seen["crop"], seen["resize"]) == (1, 8, None)
    assert (seen["mean"], seen["std"], seen["classes"]) == ([78.0], [96.0], list("0123456789"))
    card = (exported / "README.md").read_text(encoding="utf-8")
    assert "`preprocessing.json` has these numbers, the size and the names of the classes." in card
    exec(card.split("```python\n")[1].split("```")[0].replace("this folder", str(exported)), {})


def test_no_card_sends_to_a_package_that_is_not_there(exported: Path) -> None:
    card = (exported / "README.md").read_text(encoding="utf-8")
    assert "pip install ablate" not in card
    version = f"# ablate {ablate.__version__} is installed from the folder of its source"
    assert version in card and "It is not on PyPI" in card

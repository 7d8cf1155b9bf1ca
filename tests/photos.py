"""A folder of small photographs of any size, a class in each of three colours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

CLASSES = ("apple", "pear", "plum")
TRAIN, TEST = 12, 4  # images of each class


def write_photos(root: Path, name: str = "fruit", test: str = "val") -> Path:
    """ROOT/NAME/train and ROOT/NAME/val -> the folder ROOT."""
    random = np.random.RandomState(0)
    for part, count in (("train", TRAIN), (test, TEST)):
        for number, label in enumerate(CLASSES):
            folder = root / name / part / label
            folder.mkdir(parents=True)
            for i in range(count):
                height, width = random.randint(20, 48, 2)
                pixels = random.normal(60 + 60 * number, 40, (height, width, 3))
                image = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
                image.save(folder / f"{i}.{'jpg' if i % 2 else 'png'}")
    return root

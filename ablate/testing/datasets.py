"""The contract of a dataset."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ablate.cells import Data
from ablate.data import facts, load_images, split
from ablate.machine import data_root, look_for_code


def check_dataset(
    data: Mapping[str, Any], *, root: str | Path | None = None, folder: str | Path = "."
) -> None:
    """A study's `data:`, as a map -> nothing, where its images can be trained on.

    They are read twice, from `root` or where studies look for them, and split. Code of a file,
    MODULE:NAME, is looked for in `folder`. Raises AssertionError where they are not the same twice,
    MissingDataError and what a study would raise for what is no dataset.
    """
    look_for_code(folder)
    asked, place = Data(**data), data_root(root)
    first, second = load_images(asked, place), load_images(asked, place)
    rule = "must give the same images and labels each time"
    assert first.sha256 == second.sha256, f"{rule}: content {first.sha256}, then {second.sha256}"
    assert facts(asked, place) == first.facts, "must have the same facts each time"
    found = split(first.y_train, asked, first.facts)
    assert len(found.train) and len(found.held_out), "must have images to train on and to hold out"

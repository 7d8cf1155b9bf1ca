"""Which images a cell sees, and what is known of a dataset before it is opened."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ablate.spec.validating import (
    Flag,
    Frozen,
    NotNegative,
    Positive,
    Text,
    check_rules,
    nearest,
    show,
)


@dataclass(frozen=True)
class DatasetFacts:
    """What a dataset's name stands for. Pixels are uint8, so means and deviations are in 0..255."""

    channels: int
    image_size: int  # height = width, in pixels
    classes: int
    train_images: int
    test_images: int
    hold_out: int  # images of the training set that validate
    pad: int  # augmentation: border in pixels before the random crop
    flip: bool  # augmentation: mirror half of the images
    mean: tuple[float, ...]
    std: tuple[float, ...]
    fingerprint: str = ""  # of the content, where the name alone does not say what is in it


DATASETS: dict[str, DatasetFacts | None] = {
    # Mean and deviation: the DenseNet authors' datasets/cifar10.lua.
    "cifar10": DatasetFacts(
        channels=3,
        image_size=32,
        classes=10,
        train_images=50_000,
        test_images=10_000,
        hold_out=5_000,
        pad=4,
        flip=True,
        mean=(125.3, 123.0, 113.9),
        std=(63.0, 62.1, 66.7),
    ),
    # scikit-learn's copy of UCI's handwritten digits, 0..16 scaled to 0..255 by us. The test set is
    # a fixed stratified fifth. Mean and deviation are of the other four.
    "digits": DatasetFacts(
        channels=1,
        image_size=8,
        classes=10,
        train_images=1_437,
        test_images=360,
        hold_out=144,
        pad=1,
        flip=False,
        mean=(77.9,),
        std=(95.9,),
    ),
    "arrays": None,  # NAME.npz: known once the file is read
}


class Data(Frozen):
    """Dataset, augmentation, what is held out and how it is split."""

    dataset: Text  # cifar10, digits, or arrays
    name: Text | None = None  # arrays: the file ROOT/NAME.npz
    augment: Flag = (
        False  # pad, random crop and, where the dataset allows it, mirror: the papers' +
    )
    pad: Literal["mean", "black"] = "mean"  # the crop's border: 0 after normalising, or before
    evaluate: Literal["validation", "test"] = "validation"  # which images the error is of
    hold_out: Positive | None = None  # validation images; null: the dataset's usual number
    limit: Annotated[int, Field(ge=2, strict=True)] | None = None  # training images, stratified
    split_seed: NotNegative = 0  # which images are held out, and which `limit` takes

    @model_validator(mode="after")
    def _rules(self) -> Data:
        broken = []
        if self.dataset not in DATASETS:
            message = f"unknown dataset {show(self.dataset)}{nearest(self.dataset, DATASETS)}"
            broken.append(("dataset", message))
        if (self.dataset == "arrays") != (self.name is not None):
            rule = "is required" if self.name is None else "is read only"
            broken.append(("name", f"{rule} with dataset: arrays"))
        if self.name is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", self.name):
            message = f"must be a file name without ending or folder, got {show(self.name)}"
            broken.append(("name", message))
        if self.pad != "mean" and not self.augment:
            broken.append(("pad", "is read only with augment: true"))
        if self.evaluate == "test" and self.hold_out is not None:
            broken.append(("hold_out", "is read only with evaluate: validation"))
        facts = DATASETS.get(self.dataset)
        if facts and self.hold_out and self.hold_out > facts.train_images - facts.classes:
            most = facts.train_images - facts.classes
            broken.append(
                ("hold_out", f"must be <= {most} for {self.dataset}, got {self.hold_out}")
            )
        check_rules(broken)
        return self

    def canonical(self, facts: DatasetFacts) -> dict[str, Any]:
        """A plain map for hashing: the dataset, and what differs from the defaults."""
        plain = self.model_dump(mode="json", exclude_defaults=True)
        return plain | ({"content": facts.fingerprint} if facts.fingerprint else {})

    def train_count(self, facts: DatasetFacts) -> int:
        """Images trained on: what the hold-out leaves, cut to `limit`."""
        held_out = (self.hold_out or facts.hold_out) if self.evaluate == "validation" else 0
        left = facts.train_images - held_out
        return min(self.limit or left, left)

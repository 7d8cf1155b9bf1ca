"""Which images a cell sees, and what the names of datasets stand for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from ablate.cells.facts import DatasetFacts, TrainingPart
from ablate.networks import Architecture
from ablate.plugins import DATASET, Chosen
from ablate.text import (
    DrawnSeed,
    Flag,
    Frozen,
    Pixels,
    Positive,
    Text,
    check_rules,
    is_whole,
    nearest,
    show,
)

# Of ImageNet's training images in 0..1, in most code 0.485, 0.456, 0.406 and 0.229, 0.224, 0.225.
IMAGENET_MEAN = (123.675, 116.28, 103.53)
IMAGENET_STD = (58.395, 57.12, 57.375)
# The short side that images from files are scaled to before the crop in their middle, in crops:
# fb.resnet.torch scales to 256 for a crop of 224.
SHORT_SIDE = 256 / 224
IMAGE_SIZE = 224  # of what is cropped from files, where `image_size` does not say another
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
    # Mean and deviation: the DenseNet authors' datasets/cifar100.lua.
    "cifar100": DatasetFacts(
        channels=3,
        image_size=32,
        classes=100,
        train_images=50_000,
        test_images=10_000,
        hold_out=5_000,
        pad=4,
        flip=True,
        mean=(129.3, 124.1, 112.4),
        std=(68.2, 65.4, 70.4),
    ),
    # Trained on as in the DenseNet paper, section 4.1: 73,257 images and 531,131 extra ones, 6,000
    # held out, pixels divided by 255 and no more. It does not augment; a mirrored digit is no
    # digit, so only the crop is left.
    "svhn": DatasetFacts(
        channels=3,
        image_size=32,
        classes=10,
        train_images=73_257 + 531_131,
        test_images=26_032,
        hold_out=6_000,
        # 400 images a class of `train`, and 200 of `extra`, which is easier, as is usual.
        parts=(TrainingPart(73_257, 4_000), TrainingPart(531_131, 2_000)),
        pad=4,
        flip=False,
        mean=(0.0, 0.0, 0.0),
        std=(255.0, 255.0, 255.0),
    ),
    # Mean and deviation: of the training images, in most code 0.2860 and 0.3530 of 255. Mirrored,
    # as a mirrored shoe is a shoe; padded by CIFAR's share of 4 in 32, rounded down, as the clothes
    # fill the image.
    "fashion_mnist": DatasetFacts(
        channels=1,
        image_size=28,
        classes=10,
        train_images=60_000,
        test_images=10_000,
        hold_out=6_000,
        pad=3,
        flip=True,
        mean=(72.94,),
        std=(90.02,),
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
        mean=(78.0,),
        std=(96.0,),
    ),
    # The images of ILSVRC 2012. Those called `val` are the test set; as many are held out.
    "imagenet": DatasetFacts(
        channels=3,
        image_size=IMAGE_SIZE,
        classes=1_000,
        train_images=1_281_167,
        test_images=50_000,
        hold_out=50_000,
        pad=0,
        flip=True,
        mean=IMAGENET_MEAN,
        std=IMAGENET_STD,
        streamed=True,
    ),
    "arrays": None,  # NAME.npz: known once the file is read
    "image_folder": None,  # NAME/: known once the files in it are listed
}
NAMED = tuple(name for name, known in DATASETS.items() if known is None)  # they need `name`
STREAMED = ("imagenet", "image_folder")
# How a dataset is read, where that is no longer the first way: raised when a cell of old would
# train differently today. 2: images upright; a user's are known by their content, none is hidden,
# and greys of 16 bits are scaled.
READING = {"imagenet": 2, "image_folder": 2}
# How images are held out, where that is no longer the first way. 2: from SVHN's two parts apart.
HOLDING_OUT = {"svhn": 2}
# What papers call a dataset, where that is not the name above.
_SUBJECTS = {
    "cifar10": "C10",
    "cifar100": "C100",
    "svhn": "SVHN",
    "fashion_mnist": "Fashion-MNIST",
    "imagenet": "ImageNet",
}


def _dataset(value: str) -> str:
    if value not in DATASETS and not DATASET.is_named(value):
        known = [*DATASETS, *DATASET.names]
        raise ValueError(f"unknown dataset {show(value)}{nearest(value, known)}")
    return value


def _file_name(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", value):
        raise ValueError(f"must be a file name without ending or folder, got {show(value)}")
    return value


def facts_of_name(dataset: Any, image_size: Any) -> DatasetFacts | None:
    """What a dataset's name says alone, as written and unchecked; None where it says nothing."""
    facts = DATASETS.get(dataset) if isinstance(dataset, str) else None
    if facts and facts.streamed and is_whole(image_size) and image_size > 0:
        return replace(facts, image_size=image_size)
    return facts


def fitted(architecture: Architecture, facts: DatasetFacts, dropout: float = 0.0) -> Architecture:
    """An architecture resolved for a dataset; `dropout` is what auto means. Raises RuleErrors."""
    return architecture.resolve(
        in_channels=facts.channels,
        classes=facts.classes,
        image_size=facts.image_size,
        dropout=dropout,
    )


class Data(Frozen):
    """Dataset, augmentation, what is held out and how it is split."""

    moved: ClassVar[Mapping[str, str]] = {"cutout": "recipe.cutout"}

    dataset: Annotated[Text, AfterValidator(_dataset)]
    """A name in DATASETS, or code: MODULE:NAME or what a package names."""
    name: Annotated[Text | None, BeforeValidator(_file_name)] = None
    """arrays: ROOT/NAME.npz; image_folder: ROOT/NAME/train/CLASS/*, and `val`, `test` or both."""
    settings: dict[str, Any] | None = None
    """Code: parameters of the function that gives the images; null: their defaults."""
    augment: Flag = False
    """Pad, random crop and, where the data allows it, mirror: the papers' +. Images that are read
    from files: random crop of any size and shape, mirror, other colours."""
    image_size: Pixels | None = None
    """imagenet, image_folder: of what is cropped; null: 224."""
    pad: Literal["mean", "black"] = "mean"
    """The crop's border: 0 after normalising, or before."""
    evaluate: Literal["validation", "test"] = "validation"
    """Which images the error is of."""
    hold_out: Positive | None = None
    """Validation images; null: the dataset's usual number."""
    limit: Annotated[Positive, Field(ge=2)] | None = None
    """Training images, stratified."""
    split_seed: DrawnSeed = 0
    """Which images are held out, and which `limit` takes."""

    @model_validator(mode="after")
    def _rules(self) -> Data:
        broken = []
        if (self.dataset in NAMED) != (self.name is not None):
            rule = f"is required with dataset: {self.dataset}"
            if self.name is not None:
                rule = f"is read only with dataset: {' | '.join(NAMED)}"
            broken.append(("name", rule))
        if not self.is_code and self.settings is not None:
            broken.append(("settings", "is read only where dataset is code: MODULE:NAME"))
        elif self.is_code:
            faults = DATASET.faults(self.dataset, self.settings or {})
            broken += [(f"settings.{key}" if key else "dataset", rule) for key, rule in faults]
        if self.dataset not in STREAMED and self.image_size is not None:
            rule = f"is read only with dataset: {' | '.join(STREAMED)}"
            broken.append(("image_size", rule))
        if self.pad != "mean" and self.dataset in STREAMED:
            rule = f"has no meaning with dataset: {self.dataset}, whose crops lie within the image"
            broken.append(("pad", rule))
        elif self.pad != "mean" and not self.augment:
            broken.append(("pad", "is read only with augment: true"))
        facts = self.known_facts
        check_rules([*broken, *(self.broken_for(facts) if facts else [])])
        return self

    @property
    def is_code(self) -> bool:
        """Whether a function of a user's gives the images."""
        return self.dataset not in DATASETS

    @property
    def code(self) -> Chosen:
        """That function with its settings; of data that `is_code`. Raises NoSuchCode."""
        return DATASET.chosen(self.dataset, self.settings or {})

    @property
    def known_facts(self) -> DatasetFacts | None:
        """What the name alone says of the dataset; None where its files have to be opened."""
        known = DATASETS.get(self.dataset)
        return self.sized(known) if known else None

    def sized(self, facts: DatasetFacts) -> DatasetFacts:
        """The dataset's facts, with the size of images that is asked for."""
        return replace(facts, image_size=self.image_size or facts.image_size)

    def broken_for(self, facts: DatasetFacts) -> list[tuple[str, str]]:
        """Broken rules that need the dataset's numbers: every class needs a training image."""
        broken = []
        most, held_out = facts.most_held_out, self._held_out(facts, False)
        if facts.has_own_hold_out:
            if self.hold_out not in (None, facts.hold_out):
                rule = f"the {facts.hold_out} images of the folder that validates are held out"
                broken.append(("hold_out", f"{rule}, got {self.hold_out}"))
        elif max(held_out, self.hold_out or 0) > most:
            got = self.hold_out or held_out
            broken.append(("hold_out", f"must be <= {most} for {self.dataset}, got {got}"))
        if self.limit is not None and self.limit < facts.classes:
            rule = f"must be >= {facts.classes}, the number of classes of {self.dataset}"
            broken.append(("limit", f"{rule}, got {self.limit}"))
        return broken

    @property
    def subject(self) -> str:
        """What papers call it: C10, C10+ with augmentation; ImageNet is always augmented."""
        own = self.name or self.dataset.rpartition(":")[2]
        name = _SUBJECTS.get(self.dataset, own)
        return name + "+" * (self.augment and self.dataset not in STREAMED)

    def canonical(self, facts: DatasetFacts, *, picks: bool = False) -> dict[str, Any]:
        """A plain map for hashing: the dataset, and what differs from the defaults.

        The usual hold-out written out, one where nothing is held out, and a limit that cuts nothing
        are no difference. Of code it is the images that count, not what made them. `picks` as in
        `holds_out`.
        """
        plain = self.model_dump(mode="json", exclude_defaults=True, exclude={"settings"})
        plain |= {"dataset": "code"} if self.is_code else {}
        held_out = self._held_out(facts, picks)
        if not held_out or self.hold_out == facts.hold_out:
            plain.pop("hold_out", None)
        if self.image_size == IMAGE_SIZE:
            del plain["image_size"]
        if self.limit and self.limit >= max(held_out, facts.train_images - held_out):
            del plain["limit"]
        if self.dataset in READING:
            plain["reading"] = READING[self.dataset]
        if self.dataset in HOLDING_OUT and held_out:
            plain["holding_out"] = HOLDING_OUT[self.dataset]
        return plain | ({"content": facts.fingerprint} if facts.fingerprint else {})

    def holds_out(self, picks: bool) -> bool:
        """Whether images are held out: they validate, or a recipe picks its epoch by them."""
        return self.evaluate == "validation" or picks

    def train_count(self, facts: DatasetFacts, *, picks: bool = False) -> int:
        """Images trained on: what the hold-out leaves, cut to `limit`."""
        left = facts.train_images - self._held_out(facts, picks)
        return min(self.limit or left, left)

    def held_out_count(self, facts: DatasetFacts, *, picks: bool = False) -> int:
        """Images held out: the limit cuts their number too."""
        held_out = self._held_out(facts, picks)
        return min(self.limit or held_out, held_out)

    def evaluated_count(self, facts: DatasetFacts) -> int:
        """Images that the error is of."""
        return facts.test_images if self.evaluate == "test" else self.held_out_count(facts)

    def _held_out(self, facts: DatasetFacts, picks: bool) -> int:
        """Images held out, before `limit` cuts their number too."""
        return (self.hold_out or facts.hold_out) if self.holds_out(picks) else 0

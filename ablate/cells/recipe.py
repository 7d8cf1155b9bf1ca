"""How a network is trained: a frozen value whose defaults are the DenseNet paper's CIFAR recipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PrivateAttr, model_validator

from ablate.cells.code_recipe import AugmentationName, LossName, OptimizerName, plugged_in
from ablate.cells.data import Data
from ablate.plugins import Chosen
from ablate.text import (
    Flag,
    Frozen,
    ListOf,
    Pixels,
    Positive,
    Real,
    Share,
    Text,
    check_rules,
    nearest,
    show,
)

SVHN, IMAGENET = "densenet-2017-svhn", "densenet-2017-imagenet"
# What a preset sets beyond the defaults below, which are the paper's own.
PRESETS: dict[str, dict[str, Any]] = {
    "densenet-2017": {"epochs": 300},  # CIFAR
    SVHN: {"epochs": 40},
    # In parts of 32 images, as the batch is dealt to 1, 2, 4 or 8 devices.
    IMAGENET: {"epochs": 90, "batch_size": 256, "accumulate": 8, "lr_drops": (1 / 3, 2 / 3)},
}
# How a batch goes through a network in parts, where that is no longer the first way: raised when a
# cell of old would train differently today. 2: running statistics move once a step, not by part.
ACCUMULATING = 2


def preset_of(dataset: Any) -> str:
    """The preset that a study on this dataset has where it writes no recipe."""
    return {"svhn": SVHN, "imagenet": IMAGENET}.get(str(dataset), "densenet-2017")


def _preset(value: Any) -> Any:
    if value is not None and (not isinstance(value, str) or value not in PRESETS):
        raise ValueError(f"unknown preset {show(value)}{nearest(str(value), PRESETS)}")
    return value


def _epochs(value: Any) -> Any:
    if value is None:
        raise ValueError(f"required key is missing (or give preset: {', '.join(PRESETS)})")
    return value


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else show(value)


def _rising(values: tuple[float, ...]) -> tuple[float, ...]:
    if list(values) != sorted(set(values)):
        raise ValueError(f"must rise, got {show(values)}")
    return values


class Recipe(Frozen):
    """Epochs, batch, optimizer, schedule, loss and precision of a training run.

    Defaults: CVPR 2017 paper, section 4, as in its authors' code; weight decay is on every
    parameter, batch norm's included.
    """

    preset: Annotated[Text | None, BeforeValidator(_preset)] = None
    """A named recipe to start from."""
    epochs: Annotated[Positive, BeforeValidator(_epochs)]
    """Passes over the training images."""
    batch_size: Annotated[Positive, Field(ge=2)] = 64
    """Images a step."""
    accumulate: Positive = 1
    """Parts of a batch that go through the network one by one, so that a step takes less memory.
    Their gradients are summed; batch norm sees a part at a time, so it is another training. Its
    running statistics move once a step, by the mean over the parts. Several devices may share a
    cell whose number of parts theirs divides."""
    optimizer: OptimizerName = "sgd"
    """sgd with momentum, adamw, or code: MODULE:NAME, {from: MODULE:NAME, KEY: value} or what a
    package names."""
    lr: Annotated[Real, Field(gt=0)] = 0.1
    """Initial; with one_cycle the peak."""
    momentum: Share = 0.9
    """sgd only."""
    nesterov: Flag = True
    """sgd only."""
    weight_decay: Annotated[Real, Field(ge=0)] = 1e-4
    """Of every parameter, batch norm's included; of code that takes it."""
    schedule: Literal["step", "cosine", "one_cycle"] = "step"
    """How the learning rate goes: in drops, as half a cosine, or up and down once."""
    lr_drops: Annotated[ListOf[Annotated[Real, Field(gt=0, lt=1)]], AfterValidator(_rising)] = (
        0.5,
        0.75,
    )
    """step: shares of all steps."""
    lr_drop_factor: Annotated[Real, Field(gt=0, le=1)] = 0.1
    """step: what each drop multiplies by."""
    warmup: Annotated[Real, Field(gt=0, lt=1)] = 0.3
    """one_cycle: share of all steps that rise."""
    augmentation: AugmentationName | None = None
    """Code that changes training images, as an optimizer is named; null: none."""
    cutout: Pixels | None = None
    """Side of a square, anywhere, that each training image is without; null: none."""
    mixup: Annotated[Real, Field(gt=0)] | None = None
    """Images are mixed in pairs, by shares from a beta distribution with this as both of its
    parameters; null: not. With cutmix too, half of the batches are mixed in either way."""
    cutmix: Annotated[Real, Field(gt=0)] | None = None
    """A rectangle of each image is another image's, of a share that is drawn as mixup's; null: it
    is its own."""
    ema_decay: Annotated[Real, Field(gt=0, lt=1)] | None = None
    """What is evaluated, picked and kept is the exponential moving average of the weights, in which
    each step counts so many times what the next does; null: the weights themselves."""
    clip_norm: Annotated[Real, Field(gt=0)] | None = None
    """The largest norm of a step's gradients, of all weights together; beyond it they are scaled
    down to it. null: they are left as they are."""
    loss: LossName | None = None
    """Code that gives the loss that is trained with, as an optimizer is named; null: cross-entropy,
    which evaluation reports in any case."""
    label_smoothing: Share = 0.0
    """The share of a label that is spread over all classes."""
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    """Autocast; fp16 scales the loss."""
    report: Literal["last", "best_validation"] | None = None
    """Which epoch's error and weights are the result. best_validation is the SVHN preset's way,
    with evaluate: test as in the paper: images are held out all the same, the epoch of their lowest
    error is picked, and the test set is looked at once, at that epoch. null: so with both, else the
    last: the best of many errors looks better than it is, so none is reported that picked."""
    _plugged: dict[str, Chosen] = PrivateAttr(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _start_from_preset(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        preset = value.get("preset")
        if preset is None:
            return {"epochs": None, **value}
        # A misspelt preset is one fault, not also the lack of what it would have set.
        known = isinstance(preset, str) and preset in PRESETS
        begin = PRESETS[preset if known else "densenet-2017"]
        if value.get("schedule", "step") != "step":
            begin = {key: v for key, v in begin.items() if key != "lr_drops"}
        if "batch_size" in value:  # the parts are those of the preset's own batch
            begin = {key: v for key, v in begin.items() if key != "accumulate"}
        return {**begin, **value}

    @model_validator(mode="after")
    def _rules(self) -> Recipe:
        only = {
            "momentum": ("optimizer", "sgd"),
            "nesterov": ("optimizer", "sgd"),
            "lr_drops": ("schedule", "step"),
            "lr_drop_factor": ("schedule", "step"),
            "warmup": ("schedule", "one_cycle"),
        }
        broken = [
            (key, f"is read only with {owner}: {value}; this recipe has {owner}: {_shown(found)}")
            for key, (owner, value) in only.items()
            if key in self.model_fields_set and (found := getattr(self, owner)) != value
        ]
        if self.optimizer == "sgd" and self.nesterov and self.momentum == 0:
            broken.append(("nesterov", "needs a momentum above 0"))
        if self.accumulate > self.batch_size // 2:
            rule = f"must be <= {self.batch_size // 2}, as a part needs two images for batch norm"
            broken.append(("accumulate", f"{rule}, got {self.accumulate}"))
        if self.report == "best_validation" and self.preset != SVHN:
            broken.append(("report", f"{self.report} is for preset: {SVHN} only"))
        plugged, faults = plugged_in(vars(self))
        broken += faults
        optimizer = plugged.get("optimizer")
        if (
            optimizer
            and "weight_decay" in self.model_fields_set
            and not optimizer.takes("weight_decay")
        ):
            broken.append(("weight_decay", f"is no parameter of {optimizer.name}"))
        if self.loss is not None and self.label_smoothing:
            broken.append(("label_smoothing", "is read only without a `loss` of your own"))
        check_rules(broken)
        self._plugged = plugged
        return self

    def __hash__(self) -> int:
        """Maps of settings have none."""
        return hash(self.model_dump_json())

    @property
    def plugged(self) -> Mapping[str, Chosen]:
        """What of it is code of a user's, by key."""
        return self._plugged

    def dropout(self, augment: bool) -> float:
        """What `dropout: auto` means: 0.2 under the 2017 presets without augmentation, else 0."""
        return 0.2 if self.preset in ("densenet-2017", SVHN) and not augment else 0.0

    @property
    def alters(self) -> bool:
        """Whether something is done to training images beyond crops and mirrors."""
        return self.cutout is not None or self.augmentation is not None or self.mixes

    @property
    def mixes(self) -> bool:
        """Whether training images are mixed in pairs."""
        return self.share_of_cutmix > 0 or self.mixup is not None

    @property
    def share_of_cutmix(self) -> float:
        """Of the batches."""
        return 0.0 if self.cutmix is None else 1.0 if self.mixup is None else 0.5

    @property
    def images_at_once(self) -> int:
        """Images that a step holds at one time: the largest part of a batch."""
        return -(-self.batch_size // self.accumulate)

    def broken_for(self, data: Data) -> list[tuple[str, str]]:
        """Broken rules between a recipe and what it is to be trained on."""
        if self.report == "best_validation" and data.evaluate == "validation":
            rule = "best_validation needs evaluate: test; the error that picks is none to report"
            return [("report", rule)]
        return []

    def picks(self, data: Data) -> bool:
        """Whether the epoch is picked by held-out images, and its error is of the test set."""
        if data.evaluate != "test" or self.preset != SVHN:
            return False
        return self.report != "last"

    def canonical(self, data: Data) -> dict[str, Any]:
        """A plain map for hashing: epochs, and what differs from the defaults on this data."""
        apart = {"preset", "report"}
        plain = self.model_dump(mode="json", exclude_defaults=True, exclude=apart)
        picks = {"report": "best_validation"} if self.picks(data) else {}
        in_parts = {"accumulating": ACCUMULATING} if self.accumulate > 1 else {}
        code = {key: chosen.canonical() for key, chosen in self.plugged.items()}
        return {"epochs": self.epochs, **plain, **picks, **in_parts, **code}

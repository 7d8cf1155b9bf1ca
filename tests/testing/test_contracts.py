"""The contracts that plug-ins test themselves by hold for ours, and tell what breaks them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ablate.errors import MissingDataError, SpecError
from ablate.networks import FAMILIES
from ablate.testing import (
    check_augmentation,
    check_dataset,
    check_family,
    check_loss,
    check_optimizer,
)
from tests.families import small

NETS = """
import random

import numpy as np
import torch
from torch import nn


def head(width, classes):
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, classes))


def good(in_channels: int, classes: int, width: int = 4):
    return nn.Sequential(
        nn.Conv2d(in_channels, width, 3),
        nn.BatchNorm2d(width),
        nn.Dropout(0.2),
        head(width, classes),
    )


def unseeded(in_channels: int, classes: int):
    made = head(in_channels, classes)
    nn.init.constant_(made[2].bias, random.random())
    return made


class Unused(nn.Module):
    def __init__(self, in_channels: int, classes: int) -> None:
        super().__init__()
        self.used, self.idle = head(in_channels, classes), nn.Linear(2, 2)

    def forward(self, x):
        return self.used(x)


class Mixing(Unused):
    def forward(self, x):
        return self.used(x - x.mean(0)) + self.idle(x[0, 0, 0, :2]).sum()


class Drawing(Unused):
    def forward(self, x):
        return self.used(x) * random.random() + self.idle(x[0, 0, 0, :2]).sum()


class Forgetful(nn.Module):
    def __init__(self, in_channels: int, classes: int) -> None:
        super().__init__()
        self.used, self.kept = head(in_channels, classes), torch.randn(1) * 9

    def forward(self, x):
        kept = self.kept if x.device.type != "meta" else 1.0
        return self.used(x) + kept * torch.arange(10.0, device=x.device)


class Growing(Unused):
    def __init__(self, in_channels: int, classes: int) -> None:
        super().__init__(in_channels, classes)
        width = 2 if self.idle.weight.is_meta else 3
        self.idle = nn.Linear(width, 2)


def moving():
    x = np.random.default_rng().integers(0, 255, (40, 4, 4), dtype=np.uint8)
    return {"x_train": x, "y_train": np.arange(40) % 2, "x_test": x, "y_test": np.arange(40) % 2}


def softly(logits, labels, by: float = 0.1):
    return nn.functional.cross_entropy(logits, labels, label_smoothing=by)


def summed(logits, labels):
    return nn.functional.cross_entropy(logits, labels, reduction="sum")


def drawn(logits, labels):
    return nn.functional.cross_entropy(logits + torch.rand(1), labels) * torch.rand(())


class Learnt(nn.Linear):
    def __init__(self) -> None:
        super().__init__(10, 10)

    def forward(self, logits, labels):
        return nn.functional.cross_entropy(super().forward(logits), labels)


def rooted(logits, labels):
    return (logits - logits).norm(dim=1).sqrt().mean()


def noisy(images, amount: float = 0.1):
    return images + amount * torch.randn_like(images)


def moody(images):
    return images * random.random()


def split(images):
    return images / 0


class Keen(torch.optim.SGD):
    def __init__(self, params, lr):
        super().__init__(params, lr=lr)
        self.taken = 0

    def step(self, closure=None):
        self.taken += 1
        for group in self.param_groups:
            for weight in group["params"]:
                weight.grad.mul_(self.taken)
        super().step(closure)


def lazy(params, lr):
    return torch.optim.SGD(params[-1:], lr=lr)


def still():
    x = np.arange(640).reshape(40, 4, 4).astype(np.uint8)
    return {**moving(), "x_train": x, "x_test": x}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plugged.py").write_text(NETS, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("family", FAMILIES)
def test_our_families_keep_their_contract(family: str) -> None:
    made = small(family)
    written = made.model_dump(exclude_defaults=True) | {"family": family}
    inputs = ("in_channels", "classes", "image_size")
    shape = {name: written.pop(name) for name in inputs if name in written}
    check_family(written, **shape)


def test_a_familys_own_tests(folder: Path) -> None:
    check_family({"family": "plugged:good", "width": 6}, in_channels=1, image_size=8, folder=folder)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("unseeded", "must be the same under the same seed"),
        ("Unused", r"idle\.weight: must get a gradient, or be a buffer"),
        ("Mixing", "must not depend on the others of its batch"),
        ("Drawing", "must come from torch's generator alone"),
        ("Forgetful", "must follow from settings and state dict"),
        ("Growing", "must have the parameters that are counted on the meta device: "),
    ],
)
def test_what_a_family_may_not_do(name: str, rule: str, folder: Path) -> None:
    with pytest.raises(AssertionError, match=rule):
        check_family({"family": f"plugged:{name}"}, folder=folder)


def test_what_a_study_would_refuse_is_told_as_there(folder: Path) -> None:
    with pytest.raises(SpecError, match="unknown key `depth`"):
        check_family({"family": "plugged:good", "depth": 4}, folder=folder)


def test_datasets(folder: Path) -> None:
    check_dataset({"dataset": "digits"})
    check_dataset({"dataset": "plugged:still", "hold_out": 10}, folder=folder)
    with pytest.raises(AssertionError, match="must give the same images and labels each time"):
        check_dataset({"dataset": "plugged:moving"}, folder=folder)
    with pytest.raises(MissingDataError, match=r"nowhere\.npz was not found"):
        check_dataset({"dataset": "arrays", "name": "nowhere"}, root=folder)


def test_parts_of_recipes(folder: Path) -> None:
    check_loss({"from": "plugged:softly", "by": 0.2}, folder=folder)
    check_loss("torch.nn:MultiMarginLoss", classes=3)
    check_augmentation("plugged:noisy", channels=1, image_size=8, folder=folder)
    for ours in ("sgd", "NAdam", "RMSprop"):
        check_optimizer("torch.optim:SGD" if ours == "sgd" else f"torch.optim:{ours}")


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("summed", "must be a mean over images"),
        ("drawn", "must follow from logits and labels alone"),
        ("Learnt", "must have no parameters"),
        ("rooted", "must have finite gradients"),
    ],
)
def test_what_a_loss_may_not_do(name: str, rule: str, folder: Path) -> None:
    with pytest.raises(AssertionError, match=rule):
        check_loss(f"plugged:{name}", folder=folder)


@pytest.mark.parametrize(
    ("name", "rule"),
    [("moody", "must come from torch's generator alone"), ("split", "must give finite images")],
)
def test_what_an_augmentation_may_not_do(name: str, rule: str, folder: Path) -> None:
    with pytest.raises(AssertionError, match=rule):
        check_augmentation(f"plugged:{name}", folder=folder)


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("plugged:lazy", r"must move every weight, and leaves 0\.weight"),
        ("plugged:Keen", "must go on from its state dict as if it had not stopped"),
        ("torch.optim:Rprop", "must read the learning rate of its groups at each step"),
    ],
)
def test_what_an_optimizer_may_not_do(name: str, rule: str, folder: Path) -> None:
    with pytest.raises(AssertionError, match=rule):
        check_optimizer(name, folder=folder)


def test_what_no_study_may_write_is_told_as_there_of_parts_of_recipes(folder: Path) -> None:
    with pytest.raises(SpecError, match=r"loss\.bye: unknown key `bye`"):
        check_loss({"from": "plugged:softly", "bye": 1}, folder=folder)
    with pytest.raises(SpecError, match="must give a scalar tensor"):
        check_loss({"from": "torch.nn:CrossEntropyLoss", "reduction": "none"})

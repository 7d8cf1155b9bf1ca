"""The contracts that plug-ins test themselves by hold for ours, and tell what breaks them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ablate.errors import MissingDataError, SpecError
from ablate.networks import FAMILIES
from ablate.testing import check_dataset, check_family
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

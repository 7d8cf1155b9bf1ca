"""Modules of layer lists: their order, and the means of their last maps as logits."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ablate.models import build, plain
from ablate.networks import Conv, Dropout, Layer, PlainNetwork, Pool, architecture

CONVS = [Conv(3, 3), Conv(3, 5), Conv(3, 1), Conv(3, 3, stride=2), Conv(3, 3, padded=False)]


@pytest.mark.parametrize("layer", [*CONVS, Pool("max"), Pool("average"), Dropout(0.5)])
def test_sizes_are_those_of_the_list(layer: Layer) -> None:
    module = plain.build(PlainNetwork(3, 10, 9, (layer,), "he_fan_in")).features
    for size in (3, 4, 5, 6, 7, 8, 9):
        assert module(torch.zeros(1, 3, size, size)).shape[-1] == layer.side(size)


def test_modules_follow_the_list() -> None:
    module = build(architecture(family="nin", width=4), device="meta").get_submodule("features")
    kinds = [type(part).__name__ for part in module.children()]
    mlpconv = ["Conv2d", "ReLU"] * 3
    assert kinds == [
        *(*mlpconv, "MaxPool2d", "Dropout"),
        *(*mlpconv, "AvgPool2d", "Dropout"),
        *mlpconv,
    ]
    assert all(m.bias is not None for m in module.children() if isinstance(m, nn.Conv2d))


def test_logits_are_the_means_of_the_last_maps() -> None:
    module = build(architecture(family="all_cnn", width=4, classes=7, image_size=12)).eval()
    images = torch.randn(2, 3, 12, 12, generator=torch.Generator().manual_seed(0))
    maps = module.get_submodule("features")(images)
    assert maps.shape == (2, 7, 1, 1) and (maps >= 0).all()
    assert torch.equal(module(images), maps[:, :, 0, 0])
    assert [name for name, _ in module.named_children()] == ["features"]

"""Torchvision's DenseNet and ResNet weights in our modules."""

from __future__ import annotations

import re

import pytest
import torch
import torchvision

from ablate.errors import UsageError
from ablate.models import build, load_torchvision
from ablate.networks import DenseNet, architecture


def ours(depth: int, growth_rate: int) -> DenseNet:
    return DenseNet(
        depth=depth, growth_rate=growth_rate, bottleneck_width=4, compression=0.5, stem="imagenet"
    )


@pytest.mark.parametrize(("depth", "growth_rate"), [(121, 32), (161, 48)])
def test_equal_outputs(depth: int, growth_rate: int) -> None:
    torch.manual_seed(0)
    theirs = getattr(torchvision.models, f"densenet{depth}")(weights=None)
    module = build(ours(depth, growth_rate), device="meta").to_empty(device="cpu")
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    theirs(images)  # moves the running statistics
    load_torchvision(module, theirs.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(module.eval()(images), theirs.eval()(images))
        torch.testing.assert_close(module.train()(images), theirs.train()(images))


@pytest.mark.parametrize(("depth", "growth_rate"), [(169, 32), (201, 32)])
def test_equal_names_and_shapes(depth: int, growth_rate: int) -> None:
    with torch.device("meta"):
        theirs = getattr(torchvision.models, f"densenet{depth}")(weights=None)
    load_torchvision(build(ours(depth, growth_rate), device="meta"), theirs.state_dict())


def test_a_resnet_of_equal_outputs() -> None:
    torch.manual_seed(0)
    for theirs, blocks in (
        (torchvision.models.resnet18(weights=None), {"depth": 18}),
        # v1.5: a bottleneck is strided in its 3x3 conv
        (
            torchvision.models.ResNet(torchvision.models.resnet.Bottleneck, [1, 2, 1, 1]),
            {"stage_blocks": [1, 2, 1, 1], "block": "bottleneck"},
        ),
    ):
        module = build(architecture(family="resnet", stem="imagenet", **blocks), device="meta")
        module.to_empty(device="cpu")
        images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
        theirs(images)  # moves the running statistics
        load_torchvision(module, theirs.state_dict())
        with torch.no_grad():
            torch.testing.assert_close(module.eval()(images), theirs.eval()(images))
            torch.testing.assert_close(module.train()(images), theirs.train()(images))


@pytest.mark.parametrize("depth", [18, 34, 50, 101, 152])
def test_resnets_of_equal_names_and_shapes(depth: int) -> None:
    with torch.device("meta"):
        theirs = getattr(torchvision.models, f"resnet{depth}")(weights=None)
    ours = build(architecture(family="resnet", stem="imagenet", depth=depth), device="meta")
    load_torchvision(ours, theirs.state_dict())
    counts = [sum(p.numel() for p in module.parameters()) for module in (ours, theirs)]
    assert counts[0] == counts[1]


def test_names_of_the_checkpoints_that_torchvision_downloads() -> None:
    theirs = torchvision.models.DenseNet(32, (6, 12, 24, 16), 64)
    old = {
        re.sub(r"(denselayer\d+\.(?:norm|conv))(\d)", r"\1.\2", name): value
        for name, value in theirs.state_dict().items()
    }
    assert old.keys() != theirs.state_dict().keys()
    module = build(ours(121, 32))
    load_torchvision(module, old)
    first = "denseblock1.denselayer1.norm.1.weight"
    assert f"features.{first}" in old
    weight = module.state_dict()["features.block1.layer1.conv2.weight"]
    assert torch.equal(weight, old["features.denseblock1.denselayer1.conv.2.weight"])


def test_another_architecture_is_refused() -> None:
    theirs = torchvision.models.DenseNet(32, (1, 1, 1, 1), 64)
    with pytest.raises(UsageError, match="not the state dict of this architecture"):
        load_torchvision(build(ours(121, 32)), theirs.state_dict())

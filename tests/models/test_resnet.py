"""The post-activation ResNet module against the definition, written out literally."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import batch_norm, conv2d, linear, relu

from ablate.models import build
from ablate.models.layers import StochasticDepth
from ablate.networks import architecture
from tests.models.test_resnet_preact import randomised

IMAGES = torch.randn(4, 3, 9, 9, generator=torch.Generator().manual_seed(0))  # halves to 5


@pytest.mark.parametrize("shortcut", ["A", "B"])
@pytest.mark.parametrize(("block", "convs"), [("basic", 2), ("bottleneck", 3)])
def test_forward_is_the_definition(block: str, convs: int, shortcut: str) -> None:
    made = architecture(
        family="resnet", stage_blocks=[2, 1], width=4, block=block, shortcut=shortcut, image_size=9
    )
    module = build(made)
    state = randomised(module)

    def norm(name: str, maps: Tensor) -> Tensor:
        scale, shift = state[f"features.{name}.weight"], state[f"features.{name}.bias"]
        return batch_norm(maps, None, None, scale, shift, training=True)

    def conv(name: str, maps: Tensor, stride: int = 1) -> Tensor:
        weight = state[f"features.{name}.weight"]
        return conv2d(maps, weight, stride=stride, padding=weight.shape[-1] // 2)

    maps = relu(norm("stem.norm", conv("stem.conv", IMAGES)))
    for at in ("stage1.block1", "stage1.block2", "stage2.block1"):
        stride = 2 if at == "stage2.block1" else 1
        body = maps
        for n in range(1, convs + 1):
            strided = n == (1 if block == "basic" else 2)
            body = conv(f"{at}.body.conv{n}", body, stride if strided else 1)
            body = norm(f"{at}.body.norm{n}", body)
            body = relu(body) if n < convs else body
        if body.shape == maps.shape:
            other = maps
        elif shortcut == "B":
            other = norm(f"{at}.shortcut.norm", conv(f"{at}.shortcut.conv", maps, stride))
        else:
            other = torch.zeros_like(body)
            other[:, : maps.shape[1]] = maps[:, :, ::stride, ::stride]
        maps = relu(body + other)
    logits = linear(maps.mean((2, 3)), state["classifier.weight"], state["classifier.bias"])

    torch.testing.assert_close(module(IMAGES), logits)


def test_option_a_has_no_parameters() -> None:
    made = architecture(family="resnet", depth=20)
    assert not [name for name in build(made, device="meta").state_dict() if "shortcut" in name]


@pytest.mark.parametrize("family", ["resnet", "resnet_preact"])
def test_every_block_may_be_dropped_and_the_last_by_what_was_asked(family: str) -> None:
    made = architecture(family=family, stage_blocks=[2, 2], block="basic", stochastic_depth=0.6)
    found = [
        m.survival for m in build(made, device="meta").modules() if isinstance(m, StochasticDepth)
    ]
    assert found == pytest.approx([0.9, 0.8, 0.7, 0.6])


def test_with_every_branch_dropped_the_shortcuts_are_left() -> None:
    made = architecture(family="resnet", stage_blocks=[2], width=4, stochastic_depth=0.5)
    module = build(made)
    for part in module.modules():
        if isinstance(part, StochasticDepth):
            part.survival = 0.0
    stem = module.get_submodule("features.stem")(IMAGES)
    assert torch.equal(module.get_submodule("features")(IMAGES), stem)

"""The pre-activation ResNet module against the definition, written out literally."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm, conv2d, linear, relu

from ablate.models import build
from ablate.networks import ResNetPreact

IMAGES = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def randomised(module: nn.Module) -> dict[str, Tensor]:
    """The weights of a module whose batch norms were given scales and shifts that show."""
    generator = torch.Generator().manual_seed(1)
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 1.5, generator=generator)
            nn.init.uniform_(layer.bias, generator=generator)
    return dict(module.state_dict())


@pytest.mark.parametrize(("block", "convs"), [("basic", 2), ("bottleneck", 3)])
def test_forward_is_the_definition(block: str, convs: int) -> None:
    module = build(ResNetPreact(stage_blocks=(2, 1), width=4, block=block))
    state = randomised(module)

    def norm(name: str, maps: Tensor) -> Tensor:
        scale, shift = state[f"features.{name}.weight"], state[f"features.{name}.bias"]
        return relu(batch_norm(maps, None, None, scale, shift, training=True))

    maps = conv2d(IMAGES, state["features.stem.weight"], padding=1)
    for number in (1, 2, 3):
        at = f"block{number}"
        active = norm(f"{at}.norm", maps)
        stride = 2 if number == 3 else 1
        shortcut = maps
        if f"features.{at}.shortcut.weight" in state:
            shortcut = conv2d(active, state[f"features.{at}.shortcut.weight"], stride=stride)
        for n in range(1, convs + 1):
            weight = state[f"features.{at}.body.conv{n}.weight"]
            kernel = weight.shape[-1]
            strided = n == (1 if block == "basic" else 2)
            active = norm(f"{at}.body.norm{n}", active) if n > 1 else active
            active = conv2d(active, weight, stride=stride if strided else 1, padding=kernel // 2)
        maps = active + shortcut
    maps = norm("norm", maps).mean((2, 3))
    logits = linear(maps, state["classifier.weight"], state["classifier.bias"])

    torch.testing.assert_close(module(IMAGES), logits)


@pytest.mark.parametrize(("block", "shortcuts"), [("basic", 2), ("bottleneck", 3)])
def test_only_a_changed_shape_has_a_conv_on_the_shortcut(block: str, shortcuts: int) -> None:
    module = build(ResNetPreact(stage_blocks=(2, 2, 2), block=block), device="meta")
    found = [m for name, m in module.named_modules() if name.endswith("shortcut")]
    assert len(found) == shortcuts
    assert all(isinstance(m, nn.Conv2d) and m.kernel_size == (1, 1) for m in found)

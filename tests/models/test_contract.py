"""What every family must do, whatever it is."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ablate.costs import cost
from ablate.models import build
from ablate.spec import FAMILIES, Architecture, architecture

SMALL: dict[str, dict[str, Any]] = {
    "densenet": {
        "block_layers": [2, 2],
        "growth_rate": 4,
        "bottleneck_width": 2,
        "compression": 0.5,
        "image_size": 8,
    },
    "resnet_preact": {"stage_blocks": [1, 1], "width": 4, "image_size": 8},
}

# For every setting, what to start from (over SMALL) and two values that must not be the same
# network. A setting that is not here fails the test below.
KNOBS: dict[str, dict[str, tuple[dict[str, Any], Any, Any]]] = {
    "densenet": {
        "depth": ({"block_layers": None}, 10, 16),
        "block_layers": ({}, [2, 2], [2, 3]),
        "growth_rate": ({}, 4, [4, 6]),
        "growth_schedule": ({}, "constant", "exponential"),
        "bottleneck_width": ({}, None, 2),
        "compression": ({}, 0.5, 0.6),
        "connectivity": ({"block_layers": [4, 4]}, "log", "last_log"),
        "activation_order": ({}, "pre", "post"),
        "dropout": ({}, 0.1, 0.2),
        "init": ({}, "he_fan_out", "he_fan_in"),
        "stem": ({"image_size": 16}, "cifar", "imagenet"),
        "stem_channels": ({}, "2k", 6),
        "in_channels": ({}, 1, 3),
        "classes": ({}, 10, 7),
        "image_size": ({}, 8, 12),
    },
    "resnet_preact": {
        "depth": ({"stage_blocks": None}, 11, 20),
        "stage_blocks": ({}, [1, 1], [1, 2]),
        "block": ({}, "basic", "bottleneck"),
        "width": ({}, 4, 6),
        "init": ({}, "he_fan_out", "he_fan_in"),
        "in_channels": ({}, 1, 3),
        "classes": ({}, 10, 7),
        "image_size": ({}, 8, 12),
    },
}


def settings(family: str, **more: Any) -> Architecture:
    merged = {"family": family, **SMALL[family], **more}
    return architecture(**{key: value for key, value in merged.items() if value is not None})


def images(count: int = 8, size: int = 8, channels: int = 3) -> Tensor:
    return torch.randn(count, channels, size, size, generator=torch.Generator().manual_seed(0))


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_gives_logits(family: str) -> None:
    assert build(settings(family, classes=7))(images()).shape == (8, 7)


def test_a_step_lowers_the_loss(family: str) -> None:
    module = build(settings(family))
    targets = torch.arange(8)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.05)
    before = cross_entropy(module(images()), targets)
    before.backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in module.parameters())
    optimizer.step()
    assert cross_entropy(module(images()), targets) < before


def test_state_dict_round_trip(family: str) -> None:
    module, other = build(settings(family), seed=1), build(settings(family), seed=2)
    module(images())  # moves the running statistics
    other.load_state_dict(module.state_dict())
    assert torch.equal(module.eval()(images()), other.eval()(images()))


def test_channels_last_equals_contiguous(family: str) -> None:
    module = build(settings(family))
    plain = module(images())
    last = module.to(memory_format=torch.channels_last)(
        images().to(memory_format=torch.channels_last)
    )
    torch.testing.assert_close(last, plain, rtol=1e-4, atol=1e-5)


def test_runs_under_autocast(family: str) -> None:
    module = build(settings(family))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = module(images())
    logits.float().sum().backward()
    assert all(p.grad is not None and p.grad.dtype == torch.float32 for p in module.parameters())


def test_seed_decides_every_weight(family: str) -> None:
    one, same, other = (build(settings(family), seed=seed).state_dict() for seed in (1, 1, 2))
    for name, value in one.items():
        assert value.isfinite().all()
        assert torch.equal(value, same[name])
        if value.ndim > 1:
            assert not torch.equal(value, other[name])


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_global_generator_is_neither_read_nor_moved(family: str, device: str) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first = build(settings(family), device=device).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(6)
    second = build(settings(family), device=device).state_dict()
    if device == "cpu":
        assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("rule", ["he_fan_out", "he_fan_in"])
def test_first_weights(family: str, rule: str) -> None:
    wide = {"densenet": {"growth_rate": 48}, "resnet_preact": {"width": 48}}[family]
    module = build(settings(family, init=rule, **wide))
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d) and layer.weight.numel() > 4000:
            made, channels, height, width = layer.weight.shape
            fan = height * width * (made if rule == "he_fan_out" else channels)
            assert layer.weight.std().item() == pytest.approx((2 / fan) ** 0.5, rel=0.06)
        if isinstance(layer, nn.BatchNorm2d):
            assert (layer.weight == 1).all() and (layer.bias == 0).all()
            assert (layer.running_mean == 0).all() and (layer.running_var == 1).all()
            assert layer.num_batches_tracked == 0
        if isinstance(layer, nn.Linear):
            bound = layer.in_features**-0.5
            assert (layer.bias == 0).all()
            assert 0.8 * bound < layer.weight.abs().max() <= bound


def test_every_setting_is_listed(family: str) -> None:
    assert set(KNOBS[family]) == set(FAMILIES[family].model_fields) - {"family"}


@pytest.mark.parametrize(("family", "knob"), [(f, knob) for f in KNOBS for knob in KNOBS[f]])
def test_no_setting_is_dead(family: str, knob: str) -> None:
    base, one, other = KNOBS[family][knob]
    first, second = (settings(family, **{**base, knob: value}) for value in (one, other))
    if repr(build(first, device="meta")) != repr(build(second, device="meta")):
        return
    if cost(first, batch_size=2) != cost(second, batch_size=2):
        return
    assert not torch.equal(build(first)(images()), build(second)(images()))

"""Every implementation computes the same function, or says why it does not."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
import torch
from torch.nn.functional import cross_entropy

from ablate.errors import UsageError
from ablate.measuring import training_step, why_not
from ablate.measuring.implementations import build_as
from ablate.measuring.stepping import images_as, latency
from ablate.networks import IMPLEMENTATIONS, Architecture, DenseNet, ResNetPreact

BC = DenseNet(depth=16, growth_rate=6, bottleneck_width=4, compression=0.5, image_size=8)
IMAGENET = DenseNet(
    block_layers=(2, 1, 2, 1),
    growth_rate=8,
    bottleneck_width=4,
    compression=0.5,
    stem="imagenet",
    image_size=64,
)
HERE = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(
            find_spec(implementation.package) is None,
            reason=f"{implementation.package} is not installed",
        ),
    )
    for name, implementation in IMPLEMENTATIONS.items()
]


@pytest.mark.parametrize("architecture", [BC, IMAGENET])
@pytest.mark.parametrize("name", HERE)
def test_logits_and_gradients_are_those_of_our_fast_modules(
    name: str, architecture: Architecture
) -> None:
    def run(name: str) -> tuple[torch.Tensor, torch.Tensor]:
        module = build_as(name, architecture, seed=3).double()
        images = images_as(name, architecture, 4, "cpu").double()
        logits = module(images)
        cross_entropy(logits, torch.arange(4)).backward()
        parts = [p.grad.flatten() for p in module.parameters() if p.grad is not None]
        return logits.detach(), torch.cat(sorted(parts, key=len)).sort().values

    logits, gradients = run(name)
    ours, our_gradients = run("ablate-fast")
    torch.testing.assert_close(logits, ours, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(gradients, our_gradients, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("name", HERE)
def test_memory_formats(name: str) -> None:
    module = build_as(name, BC)
    (weight,) = [w for key, w in module.named_parameters() if key.endswith("layer1.conv2.weight")][
        :1
    ]
    channels_last = weight.is_contiguous(memory_format=torch.channels_last)
    assert channels_last == IMPLEMENTATIONS[name].channels_last
    images = images_as(name, BC, 4, "cpu")
    assert images.is_contiguous(memory_format=torch.channels_last) == channels_last


@pytest.mark.parametrize(
    "settings",
    [
        {"connectivity": "one_shot"},
        {"activation_order": "post"},
        {"dropout": 0.2},
        {"compression": 0.7},
        {"growth_schedule": "exponential"},
        {"bottleneck_width": None},
        {"connectivity": "full", "compression": 1.0},
    ],
)
def test_what_torchvision_has_no_network_for(settings: dict[str, object]) -> None:
    architecture = BC.model_copy(update=settings)
    assert why_not("torchvision", architecture, "cpu") == "torchvision has no such network"
    with pytest.raises(UsageError, match="torchvision: torchvision has no such network"):
        build_as("torchvision", architecture)


def test_what_else_is_not_to_be_had() -> None:
    resnet = ResNetPreact(depth=11)
    assert why_not("torchvision", resnet, "cpu") == "torchvision has no such network"
    assert why_not("ablate-efficient", resnet, "cpu") == (
        "memory mode efficient does not know this network"
    )
    assert why_not("ablate-captured", BC, "cpu") == "CUDA graphs need a GPU"
    assert why_not("ablate-captured", BC, "cuda") == ""
    assert why_not("ablate-fast", resnet, "cpu") == why_not("torchvision", BC, "cpu") == ""


def test_a_package_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ablate.measuring.implementations.find_spec", lambda name: None)
    assert why_not("timm", BC, "cpu") == "timm is not installed"


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_step_learns_and_a_forward_pass_does_not(precision: str) -> None:
    step = training_step("ablate-fast", BC, batch_size=8, precision=precision)
    losses = [float(step()) for _ in range(12)]  # type: ignore[arg-type]
    assert losses[-1] < losses[0]
    forward = latency("ablate-fast", BC, precision=precision)
    first, second = forward(), forward()
    assert isinstance(first, torch.Tensor) and isinstance(second, torch.Tensor)
    assert first.shape == (1, 10) and torch.equal(first, second)
    assert first.dtype == (torch.float32 if precision == "fp32" else torch.bfloat16)

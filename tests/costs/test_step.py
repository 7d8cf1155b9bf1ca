"""A watched training step: of any module, on any device."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from ablate.costs import trace_step
from ablate.models import build
from ablate.networks import Architecture, DenseNet, ResNetPreact


def images(device: str = "cpu", count: int = 4, size: int = 32) -> Tensor:
    return torch.rand(count, 3, size, size, generator=torch.Generator().manual_seed(0)).to(device)


def test_a_linear_layer_by_hand() -> None:
    step = trace_step(nn.Linear(1, 10, bias=False), torch.ones(2, 1))
    weight, batch, targets, logits, total_weight = 40, 8, 16, 80, 4
    log_probabilities = logits
    assert step.params == 10
    assert step.macs == 2 * 10
    assert step.saved_bytes == batch + log_probabilities + targets + total_weight
    # The most is alive when backward is at the log-softmax, before any weight has its gradient:
    # logits and log-probabilities, the gradients of both, the loss and the one it starts with.
    alive = 2 * logits + 2 * log_probabilities + 2 * 4
    assert step.peak_bytes == 2 * weight + batch + targets + alive


@pytest.mark.parametrize(
    "architecture",
    [
        DenseNet(depth=22, bottleneck_width=4, compression=0.5, connectivity="log"),
        DenseNet(depth=10, activation_order="post", dropout=0.2),
        DenseNet(block_layers=(2, 2), stem="imagenet", image_size=32),
        ResNetPreact(depth=11),
    ],
)
def test_meta_counts_what_a_device_holds(architecture: Architecture) -> None:
    real = trace_step(build(architecture), images())
    assert trace_step(build(architecture, device="meta"), images("meta")) == real


def test_meta_counts_what_is_written_into_a_tensor_that_is_there() -> None:
    """As the efficient module's operators do."""
    architecture = DenseNet(depth=10, bottleneck_width=2, growth_rate=4)
    real, counted = (
        trace_step(
            build(architecture, memory="efficient", device=device), images(device), by_layer=False
        )
        for device in ("cpu", "meta")
    )
    assert counted == real


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("training", [True, False])
def test_meta_counts_every_batch_norm(affine: bool, training: bool) -> None:
    def normed(device: str) -> nn.Module:
        convs = (nn.Conv2d(3, 3, 1), nn.ReLU(), nn.BatchNorm2d(3, affine=affine))
        # The first one's images need no gradient.
        layers = (nn.BatchNorm2d(3, affine=affine), *convs, nn.Flatten(), nn.Linear(3 * 64, 10))
        return nn.Sequential(*layers).train(training).to(device)

    real = trace_step(normed("cpu"), images(size=8))
    assert trace_step(normed("meta"), images("meta", size=8)) == real


def test_leaves_no_hook_and_no_gradient() -> None:
    module = build(DenseNet(block_layers=(1, 1), growth_rate=4))
    first = trace_step(module, images())
    assert all(p.grad is None for p in module.parameters())
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in module.modules())
    assert trace_step(module, images()) == first


class Twice(nn.Module):
    """One conv run twice, its output added: a shared layer and work outside any leaf."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1, bias=False)

    def forward(self, maps: Tensor) -> Tensor:
        once = self.conv(maps)
        result: Tensor = (self.conv(once) * once).mean((2, 3))
        return result


def test_shared_layers_and_work_in_a_container() -> None:
    step = trace_step(Twice(), images(size=8, count=2))
    rows = {layer.name: layer for layer in step.layers}
    maps = 2 * 3 * 64 * 4
    assert step.params == rows["conv"].params == 81
    assert rows["conv"].macs == 2 * 81 * 64
    assert rows["conv"].saved_bytes == 2 * maps  # the images and the first output
    assert rows[""].saved_bytes == maps  # the second; the first is saved already
    assert rows[""].kind == "Twice"


class Activations(nn.Module):
    """Pairs of nonlinearities, each pair recomputed in backward or not."""

    def __init__(self, *, recompute: bool) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 1)
        self.pairs = nn.ModuleList(nn.Sequential(nn.Sigmoid(), nn.Tanh()) for _ in range(6))
        self.recompute = recompute

    def forward(self, maps: Tensor) -> Tensor:
        maps = self.stem(maps)
        for pair in self.pairs:
            maps = checkpoint(pair, maps, use_reentrant=False) if self.recompute else pair(maps)
        return maps.mean((2, 3))


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_checkpointing_lowers_the_peak(device: str) -> None:
    plain, efficient = (
        trace_step(Activations(recompute=recompute).to(device), images(device))
        for recompute in (False, True)
    )
    assert efficient.macs == plain.macs
    assert efficient.peak_bytes < 0.8 * plain.peak_bytes

"""Stems and stochastic depth by their definitions."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ablate.models.layers import StochasticDepth, conv, stem

MAPS = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))


def test_a_conv_leaves_the_size_or_its_half_rounded_up() -> None:
    maps = torch.zeros(1, 3, 5, 5)
    sizes = [conv(3, 4, k, s)(maps).shape[-1] for k, s in ((3, 1), (1, 1), (3, 2), (1, 2))]
    assert sizes == [5, 5, 3, 3]


@pytest.mark.parametrize("channels", [3, 4, 8, 12, 16, 24])
def test_strided_1x1_convs_of_few_maps_have_their_gradients(channels: int) -> None:
    # Of 56 pixels a side: there oneDNN's own gradient crashes for up to 8 maps.
    layer = conv(channels, 2 * channels, 1, 2).to(memory_format=torch.channels_last)
    exact = nn.Conv2d(channels, 2 * channels, 1, 2, bias=False).double()
    exact.load_state_dict(layer.state_dict())
    draws = torch.Generator().manual_seed(0)
    maps = torch.randn(8, channels, 56, 56, generator=draws).to(memory_format=torch.channels_last)
    maps.requires_grad_()
    found = layer(maps)
    back = torch.randn(found.shape, generator=draws)
    found.backward(back)
    twin = maps.detach().double().requires_grad_()
    wanted = exact(twin.contiguous())
    wanted.backward(back.double())
    assert found.shape == wanted.shape
    for ours, theirs in (
        (found, wanted),
        (maps.grad, twin.grad),
        (layer.weight.grad, exact.weight.grad),
    ):
        assert (ours - theirs).norm() < 1e-5 * theirs.norm()


def test_stems() -> None:
    assert [type(m) for m in stem("cifar", 3, 8, activated=False)] == [nn.Conv2d]
    assert [type(m) for m in stem("cifar", 3, 8, activated=True)] == [
        nn.Conv2d,
        nn.BatchNorm2d,
        nn.ReLU,
    ]
    large = stem("imagenet", 3, 8, activated=False)
    assert large(torch.zeros(2, 3, 32, 32)).shape == (2, 8, 8, 8)
    assert len(large) == 4


def test_a_branch_is_there_or_not_for_the_whole_batch() -> None:
    drop = StochasticDepth(0.75)
    torch.manual_seed(0)
    kept = 0
    for _ in range(400):
        out = drop(MAPS)
        assert torch.equal(out, MAPS) or torch.equal(out, 0 * MAPS)
        kept += torch.equal(out, MAPS)
    assert 270 < kept < 330  # 300 expected, standard deviation 8.7


def test_outside_of_training_a_branch_is_scaled_by_its_survival() -> None:
    assert torch.equal(StochasticDepth(0.75).eval()(MAPS), 0.75 * MAPS)


def test_a_dropped_branch_gets_no_gradient() -> None:
    layer, drop = nn.Conv2d(3, 3, 1), StochasticDepth(0.5)
    torch.manual_seed(0)
    grads = set()
    for _ in range(20):
        out = drop(layer(MAPS))
        layer.zero_grad()
        out.sum().backward()
        assert layer.weight.grad is not None
        assert bool(layer.weight.grad.any()) == bool(out.any())
        grads.add(bool(out.any()))
    assert grads == {True, False}

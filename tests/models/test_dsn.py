"""Companions of the deeply supervised net: what they read, what they add, when they are run."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ablate.models import build, loss_and_logits
from ablate.models.companions import WithCompanions
from ablate.models.dsn import Supervised
from tests.families import small

IMAGES = torch.randn(8, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def made(**settings: float) -> Supervised:
    module = build(small("dsn", **settings), seed=1)
    assert isinstance(module, Supervised)
    return module


def gradients(module: nn.Module) -> dict[str, Tensor]:
    loss, _ = loss_and_logits(cross_entropy, module(IMAGES), torch.arange(8))
    loss.backward()
    return {name: p.grad for name, p in module.named_parameters() if p.grad is not None}


def test_a_companion_classifies_the_means_of_what_was_pooled() -> None:
    module = made(dropout=0.5)
    read: list[Tensor] = []

    def keep(part: nn.Module, given: tuple[Tensor], maps: Tensor) -> None:
        read.append(maps)

    for name in ("pool1", "pool2"):
        module.features.get_submodule(name).register_forward_hook(keep)
    given = module(IMAGES)
    assert isinstance(given, WithCompanions) and given.weight == 0.3
    assert [maps.shape[1:] for maps in read] == [(6, 4, 4), (12, 2, 2)]
    for maps, name, logits in zip(read, ("pool1", "pool2"), given.companions, strict=True):
        linear = module.companions[name]
        torch.testing.assert_close(logits, linear(maps.sum((2, 3)) / maps[0, 0].numel()))


def test_it_starts_as_network_in_network_and_answers_as_it_does() -> None:
    module, plain = made(), build(small("nin"), seed=1)
    state = module.state_dict()
    assert all(torch.equal(state[name], value) for name, value in plain.state_dict().items())
    assert {name for name in state if name not in plain.state_dict()} == {
        f"companions.pool{number}.{part}" for number in (1, 2) for part in ("weight", "bias")
    }
    assert torch.equal(module(IMAGES).logits, plain(IMAGES))
    assert torch.equal(module.eval()(IMAGES), plain.eval()(IMAGES))


def test_companions_reach_only_what_is_before_them() -> None:
    with_companions, plain = gradients(made()), gradients(build(small("nin"), seed=1))
    changed = {name for name, grad in plain.items() if not grad.equal(with_companions[name])}
    before = {f"features.conv{n}.{part}" for n in range(1, 7) for part in ("weight", "bias")}
    assert changed == before


def test_their_gradients_are_in_proportion_to_their_weight() -> None:
    one, two = gradients(made(companion_weight=0.2)), gradients(made(companion_weight=0.4))
    for name in ("companions.pool1.weight", "companions.pool2.bias"):
        torch.testing.assert_close(two[name], 2 * one[name])


def test_evaluation_does_not_run_them() -> None:
    module = made().eval()
    expected = module(IMAGES)
    for parameter in module.companions.parameters():
        nn.init.constant_(parameter, torch.nan)
    assert torch.equal(module(IMAGES), expected)

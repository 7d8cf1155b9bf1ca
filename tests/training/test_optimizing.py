"""Optimizers and schedules against their formulas."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import nn

from ablate.cells import Recipe
from ablate.training import make_optimizer, make_schedule
from ablate.training.optimizing import load_optimizer


def rates(steps: int, **settings: Any) -> list[float]:
    """The learning rate of every step."""
    recipe = Recipe(epochs=1, **settings)
    optimizer = make_optimizer(recipe, nn.Linear(1, 1))
    schedule = make_schedule(recipe, optimizer, steps)
    found = []
    for _ in range(steps):
        found.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        schedule.step()
    return found


@pytest.mark.parametrize(
    ("steps", "drops", "expected_steps"),
    [
        (20, (0.5, 0.75), (10, 15)),
        (30 * 704, (0.5, 0.75), (15 * 704, 15 * 1056)),
        (90, (1 / 3, 2 / 3), (30, 60)),
        (7, (0.5, 0.75), (4, 5)),
        (10, (0.25,), (2,)),
        (10, (), ()),
        (1, (0.5, 0.75), ()),
        (2, (0.1, 0.2), (1, 1)),
    ],
)
def test_step_drops_at_the_shares_of_all_steps(
    steps: int, drops: tuple[float, ...], expected_steps: tuple[int, ...]
) -> None:
    found = rates(steps, lr=0.1, lr_drops=drops, lr_drop_factor=0.1)
    expected = [0.1 * 0.1 ** sum(step >= drop for drop in expected_steps) for step in range(steps)]
    assert found == pytest.approx(expected, rel=1e-9)


def test_drop_factor_multiplies() -> None:
    assert rates(4, lr=1.0, lr_drops=(0.5,), lr_drop_factor=0.25) == [1, 1, 0.25, 0.25]


@pytest.mark.parametrize("steps", [1, 2, 17, 1000])
def test_cosine_falls_to_nothing(steps: int) -> None:
    expected = [0.1 * (1 + math.cos(math.pi * step / steps)) / 2 for step in range(steps)]
    assert rates(steps, lr=0.1, schedule="cosine") == pytest.approx(expected, rel=1e-6)


def one_cycle(step: int, steps: int, warmup: float) -> float:
    """Half a cosine from 1/25 up to 1, then one down to 1/250,000."""
    top = warmup * steps - 1
    if step <= top and top > 0:
        return 1 + (1 / 25 - 1) * (1 + math.cos(math.pi * step / top)) / 2
    share = (step - top) / (steps - 1 - top)
    return 1 / 250_000 + (1 - 1 / 250_000) * (1 + math.cos(math.pi * share)) / 2


@pytest.mark.parametrize(
    ("steps", "warmup"), [(10, 0.3), (100, 0.25), (101, 0.3), (1000, 0.9), (4, 0.1), (1, 0.3)]
)
def test_one_cycle_peaks_at_lr(steps: int, warmup: float) -> None:
    expected = [0.1 * one_cycle(step, steps, warmup) for step in range(steps)]
    found = rates(steps, lr=0.1, schedule="one_cycle", warmup=warmup)
    assert found == pytest.approx(expected, rel=1e-6)
    assert max(found) <= 0.1 * (1 + 1e-9)
    if steps >= 10:
        assert found.index(max(found)) == pytest.approx(warmup * steps - 1, abs=1)


@pytest.mark.parametrize(("steps", "warmup"), [(2, 0.5), (10, 0.1), (8, 0.125), (64, 1 / 64)])
def test_one_cycle_rises_in_a_single_step(steps: int, warmup: float) -> None:
    found = rates(steps, lr=0.1, schedule="one_cycle", warmup=warmup)
    assert found[0] == pytest.approx(0.1 / 25)
    falling = [0.1 * one_cycle(step, steps, warmup) for step in range(1, steps)]
    assert found[1:] == pytest.approx(falling, rel=1e-6)


@pytest.mark.parametrize("schedule", ["step", "cosine", "one_cycle"])
def test_the_momentum_is_what_the_recipe_says(schedule: str) -> None:
    recipe = Recipe(epochs=1, schedule=schedule, momentum=0.7)
    optimizer = make_optimizer(recipe, nn.Linear(1, 1))
    stepped = make_schedule(recipe, optimizer, 6)
    for _ in range(6):
        assert optimizer.param_groups[0]["momentum"] == 0.7
        optimizer.step()
        stepped.step()


def net() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_one_group_decays_every_parameter(optimizer: str) -> None:
    module = net()
    found = make_optimizer(Recipe(epochs=1, optimizer=optimizer, weight_decay=0.01), module)
    assert len(found.param_groups) == 1
    (group,) = found.param_groups
    assert [id(p) for p in group["params"]] == [id(p) for p in module.parameters()]
    assert group["weight_decay"] == 0.01
    # Without a gradient of its own, decay is all that moves a parameter.
    for parameter in module.parameters():
        parameter.data.fill_(1.0)
        parameter.grad = torch.zeros_like(parameter)
    found.step()
    assert all((parameter < 1).all() for parameter in module.parameters())


@pytest.mark.parametrize("nesterov", [True, False])
def test_sgd_is_sutskevers(nesterov: bool) -> None:
    """v = momentum v + g; w -= lr (g + momentum v) with Nesterov, lr v without."""
    weight = nn.Linear(1, 1, bias=False)
    weight.weight.data.fill_(1.0)
    recipe = Recipe(epochs=1, lr=0.1, momentum=0.8, nesterov=nesterov, weight_decay=0.5)
    optimizer = make_optimizer(recipe, weight)
    w, v = 1.0, 0.0
    for gradient in (2.0, -1.0, 0.5):
        weight.weight.grad = torch.full((1, 1), gradient)
        optimizer.step()
        g = gradient + 0.5 * w
        v = 0.8 * v + g
        w -= 0.1 * (g + 0.8 * v if nesterov else v)
        assert weight.weight.item() == pytest.approx(w, rel=1e-6)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_states_of_other_devices_are_taken_over(optimizer: str) -> None:
    """What a GPU has saved goes on here, in this device's way and at the saved rate."""
    recipe = Recipe(epochs=1, optimizer=optimizer, lr=0.1)

    def stepped(fused: bool) -> tuple[nn.Module, torch.optim.Optimizer]:
        module = net()
        found = make_optimizer(recipe, module)
        found.param_groups[0] |= {"fused": fused or None, "lr": 0.03}
        module(torch.ones(4, 3)).square().sum().backward()
        found.step()
        return module, found

    with torch.random.fork_rng([]):
        _, saved = stepped(fused=True)
        module, expected = stepped(fused=False)
    found = make_optimizer(recipe, module)
    load_optimizer(found, saved.state_dict())
    (group,) = found.param_groups
    assert group["fused"] is None and group["lr"] == 0.03
    assert found.state_dict()["state"].keys() == expected.state_dict()["state"].keys()
    found.step()

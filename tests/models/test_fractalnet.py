"""The FractalNet module against the fractal's recursive definition, and what drop-path draws."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from torch import Tensor
from torch.nn.functional import batch_norm, conv2d, linear, max_pool2d, relu

from ablate.models import build
from ablate.models.fractalnet import Paths
from ablate.networks import architecture
from tests.models.test_resnet_preact import IMAGES, randomised


@pytest.mark.parametrize("columns", [1, 2, 3, 4])
def test_forward_is_the_definition(columns: int) -> None:
    """f_1 is a unit; f_C+1 is f_C twice, joined with a unit; joins that meet are one mean."""
    made = architecture(family="fractalnet", block_channels=[4, 6], columns=columns, image_size=8)
    module = build(made)
    state = randomised(module)

    def unit(name: str, maps: Tensor) -> Tensor:
        at = f"features.fractals.{name}"
        maps = conv2d(maps, state[f"{at}.conv.weight"], padding=1)
        scale, shift = state[f"{at}.norm.weight"], state[f"{at}.norm.bias"]
        return relu(batch_norm(maps, None, None, scale, shift, training=True))

    def ends(block: str, column: int, numbers: dict[int, int], maps: Tensor) -> list[Tensor]:
        """What the columns 1..`column` of a fractal bring to its last join, shortest first.

        `numbers` counts the units of each column of the block that were run before.
        """
        name = columns - column + 1
        numbers[name] = numbers.get(name, 0) + 1
        short = unit(f"{block}.column{name}.unit{numbers[name]}", maps)
        if column == 1:
            return [short]
        inner = ends(block, column - 1, numbers, maps)
        middle = torch.stack(inner).mean(0)
        return [short, *ends(block, column - 1, numbers, middle)]

    maps = IMAGES
    for block in ("block1", "block2"):
        maps = torch.stack(ends(block, columns, {}, maps)).mean(0)
        maps = max_pool2d(maps, 2)
    logits = linear(maps.mean((2, 3)), state["classifier.weight"], state["classifier.bias"])
    torch.testing.assert_close(module(IMAGES), logits)


def drawn(drop: float, columns: int = 3) -> Paths:
    return Paths.draw(drop, columns, torch.device("cpu"))


def test_a_join_takes_the_mean_of_what_is_kept() -> None:
    torch.manual_seed(0)
    for _ in range(200):
        weights = drawn(0.5).weights(3)
        kept = int((weights > 0).sum())
        assert kept >= 1
        assert torch.equal(weights[weights > 0], torch.ones(kept) / kept)


def test_half_of_the_steps_train_one_column_in_all_joins() -> None:
    torch.manual_seed(0)
    single: Counter[int] = Counter()
    for _ in range(1200):
        paths = drawn(1e-9)  # local paths then keep everything
        last, middle = paths.weights(3), paths.weights(2)
        if paths.local:
            assert (last > 0).all() and (middle > 0).all()
            continue
        column = int(paths.column)
        single[column] += 1
        assert last.tolist() == [float(c == column) for c in range(3)]
        # The middle join is of the columns 1 and 2 alone.
        wanted = {0: [0.5, 0.5], 1: [1, 0], 2: [0, 1]}[column]
        assert middle.tolist() == wanted
    assert 540 < single.total() < 660  # 600 expected, standard deviation 17
    assert all(150 < single[column] < 250 for column in range(3))


def test_local_paths_drop_by_probability() -> None:
    torch.manual_seed(0)
    paths = [p for p in (drawn(0.15) for _ in range(2000)) if p.local]
    kept = torch.stack([p.weights(3) > 0 for p in paths]).float().mean()
    # 0.85, and a little for the one in three hundred where the last input is put back
    assert 0.83 < float(kept) < 0.87


def test_dropped_columns_get_no_gradient() -> None:
    module = build(architecture(family="fractalnet", block_channels=[4], columns=2, drop_path=0.15))
    torch.manual_seed(0)
    seen = set()
    for _ in range(30):
        module.zero_grad()
        module(torch.randn(2, 3, 8, 8)).square().sum().backward()
        units = [module.get_parameter(f"features.fractals.block1.column{c}.unit1.conv.weight")
                 for c in (1, 2)]  # fmt: skip
        seen.add(tuple(bool(u.grad is not None and u.grad.any()) for u in units))
    assert seen == {(True, True), (True, False), (False, True)}


def test_every_path_is_kept_in_evaluation() -> None:
    settings = {"family": "fractalnet", "block_channels": [4], "image_size": 8}
    one, other = (build(architecture(**settings, drop_path=p)).eval() for p in (0.0, 0.5))
    assert torch.equal(one(IMAGES), other(IMAGES))

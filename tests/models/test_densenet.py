"""The DenseNet module against the definition, written out literally."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, batch_norm, conv2d, linear, relu

from ablate.errors import SpecError
from ablate.models import build
from ablate.networks import DenseNet


def images(size: int, channels: int = 3, count: int = 4) -> Tensor:
    return torch.randn(count, channels, size, size, generator=torch.Generator().manual_seed(0))


def randomised(module: nn.Module) -> dict[str, Tensor]:
    """The weights of a module whose batch norms were given scales and shifts that show."""
    generator = torch.Generator().manual_seed(1)
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 1.5, generator=generator)
            nn.init.uniform_(layer.bias, generator=generator)
    return dict(module.state_dict())


def kinds(module: nn.Module) -> list[str]:
    return [type(m).__name__ for m in module.modules() if not list(m.children())]


def norm(state: dict[str, Tensor], name: str, maps: Tensor) -> Tensor:
    scale, shift = state[f"{name}.weight"], state[f"{name}.bias"]
    return relu(batch_norm(maps, None, None, scale, shift, training=True))


READS = {
    "log": {1: [0], 2: [0, 1], 3: [1, 2], 4: [0, 2, 3], 5: [1, 3, 4]},
    "harmonic": {1: [0], 2: [0, 1], 3: [2], 4: [0, 2, 3], 5: [4]},
    "every_other": {1: [0], 2: [1], 3: [0, 2], 4: [1, 3], 5: [0, 2, 4]},
    "full": {n: list(range(n)) for n in range(1, 6)},
}


@pytest.mark.parametrize("name", READS)
def test_preactivation_forward_is_the_definition(name: str) -> None:
    settings: dict[str, Any] = {"bottleneck_width": 2, "growth_rate": 3}
    module = build(
        DenseNet(block_layers=(5, 5), connectivity=name, stem_channels=5, image_size=8, **settings)
    )
    state = randomised(module)

    maps = conv2d(images(8), state["features.stem.conv.weight"], padding=1)
    for block in ("block1", "block2"):
        outputs = [maps]
        for n in range(1, 6):
            at = f"features.{block}.layer{n}"
            new = torch.cat([outputs[s] for s in READS[name][n]], 1)
            new = conv2d(norm(state, f"{at}.norm1", new), state[f"{at}.conv1.weight"])
            new = conv2d(norm(state, f"{at}.norm2", new), state[f"{at}.conv2.weight"], padding=1)
            outputs.append(new)
        maps = torch.cat(outputs, 1)
        if block == "block1":
            if name != "full":
                maps = norm(state, "features.transition1.norm", maps)
                maps = conv2d(maps, state["features.transition1.conv.weight"])
            maps = avg_pool2d(maps, 2)
    maps = norm(state, "features.norm", maps).mean((2, 3))
    logits = linear(maps, state["classifier.weight"], state["classifier.bias"])

    torch.testing.assert_close(module(images(8)), logits)


def test_postactivation_forward_is_the_definition() -> None:
    module = build(
        DenseNet(block_layers=(3, 3), growth_rate=3, activation_order="post", image_size=8)
    )
    state = randomised(module)

    def unit(at: str, number: str, maps: Tensor, padding: int = 1) -> Tensor:
        maps = conv2d(maps, state[f"features.{at}.conv{number}.weight"], padding=padding)
        return norm(state, f"features.{at}.norm{number}", maps)

    maps = unit("stem", "", images(8))
    for block in ("block1", "block2"):
        for n in (1, 2, 3):
            maps = torch.cat([maps, unit(f"{block}.layer{n}", "1", maps)], 1)
        if block == "block1":
            maps = avg_pool2d(unit("transition1", "", maps, padding=0), 2)
    logits = linear(maps.mean((2, 3)), state["classifier.weight"], state["classifier.bias"])

    torch.testing.assert_close(module(images(8)), logits)


@pytest.mark.parametrize(
    ("order", "norms"),
    [
        ("pre", 3 * 4 * 2 + 2 + 1),  # two a layer, one a transition, the last
        ("post", 1 + 3 * 4 * 2 + 2),  # behind every conv, once, however many read it
    ],
)
def test_batch_norms(order: str, norms: int) -> None:
    found = kinds(
        build(
            DenseNet(
                block_layers=(4, 4, 4), bottleneck_width=4, activation_order=order, image_size=8
            )
        )
    )
    assert found.count("BatchNorm2d") == found.count("ReLU") == norms


def test_batch_norm_widths_follow_the_order() -> None:
    for order, widths in (("pre", [16, 28, 40]), ("post", [16, 12, 12])):
        module = build(DenseNet(block_layers=(2,), activation_order=order))
        found = [m.num_features for m in module.modules() if isinstance(m, nn.BatchNorm2d)]
        assert found == widths


@pytest.mark.parametrize("order", ["pre", "post"])
def test_dropout_is_directly_behind_every_conv_but_the_stem(order: str) -> None:
    module = build(
        DenseNet(block_layers=(2, 2), bottleneck_width=4, dropout=0.2, activation_order=order)
    )
    found = kinds(module)
    stem, *convs = [i for i, kind in enumerate(found) if kind == "Conv2d"]
    assert found[stem + 1] != "Dropout"
    assert len(convs) == found.count("Dropout") == 9
    assert all(found[i + 1] == "Dropout" for i in convs)
    assert {m.p for m in module.modules() if isinstance(m, nn.Dropout)} == {0.2}


def test_dropout_changes_no_name() -> None:
    plain, dropped = (
        build(DenseNet(block_layers=(2, 2), dropout=p), device="meta") for p in (0.0, 0.2)
    )
    assert plain.state_dict().keys() == dropped.state_dict().keys()


def test_no_conv_has_a_bias() -> None:
    module = build(DenseNet(depth=121, stem="imagenet"), device="meta")
    assert all(m.bias is None for m in module.modules() if isinstance(m, nn.Conv2d))


def test_full_connectivity_only_pools_between_blocks() -> None:
    module = build(DenseNet(block_layers=(2, 2, 2), connectivity="full"), device="meta")
    transitions = [m for name, m in module.named_modules() if name.endswith(("ition1", "ition2"))]
    assert [kinds(t) for t in transitions] == [["AvgPool2d"], ["AvgPool2d"]]


def test_the_digits() -> None:
    module = build(DenseNet(depth=10, in_channels=1, image_size=8))
    assert module(images(8, channels=1)).shape == (4, 10)


@pytest.mark.parametrize(("blocks", "smallest"), [((1, 1), 5), ((1, 1, 1, 1), 29)])
def test_the_imagenet_stem_down_to_the_last_pixel(blocks: tuple[int, ...], smallest: int) -> None:
    def with_size(size: int) -> DenseNet:
        return DenseNet(block_layers=blocks, stem="imagenet", image_size=size, growth_rate=4)

    assert build(with_size(smallest))(images(smallest)).shape == (4, 1000)
    with pytest.raises(SpecError, match=f"image_size: must be >= {smallest}"):
        build(with_size(smallest - 1))

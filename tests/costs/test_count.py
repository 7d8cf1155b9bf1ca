"""Costs of architectures: the papers' numbers and a tiny network counted by hand."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from ablate.costs import cost
from ablate.costs.step import LayerCost
from ablate.errors import SpecError, UsageError
from ablate.networks import DenseNet, ResNetPreact

TINY = DenseNet(
    block_layers=(1,), growth_rate=2, stem_channels=3, in_channels=1, classes=5, image_size=4
)
BC_100 = DenseNet(depth=100, bottleneck_width=4, compression=0.5)


def test_a_tiny_network_by_hand() -> None:
    batch, pixels = 2, 16
    maps = 4 * pixels * batch  # bytes of one fp32 map of every image

    def norm(channels: int) -> int:
        return channels * maps + 2 * 4 * channels  # its input; mean and deviation of each map

    log_probabilities, targets, total_weight = 5 * 4 * batch, 8 * batch, 4
    expected = (
        LayerCost("features.stem.conv", "Conv2d", (3, 4, 4), 27, 27 * pixels, 1 * maps),
        LayerCost("features.block1.layer1.norm1", "BatchNorm2d", (3, 4, 4), 6, 0, norm(3)),
        LayerCost("features.block1.layer1.relu1", "ReLU", (3, 4, 4), 0, 0, 3 * maps),
        LayerCost("features.block1.layer1.conv1", "Conv2d", (2, 4, 4), 54, 54 * pixels, 0),
        LayerCost("features.norm", "BatchNorm2d", (5, 4, 4), 10, 0, norm(5)),
        LayerCost("features.relu", "ReLU", (5, 4, 4), 0, 0, 5 * maps),
        LayerCost("classifier", "Linear", (5,), 30, 25, 5 * 4 * batch),
        LayerCost("loss", "CrossEntropyLoss", (), 0, 0, log_probabilities + targets + total_weight),
    )
    found = cost(TINY, batch_size=batch)
    assert found.layers == expected
    assert found.params == 127
    assert found.macs == 1_321
    assert found.flops == 2_642
    assert found.saved_bytes == sum(layer.saved_bytes for layer in expected)


def test_densenet_bc_100_12() -> None:
    found = cost(BC_100, batch_size=64)
    assert found.params == 769_162
    assert found.macs == 287_929_692
    assert found.saved_bytes / 64 / 2**20 == pytest.approx(33.21, abs=0.01)  # as torchvision's


@pytest.mark.parametrize("architecture", [BC_100, ResNetPreact(depth=29)])
def test_layers_add_up(architecture: DenseNet | ResNetPreact) -> None:
    found = cost(architecture, batch_size=8)
    assert sum(layer.params for layer in found.layers) == found.params
    assert sum(layer.macs for layer in found.layers) == found.macs
    assert sum(layer.saved_bytes for layer in found.layers) == found.saved_bytes
    assert len({layer.name for layer in found.layers}) == len(found.layers)


def test_only_bytes_depend_on_the_batch_and_linearly() -> None:
    one, two, four = (cost(TINY, batch_size=size) for size in (8, 16, 32))
    assert one.params == two.params and one.macs == two.macs
    assert four.saved_bytes - two.saved_bytes == 2 * (two.saved_bytes - one.saved_bytes)
    assert four.peak_bytes - two.peak_bytes == 2 * (two.peak_bytes - one.peak_bytes)


def test_peak_holds_parameters_momentum_and_everything_saved() -> None:
    found = cost(BC_100, batch_size=2)
    assert found.peak_bytes > found.saved_bytes + 2 * 4 * found.params


def test_cost_is_a_value() -> None:
    found = cost(TINY, batch_size=2)
    assert found == cost(TINY.resolve(), batch_size=2)
    with pytest.raises(FrozenInstanceError):
        found.params = 0  # type: ignore[misc]


def test_a_batch_without_images() -> None:
    with pytest.raises(UsageError, match=r"^batch_size: must be >= 1 and <= 2147483647, got 0$"):
        cost(TINY, batch_size=0)


def test_an_image_too_small_is_the_specs_fault() -> None:
    with pytest.raises(SpecError, match="image_size: must be >= 4"):
        cost(DenseNet(depth=10, image_size=2))


def test_what_torch_cannot_count_is_a_message() -> None:
    huge = DenseNet(
        depth=1_000, growth_rate=2**16, bottleneck_width=2**16, image_size=2**14, connectivity="log"
    )
    with pytest.raises(SpecError, match="larger than torch can count, whatever"):
        cost(huge, batch_size=2**31 - 1)
    with pytest.raises(UsageError, match="batch_size: must be >= 1 and <= 2147483647, got 2147483"):
        cost(TINY, batch_size=2**31)

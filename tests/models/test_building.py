"""`build` as a door: what it refuses and what it takes."""

from __future__ import annotations

import pytest
import torch

from ablate.errors import SpecError, UsageError
from ablate.models import build, network_of, random_images
from ablate.models.building import BUILDERS
from ablate.networks import FAMILIES, DenseNet
from tests.families import small

SMALL = DenseNet(block_layers=(2, 2), growth_rate=4)


def test_each_kind_of_lists_has_a_builder_and_no_other_has() -> None:
    assert set(BUILDERS) == {type(network_of(small(family))) for family in FAMILIES}


def test_auto_is_fast() -> None:
    auto, fast = build(SMALL, memory="auto"), build(SMALL, memory="fast")
    assert type(auto) is type(fast)
    weights = zip(auto.parameters(), fast.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in weights)


def test_unknown_memory_mode() -> None:
    with pytest.raises(UsageError) as caught:
        build(SMALL, memory="fats")
    assert str(caught.value) == "memory: must be one of auto, fast, efficient, got 'fats'"


def test_resolved_or_not_is_the_same_network() -> None:
    assert network_of(SMALL) == network_of(SMALL.resolve())


def test_meta_has_no_weights() -> None:
    module = build(SMALL, device="meta")
    assert {t.device.type for t in module.state_dict().values()} == {"meta"}


def test_an_image_too_small_is_the_specs_fault() -> None:
    with pytest.raises(SpecError) as caught:
        build(DenseNet(block_layers=(1, 1, 1), image_size=3))
    assert str(caught.value).startswith("image_size: must be >= 4 for 3 blocks")


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_that_no_generator_takes_is_a_message(seed: int) -> None:
    with pytest.raises(UsageError, match=f"seed: must be >= 0 and < 2\\^64, got {seed}"):
        build(DenseNet(depth=7), seed=seed)


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_random_images_are_what_the_network_takes(device: str) -> None:
    architecture = DenseNet(block_layers=(1,), in_channels=1, image_size=8)
    images = random_images(architecture, 3, device=device)
    assert images.shape == (3, 1, 8, 8) and images.device.type == device
    if device == "cpu":
        assert torch.equal(images, random_images(architecture, 3)) and abs(images.mean()) < 0.5
        assert build(architecture)(images).shape == (3, 10)

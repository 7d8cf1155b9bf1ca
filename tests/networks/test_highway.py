"""The highway network: its widths, and its rules."""

from __future__ import annotations

import pytest

from ablate.networks import HighwayNetwork, architecture
from ablate.text import RuleErrors


def test_the_default_is_shaped_like_fitnet_4() -> None:
    network = architecture(family="highway").resolve().network()
    assert isinstance(network, HighwayNetwork)
    assert network.stages == ((32, 32, 32, 48, 48), (80,) * 6, (128,) * 6)
    # the 1x1 conv and the linear layer behind the stages
    assert sum(map(len, network.stages)) + 2 == 19


def test_a_key_hashes_the_widths_and_the_bias() -> None:
    canonical = architecture(family="highway", width=1).resolve().network().canonical()
    assert canonical == {
        "family": "highway",
        "input": [3, 32, 10],
        "stages": [[2, 2, 2, 3, 3], [5] * 6, [8] * 6],
        "head": 500,
        "gate_bias": -2.0,
    }


def test_images_are_halved_twice() -> None:
    assert architecture(family="highway").resolve(image_size=4)
    with pytest.raises(RuleErrors) as caught:
        architecture(family="highway").resolve(image_size=3)
    assert str(caught.value) == "image_size: must be >= 4, or a feature map vanishes, got 3"

"""All-CNN-C: its layers, and its rules."""

from __future__ import annotations

import pytest

from ablate.networks import Conv, Dropout, PlainNetwork, architecture
from ablate.text import RuleErrors


def test_the_default_is_the_papers() -> None:
    network = architecture(family="all_cnn").resolve().network()
    assert isinstance(network, PlainNetwork)
    convs = [layer for layer in network.layers if isinstance(layer, Conv)]
    assert [layer.made for layer in convs] == [96] * 3 + [192] * 5 + [10]
    assert [layer.kernel for layer in convs] == [3] * 7 + [1] * 2
    assert [layer.stride for layer in convs] == [1, 1, 2, 1, 1, 2, 1, 1, 1]
    dropout = [layer.share for layer in network.layers if isinstance(layer, Dropout)]
    assert dropout == [0.2, 0.5, 0.5]
    size = 32
    for layer in network.layers:
        size = layer.side(size)
    assert size == 6


def test_small_images_vanish() -> None:
    assert architecture(family="all_cnn").resolve(image_size=9)
    with pytest.raises(RuleErrors) as caught:
        architecture(family="all_cnn").resolve(image_size=8)
    assert str(caught.value) == "image_size: must be >= 9, or a feature map vanishes, got 8"

"""Network in Network: its layers, and its rules."""

from __future__ import annotations

import pytest

from ablate.errors import SpecError
from ablate.networks import Conv, Dropout, PlainNetwork, architecture
from ablate.text import RuleErrors


def test_the_default_is_the_papers() -> None:
    network = architecture(family="nin").resolve().network()
    assert isinstance(network, PlainNetwork)
    convs = [(layer.kernel, layer.made) for layer in network.layers if isinstance(layer, Conv)]
    assert convs == [
        *[(5, 192), (1, 160), (1, 96)],
        *[(5, 192), (1, 192), (1, 192)],
        *[(3, 192), (1, 192), (1, 10)],
    ]
    assert [layer for layer in network.layers if isinstance(layer, Dropout)] == [Dropout(0.5)] * 2


def test_a_width_of_one_leaves_every_conv_a_map() -> None:
    network = architecture(family="nin", width=1).resolve().network()
    assert isinstance(network, PlainNetwork)
    assert all(layer.made >= 1 for layer in network.layers if isinstance(layer, Conv))


def test_images_are_halved_twice() -> None:
    assert architecture(family="nin").resolve(image_size=4)
    with pytest.raises(RuleErrors) as caught:
        architecture(family="nin").resolve(image_size=3)
    assert str(caught.value) == "image_size: must be >= 4, or a feature map vanishes, got 3"


def test_dropout_is_a_number() -> None:
    with pytest.raises(SpecError) as caught:
        architecture(family="nin", dropout="auto")
    assert str(caught.value) == "dropout: must be a number, got 'auto'"

"""Layer lists: what vanishes, and what is in a key."""

from __future__ import annotations

from ablate.networks import Conv, Dropout, PlainNetwork, Pool
from ablate.networks.plain import too_small, working


def test_images_of_which_no_pixel_would_be_left() -> None:
    layers = (Pool("max"), Conv(3, 3, padded=False))
    assert too_small(layers, 6) == []
    assert too_small(layers, 5) == [
        ("image_size", "must be >= 6, or a feature map vanishes, got 5")
    ]


def test_dropout_of_nothing_is_no_layer() -> None:
    assert working([Conv(3, 3), Dropout(0.0), Dropout(0.1)]) == (Conv(3, 3), Dropout(0.1))


def test_a_key_hashes_the_layers() -> None:
    network = PlainNetwork(3, 10, 8, (Conv(4, 3), Pool("max"), Dropout(0.5)), "he_fan_in")
    assert network.canonical() == {
        "family": "plain",
        "input": [3, 8, 10],
        "layers": [["conv", 4, 3, 1, True], ["max"], ["dropout", 0.5]],
    }

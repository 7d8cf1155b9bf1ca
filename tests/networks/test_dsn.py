"""The deeply supervised net: the layers of Network in Network, and where companions read."""

from __future__ import annotations

import pytest

from ablate.errors import SpecError
from ablate.networks import PlainNetwork, Pool, SupervisedNetwork, architecture
from ablate.text import RuleErrors


@pytest.mark.parametrize("settings", [{}, {"dropout": 0}, {"width": 7, "init": "he_fan_out"}])
def test_its_layers_are_those_of_network_in_network(settings: dict[str, object]) -> None:
    network = architecture(family="dsn", **settings).resolve().network()
    plain = architecture(family="nin", **settings).resolve().network()
    assert isinstance(network, SupervisedNetwork) and isinstance(plain, PlainNetwork)
    assert (network.layers, network.init) == (plain.layers, plain.init)


@pytest.mark.parametrize("dropout", [0, 0.5])
def test_companions_read_what_was_pooled(dropout: float) -> None:
    network = architecture(family="dsn", dropout=dropout).resolve().network()
    assert isinstance(network, SupervisedNetwork)
    read = [network.layers[number - 1] for number in network.companions]
    assert read == [Pool("max"), Pool("average")]


def test_a_key_hashes_the_layers_and_the_companions() -> None:
    settings = {"width": 2, "dropout": 0, "companion_weight": 0.5}
    canonical = architecture(family="dsn", **settings).resolve().network().canonical()
    plain = architecture(family="nin", width=2, dropout=0).resolve().network().canonical()
    assert canonical == plain | {"companions": [4, 8], "companion_weight": 0.5}


def test_images_are_halved_twice() -> None:
    assert architecture(family="dsn").resolve(image_size=4)
    with pytest.raises(RuleErrors) as caught:
        architecture(family="dsn").resolve(image_size=3)
    assert str(caught.value) == "image_size: must be >= 4, or a feature map vanishes, got 3"


@pytest.mark.parametrize("weight", [0, -0.1, 1.5, "auto"])
def test_companions_weigh_something_and_no_more_than_the_output(weight: object) -> None:
    with pytest.raises(SpecError) as caught:
        architecture(family="dsn", companion_weight=weight)
    rule = "companion_weight: must be a number > 0 and <= 1"
    assert str(caught.value) == f"{rule}, got {weight!r}"

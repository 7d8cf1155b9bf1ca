"""Highway layers by their definition, and gates that start almost closed."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from ablate.models import build
from ablate.models.highway import HighwayLayer
from ablate.networks import architecture

MAPS = torch.randn(2, 4, 5, 5, generator=torch.Generator().manual_seed(0))


def test_a_layer_mixes_its_conv_and_its_input() -> None:
    torch.manual_seed(0)
    layer = HighwayLayer(4, -2.0)
    gate = 1 / (1 + torch.exp(-layer.gate(MAPS)))
    expected = gate * layer.conv(MAPS).clamp(min=0) + (1 - gate) * MAPS
    torch.testing.assert_close(layer(MAPS), expected)


def test_a_closed_gate_carries_the_input() -> None:
    layer = HighwayLayer(4, -2.0)
    nn.init.zeros_(layer.gate.weight)
    assert layer.gate.bias is not None
    nn.init.constant_(layer.gate.bias, -100.0)
    assert torch.equal(layer(MAPS), MAPS)


@pytest.mark.parametrize("bias", [-2.0, -1.0])
def test_gates_start_as_asked(bias: float) -> None:
    module = build(architecture(family="highway", width=2, gate_bias=bias))
    layers = [part for part in module.modules() if isinstance(part, HighwayLayer)]
    assert len(layers) == 2 + 1 + 5 + 5  # a conv that changes the number of maps has none
    for layer in layers:
        assert layer.gate.bias is not None and layer.conv.bias is not None
        assert (layer.gate.bias == bias).all() and (layer.conv.bias == 0).all()

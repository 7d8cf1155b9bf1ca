"""The first weights, by the kind of layer; the same for every family."""

from __future__ import annotations

from math import sqrt
from typing import Literal

import torch
from torch import nn

Rule = Literal["he_fan_out", "he_fan_in"]
_MODES: dict[Rule, Literal["fan_out", "fan_in"]] = {"he_fan_out": "fan_out", "he_fan_in": "fan_in"}


def draw_weights(module: nn.Module, rule: Rule, generator: torch.Generator) -> None:
    """Fill every parameter and buffer of `module` in place, in the order of its layers.

    Convs: N(0, sqrt(2 / fan)), He et al., arXiv 1502.01852, bias 0; batch norm: 1 and 0; linear:
    torch's default uniform weight, bias 0.
    """
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(
                layer.weight, mode=_MODES[rule], nonlinearity="relu", generator=generator
            )
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm2d):
            layer.reset_parameters()
        elif isinstance(layer, nn.Linear):
            bound = 1 / sqrt(layer.in_features)
            nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
            nn.init.zeros_(layer.bias)

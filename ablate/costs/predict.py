"""Costs -> seconds on this machine, from a few measured steps."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from joblib import Memory

from ablate.costs.count import Cost, cost
from ablate.networks import Architecture, DenseNet, ResNetPreact

# Small, and unlike in arithmetic per byte and per layer, so that the three rates can be told apart.
REFERENCES: tuple[tuple[Architecture, int], ...] = (
    (DenseNet(depth=22, growth_rate=8, bottleneck_width=4, compression=0.5, image_size=8), 16),
    (DenseNet(depth=22, growth_rate=12, bottleneck_width=4, compression=0.5), 64),
    (DenseNet(depth=40, growth_rate=8, bottleneck_width=4, compression=0.5), 16),
    (DenseNet(depth=13, growth_rate=24), 16),
    (ResNetPreact(depth=11), 64),
)
SecondsOf = Callable[[Architecture, int], float]  # network and batch size -> a training step


@dataclass(frozen=True)
class Rates:
    """What a device needs for each unit of a training step."""

    device: str
    per_mac: float  # seconds per multiply-add of the forward pass; its backward is in the rate
    per_byte: float  # seconds per byte saved for backward
    per_layer: float  # seconds per layer, whatever its size

    def seconds(self, cost: Cost, steps: int, *, evaluated: int = 0) -> float:
        """Seconds of `steps` training steps at the cost's batch size, and `evaluated` images.

        An image that is only evaluated takes a third of its part of a step: its forward pass.
        """
        macs, saved, layers = _units(cost)
        step = self.per_mac * macs + self.per_byte * saved + self.per_layer * layers
        return step * (steps + evaluated / cost.batch_size / 3)


def calibrate(
    device: str | torch.device,
    measure: Callable[[str], Rates],
    *,
    cache: str | Path | None = None,
) -> Rates:
    """Device -> its rates, as `measure` finds them.

    With a `cache` folder a machine is measured once for each version of torch.
    """
    name = str(torch.device(device))
    remember = Memory(cache, verbose=0).cache(_rates_of_machine, ignore=["measure"])
    rates: Rates = remember(name, platform.node(), torch.__version__, measure)
    return rates


def _rates_of_machine(
    device: str, machine: str, torch_version: str, measure: Callable[[str], Rates]
) -> Rates:
    return measure(device)


def rates_of(device: str, seconds_of: SecondsOf) -> Rates:
    """A device's rates, from the seconds of a training step of each reference network."""
    rows, seconds = [], []
    for architecture, batch_size in REFERENCES:
        rows.append(_units(cost(architecture, batch_size=batch_size)))
        seconds.append(seconds_of(architecture, batch_size))
    # Here, as it takes longer to load than a worker takes to predict.
    from scipy.optimize import nnls

    # Dividing by the time makes it relative errors that the fit keeps small.
    relative = [[unit / taken for unit in row] for row, taken in zip(rows, seconds, strict=True)]
    (per_mac, per_byte, per_layer), _ = nnls(relative, [1.0] * len(relative))
    return Rates(device, float(per_mac), float(per_byte), float(per_layer))


def _units(cost: Cost) -> tuple[int, int, int]:
    return cost.macs * cost.batch_size, cost.saved_bytes, len(cost.layers)

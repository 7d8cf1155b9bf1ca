"""Costs -> seconds on this machine, from a few measured steps."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import torch
from joblib import Memory
from torch.nn.functional import cross_entropy

from ablate.costs.count import Cost, cost
from ablate.costs.timing import synchronise, threads
from ablate.models import build, loss_and_logits, network_of
from ablate.networks import Architecture, DenseNet, ResNetPreact

# Small, and unlike in arithmetic per byte and per layer, so that the three rates can be told apart.
REFERENCES: tuple[tuple[Architecture, int], ...] = (
    (DenseNet(depth=22, growth_rate=8, bottleneck_width=4, compression=0.5, image_size=8), 16),
    (DenseNet(depth=22, growth_rate=12, bottleneck_width=4, compression=0.5), 64),
    (DenseNet(depth=40, growth_rate=8, bottleneck_width=4, compression=0.5), 16),
    (DenseNet(depth=13, growth_rate=24), 16),
    (ResNetPreact(depth=11), 64),
)
WARM_UP, STEPS = 1, 3
SecondsOf = Callable[[Architecture, int, str], float]  # network, batch size and device -> a step


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
    device: str | torch.device = "cpu",
    *,
    cache: str | Path | None = None,
    measure: Callable[[str], Rates] | None = None,
) -> Rates:
    """Device -> its rates: a few steps of reference networks, timed on one CPU thread as cells run.

    With a `cache` folder a machine is measured once for each version of torch. The caller's number
    of threads is restored. `measure` takes the place of `rates_of`, whose steps run kernel by
    kernel.
    """
    name = str(torch.device(device))
    remember = Memory(cache, verbose=0).cache(_measured, ignore=["measure"])
    rates: Rates = remember(name, platform.node(), torch.__version__, measure or rates_of)
    return rates


def _measured(
    device: str, machine: str, torch_version: str, measure: Callable[[str], Rates]
) -> Rates:
    return measure(device)


def rates_of(device: str, seconds_of: SecondsOf | None = None) -> Rates:
    """A device's rates, from the seconds of a step of each reference; `step_seconds` by default."""
    seconds_of = seconds_of or step_seconds
    rows, seconds = [], []
    for architecture, batch_size in REFERENCES:
        rows.append(_units(cost(architecture, batch_size=batch_size)))
        seconds.append(seconds_of(architecture, batch_size, device))
    # Here, as it takes longer to load than a worker takes to predict.
    from scipy.optimize import nnls

    # Dividing by the time makes it relative errors that the fit keeps small.
    relative = [[unit / taken for unit in row] for row, taken in zip(rows, seconds, strict=True)]
    (per_mac, per_byte, per_layer), _ = nnls(relative, [1.0] * len(relative))
    return Rates(device, float(per_mac), float(per_byte), float(per_layer))


def _units(cost: Cost) -> tuple[int, int, int]:
    return cost.macs * cost.batch_size, cost.saved_bytes, len(cost.layers)


def step_seconds(
    architecture: Architecture,
    batch_size: int,
    device: str | torch.device,
    *,
    measured_for: float = 0.0,
) -> float:
    """Median seconds of a warmed-up, synchronised fp32 training step with Nesterov momentum.

    A few steps, and more until they took `measured_for` seconds; on one CPU thread, as cells run.
    The caller's number of threads is restored.
    """
    device = torch.device(device)
    network = network_of(architecture)
    shape = (batch_size, network.in_channels, network.image_size, network.image_size)
    module = build(architecture, device=device)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.01, momentum=0.9, nesterov=True)
    images = torch.rand(shape, generator=torch.Generator().manual_seed(0)).to(device)
    targets = torch.zeros(batch_size, dtype=torch.long, device=device)
    taken: list[float] = []
    with threads(1):
        while len(taken) < WARM_UP + STEPS or sum(taken[WARM_UP:]) < measured_for:
            start = time.perf_counter()
            optimizer.zero_grad()
            loss, _ = loss_and_logits(cross_entropy, module(images), targets)
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            synchronise(device)
            taken.append(time.perf_counter() - start)
    return median(taken[WARM_UP:])

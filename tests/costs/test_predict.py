"""Seconds from costs. How close they come to measured ones is no matter for a test."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from ablate.costs import Cost, Rates, calibrate, cost, rates_of
from ablate.costs.step import LayerCost
from ablate.networks import Architecture

LAYER = LayerCost("conv", "Conv2d", (1,), 1, 10, 50)
COST = Cost(params=1, macs=10, saved_bytes=100, peak_bytes=0, batch_size=4, layers=(LAYER,) * 2)


def test_seconds_by_hand() -> None:
    rates = Rates("cpu", per_mac=3.0, per_byte=0.5, per_layer=7.0)
    step = 3.0 * 10 * 4 + 0.5 * 100 + 7.0 * 2
    assert rates.seconds(COST, 5) == 5 * step
    assert rates.seconds(COST, 5, evaluated=24) == pytest.approx(5 * step + 24 / 4 * step / 3)


MACHINE = Rates("cpu", per_mac=4e-11, per_byte=6e-10, per_layer=5e-5)


def seconds_of(architecture: Architecture, batch_size: int) -> float:
    """Of a step on a machine of known rates."""
    return MACHINE.seconds(cost(architecture, batch_size=batch_size), 1)


def test_finds_the_rates_of_a_known_machine() -> None:
    found = rates_of("cpu", seconds_of)
    assert found.device == "cpu"
    assert found.per_mac == pytest.approx(MACHINE.per_mac)
    assert found.per_byte == pytest.approx(MACHINE.per_byte)
    assert found.per_layer == pytest.approx(MACHINE.per_layer)


def test_a_machine_is_measured_once(tmp_path: Path) -> None:
    measured: list[str] = []

    def measure(device: str) -> Rates:
        measured.append(device)
        return MACHINE

    first = calibrate("cpu", measure, cache=tmp_path)
    assert calibrate(torch.device("cpu"), measure, cache=tmp_path) == first == MACHINE
    assert measured == ["cpu"]
    calibrate("cpu", measure)
    assert measured == ["cpu", "cpu"]

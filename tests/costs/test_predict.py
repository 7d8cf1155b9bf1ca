"""Seconds from costs. How close they come to measured ones is no matter for a test."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
import torch
from torch.nn.functional import cross_entropy

from ablate.costs import Cost, Rates, calibrate, cost, predict
from ablate.costs.predict import step_seconds
from ablate.costs.step import LayerCost
from ablate.networks import Architecture, DenseNet

LAYER = LayerCost("conv", "Conv2d", (1,), 1, 10, 50)
COST = Cost(params=1, macs=10, saved_bytes=100, peak_bytes=0, batch_size=4, layers=(LAYER,) * 2)


def test_seconds_by_hand() -> None:
    rates = Rates("cpu", per_mac=3.0, per_byte=0.5, per_layer=7.0)
    step = 3.0 * 10 * 4 + 0.5 * 100 + 7.0 * 2
    assert rates.seconds(COST, 5) == 5 * step
    assert rates.seconds(COST, 5, evaluated=24) == pytest.approx(5 * step + 24 / 4 * step / 3)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Stands for the clock: a machine of known rates. Holds the batch of each measured step."""
    batches: list[int] = []

    def known(architecture: Architecture, batch_size: int, device: str) -> float:
        batches.append(batch_size)
        return MACHINE.seconds(cost(architecture, batch_size=batch_size), 1)

    monkeypatch.setattr(predict, "step_seconds", known)
    return batches


MACHINE = Rates("cpu", per_mac=4e-11, per_byte=6e-10, per_layer=5e-5)


def test_finds_the_rates_of_a_known_machine(steps: list[int]) -> None:
    found = calibrate()
    assert found.per_mac == pytest.approx(MACHINE.per_mac)
    assert found.per_byte == pytest.approx(MACHINE.per_byte)
    assert found.per_layer == pytest.approx(MACHINE.per_layer)


def test_a_machine_is_measured_once(steps: list[int], tmp_path: Path) -> None:
    first = calibrate("cpu", cache=tmp_path)
    count = len(steps)
    assert calibrate(torch.device("cpu"), cache=tmp_path) == first
    assert len(steps) == count


TINY = DenseNet(block_layers=(1,), growth_rate=2, in_channels=1, image_size=4)


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of threads in each step that is really made."""
    found: list[int] = []

    def watched(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        found.append(torch.get_num_threads())
        return cross_entropy(logits, targets)

    monkeypatch.setattr(predict, "cross_entropy", watched)
    return found


def test_measures_on_one_thread_and_restores_the_callers(threads: list[int]) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        step_seconds(TINY, 2, "cpu")
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
    assert threads == [1] * (predict.WARM_UP + predict.STEPS)


def test_measures_for_as_long_as_asked(threads: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = count()
    monkeypatch.setattr(predict.time, "perf_counter", lambda: next(clock) * 0.5)
    assert step_seconds(TINY, 2, "cpu", measured_for=3.0) == 0.5
    assert len(threads) == predict.WARM_UP + 6


def test_a_real_step_takes_time() -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    assert step_seconds(TINY, 2, torch.device("cpu")) > 0
    assert torch.equal(torch.get_rng_state(), before)

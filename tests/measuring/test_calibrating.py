"""A GPU is measured by another process, and this one takes none of its memory."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from ablate.costs import Rates
from ablate.errors import MachineError
from ablate.measuring import calibrating, rates_on, step_seconds
from ablate.measuring.calibrating import measured_elsewhere
from ablate.networks import DenseNet
from ablate.training import TrainingStep

RATES = Rates("cuda:1", per_mac=4e-11, per_byte=6e-10, per_layer=5e-5)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the other process was asked; it answers at once."""
    found: list[str] = []

    def run(command: list[str], **_: Any) -> SimpleNamespace:
        found.append(command[-1])
        answer = f"something else\n{json.dumps(asdict(RATES))}\n"
        return SimpleNamespace(returncode=0, stdout=answer, stderr="")

    monkeypatch.setattr(calibrating.subprocess, "run", run)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    return found


def test_a_gpu_is_measured_elsewhere_and_once(asked: list[str], tmp_path: Path) -> None:
    assert rates_on("cuda:1", tmp_path) == rates_on("cuda:1", tmp_path) == RATES
    assert asked == ["from ablate.measuring.calibrating import tell; tell('cuda:1')"]


def test_a_cpu_is_measured_here(
    asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibrating, "step_seconds", lambda *_, **__: 1.0)
    found = rates_on("cpu", tmp_path)
    assert found and found.device == "cpu"
    assert asked == []
    assert rates_on(None, tmp_path) is None


def test_another_process_really_measures() -> None:
    found = measured_elsewhere("cpu")
    assert found.device == "cpu"
    assert found.per_mac + found.per_byte + found.per_layer > 0


def test_what_cannot_be_measured_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = SimpleNamespace(returncode=1, stdout="", stderr="Trace\n  line\nRuntimeError: gone\n")
    monkeypatch.setattr(calibrating.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(MachineError, match=r"^device 'cuda:0' .* measured: RuntimeError: gone$"):
        measured_elsewhere("cuda:0")


TINY = DenseNet(block_layers=(1,), growth_rate=2, in_channels=1, image_size=4)


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of threads in each step that is really made."""
    seen: list[int] = []
    update = TrainingStep.update

    def watched(step: TrainingStep, x: torch.Tensor, y: torch.Tensor) -> Any:
        seen.append(torch.get_num_threads())
        return update(step, x, y)

    monkeypatch.setattr(TrainingStep, "update", watched)
    return seen


def test_a_step_is_measured_on_one_thread_and_the_callers_number_restored(
    threads: list[int],
) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        step_seconds(TINY, 2, device="cpu")
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
    assert threads == [1] * (1 + calibrating.STEPS)


def test_a_step_is_measured_for_as_long_as_asked(
    threads: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = count()
    # Not all seconds that pass: those for which others have the core tell nothing of a step.
    monkeypatch.setattr("time.thread_time", lambda: next(clock) * 0.5)
    assert step_seconds(TINY, 2, device="cpu", measured_for=3.0) == 0.5
    assert len(threads) == 1 + 6


def test_a_real_step_takes_time_and_no_random_numbers() -> None:
    torch.manual_seed(0)
    before = torch.get_rng_state()
    assert step_seconds(TINY, 2, device="cpu") > 0
    assert torch.equal(torch.get_rng_state(), before)


PLANS = """
import sys, torch, ablate
found = ablate.plan(sys.argv[1], device="cuda")
assert all(cell.predicted_seconds for cell in found.cells)
print(torch.cuda.is_initialized())
"""


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_a_plan_takes_no_memory_of_a_gpu(tiny_study: Path) -> None:
    command = [sys.executable, "-c", PLANS, str(tiny_study)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"

"""Execution: recorded, read back, and refused where it cannot be."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import fields
from typing import Any

import pytest
import torch

from ablate.errors import MachineError, UsageError
from ablate.machine import check_device, device_id, device_name, memory_of
from ablate.training import Execution, executing
from ablate.training import execution as execution_module

FULL = Execution("cuda:1", False, "strict", "efficient", "off", True, 3.5, 4, 2, 8)


def test_documents_are_read_back() -> None:
    default = Execution()
    assert all(getattr(FULL, f.name) != getattr(default, f.name) for f in fields(Execution))
    for execution in (default, FULL):
        assert Execution.read(json.loads(json.dumps(execution.document()))) == execution


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"time_limit": -1.0}, "--cell-timeout: must be >= 0, got -1"),
        ({"time_limit": math.nan}, "--cell-timeout: must be >= 0, got nan"),
        ({"threads": 0}, "threads: must be >= 1, got 0"),
    ],
)
def test_executions_that_no_cell_can_have(given: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        Execution(**given)
    assert str(caught.value) == message


def test_documents_from_before_a_field_are_read() -> None:
    assert Execution.read({"device": "cuda", "determinism": "strict"}) == Execution(
        device="cuda", determinism="strict"
    )


def test_memory_is_saved_where_it_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution_module, "memory_of", lambda device: 1000)
    assert Execution().fitted(850).memory == "fast"
    assert Execution().fitted(851).memory == "efficient"
    assert Execution(memory="fast").fitted(10**9).memory == "fast"
    assert Execution(memory="efficient").fitted(1).memory == "efficient"


def test_the_cpu_has_the_memory_of_the_machine() -> None:
    assert 2**28 < memory_of("cpu") < 2**48


def test_a_cell_has_its_own_threads() -> None:
    before = torch.get_num_threads()
    for threads in (1, 2):
        with executing(Execution(threads=threads), seed=0):
            assert torch.get_num_threads() == threads
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("name", ["", "gpu", "CPU", "cuda:-1", "cuda:x", "meta"])
def test_a_name_that_is_no_device_for_training(name: str) -> None:
    with pytest.raises(UsageError, match=f"device '{name}': ") as caught:
        check_device(name)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
@pytest.mark.parametrize("name", ["cuda", "cuda:1", "xpu", "xla", "hpu"])
def test_a_device_that_is_not_here(name: str) -> None:
    with pytest.raises(MachineError, match=f"device '{name}' cannot be used: .") as caught:
        check_device(name)
    assert caught.value.exit_code == 5
    assert "\n" not in str(caught.value)


def test_a_gpu_is_looked_for_without_asking_it_for_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def empty(size: int, device: torch.device) -> None:
        raise RuntimeError("CUDA error: invalid device ordinal\nmore")

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch, "empty", empty)
    for name in ("cuda", "cuda:0", "cuda:1"):
        check_device(name)
    with pytest.raises(MachineError, match=r"be used: CUDA error: invalid device ordinal$"):
        check_device("cuda:2")


def test_the_cpu_is_always_here() -> None:
    check_device("cpu")
    assert device_name("cpu") == f"cpu {torch.backends.cpu.get_cpu_capability()}"
    assert device_id("cpu") == "cpu"


def test_a_gpu_is_the_current_one_while_a_cell_trains(monkeypatch: pytest.MonkeyPatch) -> None:
    """What asks for no device, as the thread that pins images, then takes no other's memory."""
    seen: list[str] = []

    @contextmanager
    def current(device: torch.device) -> Iterator[None]:
        seen.append(f"{device}")
        yield
        seen.append("left")

    monkeypatch.setattr(torch.cuda, "device", current)
    monkeypatch.setattr(torch.random, "fork_rng", lambda devices: nullcontext())
    monkeypatch.setattr(execution_module, "seed_device", lambda device, seed: seen.append("in"))
    with executing(Execution(device="cuda:1"), seed=0):
        pass
    with executing(Execution(), seed=0):
        pass
    assert seen == ["cuda:1", "in", "left", "in"]


SWITCHES = """
import torch
from ablate.training import Execution
from ablate.training.execution import executing
cudnn = torch.backends.cudnn
if {old}:
    cudnn.allow_tf32 = False
else:
    cudnn.conv.fp32_precision = "ieee"
for determinism in ("fast", "strict"):
    with executing(Execution(determinism=determinism), seed=0):
        print(cudnn.conv.fp32_precision)
print(cudnn.conv.fp32_precision if not {old} else cudnn.allow_tf32)
"""


@pytest.mark.parametrize("old", [True, False])
def test_precision_is_set_as_every_version_of_torch_likes_it(old: bool) -> None:
    """Also where the caller has set it, in the old way or the new; warnings are errors."""
    command = [sys.executable, "-W", "error", "-c", SWITCHES.format(old=old)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["tf32", "ieee", "False" if old else "ieee"]


def test_devices_must_divide_the_parts_of_a_batch() -> None:
    for devices in (1, 2, 4):
        Execution(devices_per_cell=devices).check(4)
    with pytest.raises(UsageError) as caught:
        Execution(devices_per_cell=6).check(4)
    assert str(caught.value) == (
        "--devices-per-cell 6: must divide the parts of a batch, accumulate: 4; write 1 or 2 or 4, "
        "or --set recipe.accumulate=12, which is another training, with keys of its own"
    )
    with pytest.raises(UsageError, match="--devices-per-cell: must be >= 1, got 0"):
        Execution(devices_per_cell=0)

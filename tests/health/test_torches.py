"""What is said of torch and of devices, from what it found of them."""

from __future__ import annotations

from typing import Any

import pytest

from ablate.health.checks import Check, worst
from ablate.health.torches import is_torch_usable, torches

TORCH = {"part": "torch", "version": "2.14.1", "built": "13.0"}
VISION = {"part": "torchvision", "version": "0.29.1"}
IDLE = {"part": "cpu", "others": 0.0}
GPU = {"part": "gpu", "device": "cuda:0", "name": "H100", "memory": 80 << 30, "others": 0.0}
TOO_OLD = (
    "RuntimeError: The NVIDIA driver on your system is too old (found version 11040). Please "
    "update your GPU driver"
)


def told(*found: dict[str, Any], nvidia: bool = True, pair: str = "") -> dict[str, Check]:
    return {check.name: check for check in torches(found, nvidia=nvidia, pair=pair)}


def test_a_machine_without_gpu_is_fit() -> None:
    checks = told({**TORCH, "built": None}, VISION, IDLE, nvidia=False)
    assert worst(checks.values()) == "ok"
    assert checks["gpu"].message.startswith("none: cells train on ")
    assert "without CUDA" in checks["torch"].message
    no_driver = {"part": "cuda", "error": "RuntimeError: Found no NVIDIA driver on your system"}
    assert worst(told(TORCH, VISION, no_driver, IDLE, nvidia=False).values()) == "ok"


def test_a_torch_that_cannot_be_imported_is_all_that_is_said() -> None:
    checks = told({"part": "torch", "error": "OSError: libcudart.so.13: cannot open"})
    assert list(checks) == ["torch"] and checks["torch"].state == "error"
    assert "libcudart.so.13" in checks["torch"].message
    assert checks["torch"].mend.startswith("pip install")
    assert not is_torch_usable([{"part": "torch", "error": "x"}])
    assert is_torch_usable([TORCH])


def test_a_process_that_died_is_told_of_what_it_died_in() -> None:
    died = {"part": "", "error": "the process ended with SIGSEGV: without a word"}
    assert "SIGSEGV" in told(died)["torch"].message
    assert told(TORCH, died)["torchvision"].state == "error"
    gpu = told(TORCH, VISION, died)["gpu"]
    assert gpu.state == "error" and "SIGSEGV" in gpu.message


def test_a_pair_that_does_not_go_together() -> None:
    broken = {"part": "torchvision", "error": "RuntimeError: operator torchvision::nms ..."}
    check = told(TORCH, broken, IDLE, pair="torchvision 1 was made for torch==2")["torchvision"]
    assert check.state == "error"
    assert "nms" in check.message and "made for torch==2" in check.message
    check = told(TORCH, VISION, IDLE, pair="torchvision 1 was made for torch==2")["torchvision"]
    assert check.state == "warning"  # it may yet do


@pytest.mark.parametrize(
    ("found", "state", "said", "mend"),
    [
        ({"part": "cuda", "error": TOO_OLD}, "error", "driver is too old", "newer driver for CUDA"),
        ({"part": "cuda", "error": "RuntimeError: unknown"}, "error", "finds none", "nvidia-smi"),
        ({**GPU, "others": 0.5}, "warning", "others hold 40 GiB", "wait"),
        ({"part": "gpu", "device": "cuda:0", "error": "no kernel image"}, "error", "no kernel", ""),
        (GPU, "ok", "H100, 80 GiB", ""),
    ],
)
def test_gpus(found: dict[str, Any], state: str, said: str, mend: str) -> None:
    cuda = [] if found["part"] == "cuda" else [{"part": "cuda", "count": 1}]
    checks = told(TORCH, VISION, *cuda, found, IDLE)
    check = checks.get("cuda:0") or checks["gpu"]
    assert (check.state, said in check.message, mend in check.mend) == (state, True, True), check
    assert bool(check.mend) == (state != "ok")


def test_gpus_that_the_environment_hides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    hidden = {"part": "cuda", "error": "RuntimeError: No CUDA GPUs are available"}
    check = told(TORCH, VISION, hidden, IDLE)["gpu"]
    assert check.state == "warning" and "CUDA_VISIBLE_DEVICES is ''" in check.message


def test_a_torch_without_cuda_beside_a_gpu() -> None:
    check = told({**TORCH, "built": None}, VISION, IDLE)["gpu"]
    assert check.state == "warning" and "built without CUDA" in check.message


def test_a_busy_cpu() -> None:
    check = told(TORCH, VISION, {"part": "cpu", "others": 0.6}, nvidia=False)["cpu"]
    assert check.state == "warning" and "60%" in check.message

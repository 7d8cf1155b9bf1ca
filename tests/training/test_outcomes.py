"""How a cell can end besides finishing, and that torch is left as it was found."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from ablate.errors import CellOutcome, Diverged, OutOfMemory, TimedOut
from ablate.training import Epoch, Execution, TrainingStep, fit
from ablate.training.checkpoint import load_checkpoint, save_checkpoint
from ablate.training.outcomes import outcomes
from tests.training.cells import IMAGES, cell, numbers, same_weights


def test_diverged_names_the_epoch() -> None:
    with pytest.raises(Diverged, match=r"^the loss was not finite in epoch 1$"):
        fit(cell({"lr": 1e10, "epochs": 3}), IMAGES)


def test_a_single_lost_step_is_never_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks are rare, but a sum that was once not finite stays so."""
    update, taken = TrainingStep.update, []

    def bad(step: Any, *batch: Any) -> Any:
        taken.append(1)
        loss, logits = update(step, *batch)
        return (loss * float("inf") if len(taken) == 6 else loss), logits

    monkeypatch.setattr(TrainingStep, "update", bad)
    with pytest.raises(Diverged, match=r"in epoch 2$"):
        fit(cell({"epochs": 4}), IMAGES)


def test_diverged_by_the_last_step(tmp_path: Path) -> None:
    """No training loss has seen it, but the result would not be a number."""
    made = cell({"epochs": 1, "batch_size": 128, "lr": 1e30})
    for _ in range(2):  # the second time from the checkpoint
        with pytest.raises(Diverged, match="after the last epoch"):
            fit(made, IMAGES, checkpoint=tmp_path / "checkpoint.pt")


def test_time_is_up() -> None:
    with pytest.raises(TimedOut, match=r"^more than 1e-06 s of training, in epoch 1$"):
        fit(cell(), IMAGES, Execution(time_limit=1e-6))


def test_time_counts_over_all_attempts(tmp_path: Path) -> None:
    made, path = cell({"epochs": 3}), tmp_path / "checkpoint.pt"

    def stop(epoch: Epoch) -> None:
        if epoch.epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(made, IMAGES, checkpoint=path, on_epoch=stop)
    state = load_checkpoint(path)
    assert state is not None
    for row in state["curve"]:
        row["seconds"] = 1000.0
    save_checkpoint(path, state)
    with pytest.raises(TimedOut, match=r"^more than 1500 s of training, in epoch 3$"):
        fit(made, IMAGES, Execution(time_limit=1500), checkpoint=path)
    assert len(fit(made, IMAGES, Execution(time_limit=2500), checkpoint=path).curve) == 3


CUDNN = "CUDNN_STATUS"
ALLOCATOR = (
    "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: "
    "you tried to allocate 4000000000000000 bytes. Error code 12 (Cannot allocate memory)"
)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried 9 GiB.\nmore"), "CUDA out of memory."),
        (torch.OutOfMemoryError(), "out of memory"),
        (MemoryError(), "out of memory"),
        (MemoryError("Unable to allocate 9 GiB"), "Unable to allocate 9 GiB"),
        (RuntimeError(ALLOCATOR), "can't allocate memory"),
        (RuntimeError("MPS backend out of memory (...)"), "MPS backend out of memory"),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), "ALLOC_FAILED"),
        (RuntimeError(f"cuDNN error: {CUDNN}_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED"), "DEVICE_"),
        (RuntimeError(f"cuDNN error: {CUDNN}_INTERNAL_ERROR_HOST_ALLOCATION_FAILED"), "HOST_"),
        (RuntimeError("std::bad_alloc"), "bad_alloc"),
    ],
)
def test_out_of_memory(
    error: Exception, reason: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    failing(monkeypatch, error)
    with pytest.raises(OutOfMemory) as caught:
        fit(cell(), IMAGES)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_cpu_allocator_says_what_is_listened_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(step: Any, *batch: Any) -> None:
        torch.empty(10**15)

    monkeypatch.setattr(TrainingStep, "update", greedy)
    with pytest.raises(OutOfMemory, match="4000000000000000 bytes"):
        fit(cell(), IMAGES)


def test_memory_was_out_in_what_another_error_came_from() -> None:
    """A graph whose recording stops says so with an error of its own."""

    def record() -> None:
        try:
            raise torch.OutOfMemoryError("CUDA out of memory\nmore")
        finally:
            raise RuntimeError("operation failed due to a previous error during capture")

    with pytest.raises(OutOfMemory, match=r"^CUDA out of memory$"), outcomes(CPU):
        record()


GIB = 2**30
CPU, CUDA = torch.device("cpu"), torch.device("cuda:1")


@pytest.mark.parametrize("search", ["GET", "FIND"])
@pytest.mark.parametrize(
    ("device", "free", "unused", "found"),
    [(CUDA, 1, 1, True), (CUDA, 1, 9, False), (CUDA, 40, 0, False), (CPU, 0, 0, False)],
)
def test_that_no_kernel_runs_means_no_memory_where_little_is_free(
    monkeypatch: pytest.MonkeyPatch,
    search: str,
    device: torch.device,
    free: int,
    unused: int,
    found: bool,
) -> None:
    """Of 80 GiB: free for all, and held by this process without use. Else it is another fault."""
    asked: list[torch.device] = []

    def mem_get_info(device: torch.device) -> tuple[int, int]:
        asked.append(device)
        return free * GIB, 80 * GIB

    monkeypatch.setattr(torch.cuda, "mem_get_info", mem_get_info)
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: (30 + unused) * GIB)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 30 * GIB)
    error = RuntimeError(f"{search} was unable to find an engine to execute this computation")
    expected = pytest.raises(OutOfMemory if found else RuntimeError, match="unable to find")
    with expected, outcomes(device):
        raise error
    assert asked == [device] * (device == CUDA)


@pytest.mark.parametrize(
    "error", [RuntimeError("shapes do not match"), RuntimeError(), ValueError("other")]
)
def test_other_errors_pass_through(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, error)
    with pytest.raises(type(error)) as caught:
        fit(cell(), IMAGES)
    assert caught.value is error
    assert not isinstance(caught.value, CellOutcome)


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(step: Any, *batch: Any) -> None:
        raise error

    monkeypatch.setattr(TrainingStep, "update", fail)


def switches() -> dict[str, Any]:
    """Everything global that training could have changed."""
    cudnn = torch.backends.cudnn
    return {
        "generator": torch.get_rng_state().tolist(),
        "seed": torch.initial_seed(),
        "threads": torch.get_num_threads(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "lenient": torch.is_deterministic_algorithms_warn_only_enabled(),
        "cudnn": (cudnn.enabled, cudnn.benchmark, cudnn.deterministic, cudnn.conv.fp32_precision),
        "gradients": torch.is_grad_enabled(),
        "autocast": torch.is_autocast_enabled("cpu"),
        "warnings": list(warnings.filters),
    }


@pytest.fixture(params=["usual", "unusual"])
def callers(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """The caller's switches, which may be those of torch or their opposites."""
    before, cudnn = switches(), torch.backends.cudnn
    torch.manual_seed(123)
    torch.rand(7)
    if request.param == "unusual":
        torch.set_num_threads(3)
        torch.use_deterministic_algorithms(True, warn_only=True)
        cudnn.benchmark, cudnn.deterministic, cudnn.conv.fp32_precision = True, True, "ieee"
    yield switches()
    torch.set_num_threads(before["threads"])
    torch.use_deterministic_algorithms(before["deterministic"], warn_only=before["lenient"])
    _, cudnn.benchmark, cudnn.deterministic, cudnn.conv.fp32_precision = before["cudnn"]


@pytest.mark.parametrize("determinism", ["fast", "strict"])
@pytest.mark.parametrize("error", [None, RuntimeError("lost"), KeyboardInterrupt()])
def test_torch_is_left_as_it_was(
    callers: dict[str, Any],
    determinism: Any,
    error: BaseException | None,
) -> None:
    inside: list[dict[str, Any]] = []

    def look(epoch: Epoch) -> None:
        inside.append(switches())
        if error is not None:
            raise error

    made = cell({"precision": "fp16"}, network={"dropout": 0.2})
    execution = Execution(determinism=determinism)
    if error is None:
        fit(made, IMAGES, execution, on_epoch=look)
    else:
        with pytest.raises(type(error)):
            fit(made, IMAGES, execution, on_epoch=look)
    assert switches() == callers
    strict = determinism == "strict"
    assert inside[0]["threads"] == 1
    assert inside[0]["deterministic"] == strict
    assert inside[0]["cudnn"] == (True, False, strict, "ieee" if strict else "tf32")
    assert inside[0]["generator"] != callers["generator"]


def test_the_callers_state_changes_no_number(callers: dict[str, Any]) -> None:
    made = cell(network={"dropout": 0.2}, data={"augment": True})
    with torch.random.fork_rng([]):
        first = fit(made, IMAGES)
    torch.manual_seed(9)
    torch.set_num_threads(2)
    second = fit(made, IMAGES, Execution(determinism="strict"))
    assert same_weights(first, second)
    assert numbers(first.curve) == numbers(second.curve)


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_thread_counts_change_no_number(threads: int) -> None:
    wide = cell({"epochs": 1}, network={"growth_rate": 16})
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        found = fit(wide, IMAGES)
    finally:
        torch.set_num_threads(before)
    assert same_weights(found, fit(wide, IMAGES))


def test_steps_that_fp16_skips_warn_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    scaler = torch.GradScaler

    def huge(device: str, *, enabled: bool) -> torch.GradScaler:
        return scaler(device, init_scale=2.0**40, enabled=enabled)

    monkeypatch.setattr(torch, "GradScaler", huge)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = fit(cell({"precision": "fp16", "epochs": 1, "lr_drops": [0.5]}), IMAGES)
    assert found.curve[0].lr == pytest.approx(0.005)  # the skipped steps count

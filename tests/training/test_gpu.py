"""The GPU path. `python -m pytest -m gpu` on a machine that has one."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from ablate.cells import DATASETS, Cell, Data, Recipe
from ablate.data import Batches, Images, load_images, sizes_in
from ablate.errors import OutOfMemory
from ablate.machine import peak_memory, release_memory
from ablate.models import build
from ablate.networks import architecture
from ablate.training import (
    Epoch,
    Execution,
    TrainingStep,
    capturing,
    fit,
    loop,
    make_optimizer,
    replaying,
)
from ablate.training.replaying import Program, Recording, record
from ablate.training.results import Fit
from tests.training.cells import numbers

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]
STRICT = Execution(device="cuda", determinism="strict")


@pytest.fixture(scope="module")
def images() -> Images:
    return load_images(Data(dataset="digits"), Path())


def cell(images: Images, **recipe: Any) -> Cell:
    net = architecture(
        family="densenet", depth=10, growth_rate=8, bottleneck_width=2, dropout=0.1
    ).resolve(in_channels=1, classes=10, image_size=8)
    settings: dict[str, Any] = {"epochs": 6, "schedule": "one_cycle", "lr": 0.05}
    data = Data(dataset="digits", augment=True)
    return Cell(net, Recipe(**(settings | recipe)), data, 0, images.facts)


def weights(found: Fit) -> list[torch.Tensor]:
    return [tensor.cpu() for tensor in found.module.state_dict().values()]


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_it_learns(images: Images, precision: str) -> None:
    """144 held-out images of ten classes, 6 epochs: 20 to 27% were seen on an H100."""
    assert fit(cell(images, precision=precision), images, Execution(device="cuda")).error < 50


def test_strict_runs_are_bitwise_equal(images: Images) -> None:
    one, two = (fit(cell(images), images, STRICT) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(weights(one), weights(two), strict=True))


def test_a_strict_run_resumes_bitwise(images: Images, tmp_path: Path) -> None:
    class Interrupted(Exception):
        pass

    def stop(epoch: Epoch) -> None:
        if epoch.epoch == 3:
            raise Interrupted

    checkpoint = tmp_path / "checkpoint.pt"
    with pytest.raises(Interrupted):
        fit(cell(images), images, STRICT, checkpoint=checkpoint, on_epoch=stop)
    resumed, whole = (
        fit(cell(images), images, STRICT, checkpoint=checkpoint),
        fit(cell(images), images, STRICT),
    )
    assert all(torch.equal(a, b) for a, b in zip(weights(resumed), weights(whole), strict=True))


def test_the_first_epoch_is_that_of_the_cpu(images: Images) -> None:
    """Same weights, same batches, same augmentation: only rounding differs."""
    without_dropout = replace(
        cell(images, epochs=1),
        architecture=cell(images).architecture.model_copy(update={"dropout": 0.0}),
    )
    gpu, cpu = (fit(without_dropout, images, e) for e in (STRICT, Execution()))
    assert gpu.curve[0].train_loss == pytest.approx(cpu.curve[0].train_loss, rel=1e-3)


WAYS: dict[str, dict[str, Any]] = {
    "sgd": {"schedule": "step", "lr": 0.05},
    "adamw": {"optimizer": "adamw", "lr": 1e-3, "schedule": "cosine"},
    "bf16": {"precision": "bf16", "label_smoothing": 0.1},
    "fp16": {"precision": "fp16"},
    "clipped": {"clip_norm": 0.5},
    "cut out": {"cutout": 3},
    "mixed": {"mixup": 0.2, "cutmix": 1.0},
    "averaged": {"ema_decay": 0.99},
    "nadam": {"optimizer": "torch.optim:NAdam", "lr": 1e-3},
    "rmsprop, margins": {
        **{"optimizer": "torch.optim:RMSprop", "lr": 1e-4, "loss": "torch.nn:MultiMarginLoss"}
    },
    "all of them, fp16": {
        **{"cutout": 3, "mixup": 0.2, "ema_decay": 0.99, "clip_norm": 0.5, "precision": "fp16"}
    },
    "fp16, clipped": {"precision": "fp16", "clip_norm": 0.5},
}


@pytest.fixture
def recordings(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, float]]:
    """How many graphs were recorded at a time, and the seconds it took, warm-up included."""
    taken: list[tuple[int, float]] = []

    def timed(bodies: Any, device: torch.device) -> Any:
        torch.cuda.synchronize()
        start = time.perf_counter()
        replays = capturing.capture_all(bodies, device)
        torch.cuda.synchronize()
        taken.append((len(bodies), time.perf_counter() - start))
        return replays

    monkeypatch.setattr(replaying, "capture_all", timed)
    return taken


def assert_equal(first: Fit, second: Fit) -> None:
    """Bitwise, in every weight and every row of the curve."""
    assert all(torch.equal(a, b) for a, b in zip(weights(first), weights(second), strict=True))
    assert numbers(first.curve) == numbers(second.curve)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("memory", ["fast", "efficient"])
def test_captured_is_eager(
    images: Images, way: str, memory: str, recordings: list[tuple[int, float]]
) -> None:
    """Augmentation, dropout, lr drops, last partial batches and evaluation included."""
    made = cell(images, **WAYS[way])
    if memory == "efficient":  # which knows no dropout; sources that are gathered
        changed = {"dropout": 0.0, "connectivity": "log"}
        made = replace(made, architecture=made.architecture.model_copy(update=changed))
    eager = fit(made, images, replace(STRICT, memory=memory, capture="off"))
    assert recordings == []
    captured = fit(made, images, replace(STRICT, memory=memory))
    evaluated = len(images.y_train) // 10
    sizes = sizes_in(len(images.y_train) - evaluated, 64), sizes_in(evaluated, 256)
    assert [graphs for graphs, _ in recordings] == [sum(map(len, sizes))]  # once for all rates
    assert_equal(captured, eager)


def test_captured_resumes_from_eager(images: Images, tmp_path: Path) -> None:
    class Interrupted(Exception):
        pass

    def stop(epoch: Epoch) -> None:
        if epoch.epoch == 3:
            raise Interrupted

    made, eager = cell(images), replace(STRICT, capture="off")
    whole = fit(made, images, eager)
    for number, (first, second) in enumerate(((eager, STRICT), (STRICT, eager))):
        checkpoint = tmp_path / f"{number}.pt"
        with pytest.raises(Interrupted):
            fit(made, images, first, checkpoint=checkpoint, on_epoch=stop)
        assert_equal(fit(made, images, second, checkpoint=checkpoint), whole)


def test_evaluation_is_captured(
    images: Images, recordings: list[tuple[int, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "EVALUATION_BATCH", 16)
    made = cell(images, epochs=2)
    captured = fit(made, images, STRICT)
    assert len(recordings) == 1
    assert_equal(captured, fit(made, images, replace(STRICT, capture="off")))


def test_graphs_take_the_memory_of_the_largest(images: Images) -> None:
    """With a last batch of almost the size of the others, and without one."""
    wide = architecture(family="densenet", depth=22, growth_rate=48).resolve(
        in_channels=1, classes=10, image_size=8
    )
    peaks = []
    for limit in (1024, 1024 + 500):
        made = replace(
            cell(images, epochs=2, batch_size=512),
            architecture=wide,
            data=Data(dataset="digits", limit=limit, hold_out=100),
        )
        release_memory("cuda")
        fit(made, images, STRICT)
        peaks.append(peak_memory("cuda") or 0)
    assert peaks[1] < 1.15 * peaks[0]


def test_capture_takes_less_than_two_seconds(recordings: list[tuple[int, float]]) -> None:
    """DenseNet-BC-100-12, after a first step that loads libraries."""
    network = architecture(
        family="densenet", depth=100, growth_rate=12, bottleneck_width=4, compression=0.5
    )
    device, recipe = torch.device("cuda"), Recipe(epochs=1)
    module = build(network, device=device).to(memory_format=torch.channels_last)
    optimizer = make_optimizer(recipe, module)
    facts = DATASETS["cifar10"]
    assert facts is not None
    x = torch.randint(0, 256, (64, 32, 32, 3), dtype=torch.uint8)
    batches = Batches(x, torch.arange(64) % 10, facts, batch_size=64, device=device)
    (draw,) = batches.draws(*(torch.Generator().manual_seed(n) for n in range(2)))
    step = TrainingStep(recipe, module, optimizer, batches.make, device, module)
    step.set_rate()
    step(draw)
    record([Recording(Program(step), draw, module.train)], device)
    assert len(recordings) == 1 and recordings[0][1] < 2


def test_a_graph_without_memory_is_an_outcome(
    images: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory that is out only while the step is recorded."""
    update = TrainingStep.update

    def greedy(step: Any, *batch: Any) -> Any:
        if torch.cuda.is_current_stream_capturing():
            torch.empty(2**50, device="cuda")
        return update(step, *batch)

    monkeypatch.setattr(TrainingStep, "update", greedy)
    with pytest.raises(OutOfMemory):
        fit(cell(images), images, Execution(device="cuda"))


def test_what_waits_for_the_device_runs_step_by_step(
    images: Images, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is found before anything is recorded, and so graphs go on after it."""
    eager = fit(cell(images), images, replace(STRICT, capture="off"))
    update = TrainingStep.update

    def looking(step: Any, *batch: Any) -> Any:
        loss, logits = update(step, *batch)
        float(loss)
        return loss, logits

    with monkeypatch.context() as patch:
        patch.setattr(TrainingStep, "update", looking)
        found = fit(cell(images), images, STRICT)
    told = r"capture: steps run kernel by kernel: test_gpu.py:\d+ waits for the device"
    assert re.search(told, caplog.text)
    assert_equal(found, eager)
    assert_equal(fit(cell(images), images, STRICT), eager)


UNSEEN = """
import torch
from ablate.errors import RecordingFailed
from ablate.training import Execution, fit
from ablate.training.stepping import TrainingStep
from tests.training.cells import IMAGES, cell

update = TrainingStep.update

def looking(step, *batch):
    loss, logits = update(step, *batch)
    if torch.cuda.is_current_stream_capturing():
        float(loss)
    return loss, logits

TrainingStep.update = looking
try:
    fit(cell(), IMAGES, Execution(device="cuda"))
except RecordingFailed as error:
    print(error)
print(torch.cuda.current_stream() == torch.cuda.default_stream())
"""


def test_a_recording_that_fails_is_an_error_with_the_way_out() -> None:
    """In a process of its own, of which torch may be of no more use."""
    done = subprocess.run([sys.executable, "-c", UNSEEN], capture_output=True, text=True)
    error, stream = done.stdout.splitlines()
    assert error.startswith("a step could not be recorded as a CUDA graph (")
    assert 'start another, with capture="off"' in error
    assert stream == "True"


def test_too_large_a_network_is_an_outcome(images: Images) -> None:
    _, total = torch.cuda.mem_get_info()
    torch.cuda.set_per_process_memory_fraction(min(1.0, 64 * 2**20 / total))
    try:
        wide = architecture(family="densenet", depth=40, growth_rate=512).resolve(
            in_channels=1, classes=10, image_size=8
        )
        with pytest.raises(OutOfMemory):
            fit(replace(cell(images), architecture=wide), images, Execution(device="cuda"))
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)


OTHERS = """
import torch
from ablate.training import Execution, fit
from tests.training.cells import IMAGES, cell
fit(cell({"epochs": 1}), IMAGES, Execution(device="cuda:1"))
print(torch.cuda.current_device(), torch._C._cuda_hasPrimaryContext(0))
"""


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="one CUDA device at most")
def test_a_cell_takes_memory_of_no_other_gpu() -> None:
    done = subprocess.run([sys.executable, "-c", OTHERS], capture_output=True, text=True)
    assert done.stdout == "0 False\n"

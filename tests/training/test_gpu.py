"""The GPU path. `python -m pytest -m gpu` on a machine that has one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from ablate.data import Images, load_images
from ablate.errors import OutOfMemory
from ablate.spec import Cell, Data, Recipe, architecture
from ablate.training import Epoch, Execution, Fit, fit

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
    assert fit(cell(images, precision=precision), images, Execution(device="cuda")).error < 25


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

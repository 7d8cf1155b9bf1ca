"""The step that a GPU replays, replayed on the CPU: a stand-in for graphs calls the same body."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ablate.data import Draw
from ablate.errors import Diverged, OutOfMemory
from ablate.spec import Recipe
from ablate.training import Epoch, Execution, Fit, fit, loop, stepping
from ablate.training.optimizing import make_optimizer, make_schedule
from ablate.training.stepping import Program, TrainingStep, parts_of, why_not_captured
from tests.training.cells import IMAGES, cell, numbers, same_weights

RECIPES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "sgd": ({}, {}, {}),
    "without momentum": ({"momentum": 0.0, "nesterov": False}, {}, {}),
    "adamw": ({"optimizer": "adamw", "lr": 1e-3}, {}, {}),
    "cosine": ({"schedule": "cosine"}, {}, {}),
    "one_cycle": ({"schedule": "one_cycle"}, {}, {}),
    "smoothed": ({"label_smoothing": 0.1}, {}, {}),
    "bf16": ({"precision": "bf16"}, {}, {}),
    "augmented": ({}, {"augment": True}, {}),
    "black border": ({}, {"augment": True, "pad": "black"}, {}),
    "dropout": ({}, {}, {"dropout": 0.3}),
    "bottleneck, log": ({}, {}, {"block_layers": [4], "depth": None, "connectivity": "log"}),
    "companions": ({"lr": 0.01}, {}, {"family": "dsn", "width": 6}),
    "accumulated": ({"accumulate": 3}, {}, {}),
    "picked": ({"preset": "densenet-2017-svhn"}, {}, {}),
}


class Recorder:
    """Takes the place of `capture`: warms up as it does, then replays by calling the body."""

    def __init__(self, error: Callable[[], None] = lambda: None) -> None:
        self.error, self.recorded, self.replays = error, 0, 0

    def __call__(self, body: Callable[[], None], device: torch.device) -> Callable[[], None]:
        for _ in range(3):
            body()
        self.error()
        self.recorded += 1

        def replay() -> None:
            self.replays += 1
            body()

        return replay


def recording(patch: pytest.MonkeyPatch, recorder: Recorder) -> Recorder:
    """Runs on the CPU are asked the questions of a GPU; evaluation has full batches too."""

    def as_on_a_gpu(recipe: Recipe, execution: Execution) -> str:
        return why_not_captured(recipe, replace(execution, device="cuda"))

    patch.setattr(stepping, "capture", recorder)
    patch.setattr(loop, "why_not_captured", as_on_a_gpu)
    patch.setattr(loop, "EVALUATION_BATCH", 13)  # 13, 13 and 14 of 40
    return recorder


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    return recording(monkeypatch, Recorder())


OFF = Execution(capture="off")


def assert_equal(first: Fit, second: Fit) -> None:
    assert same_weights(first, second)
    assert numbers(first.curve) == numbers(second.curve)


@pytest.mark.parametrize("kind", RECIPES)
@pytest.mark.parametrize("memory", ["fast", "efficient"])
def test_replayed_is_run_step_by_step(recorder: Recorder, kind: str, memory: str) -> None:
    """Bitwise, with warm-up, lr drops, evaluation and last partial batches in between."""
    recipe, data, network = RECIPES[kind]
    made = cell({"epochs": 4} | recipe, data, network)
    plain = fit(made, IMAGES, replace(OFF, memory=memory))
    assert recorder.recorded == 0
    assert_equal(fit(made, IMAGES, Execution(memory=memory)), plain)
    assert recorder.recorded == 2  # training and evaluation, once for all epochs
    assert recorder.replays == 4 * (3 + 2)


@pytest.mark.parametrize("after", [1, 3])
@pytest.mark.parametrize("kind", ["sgd", "adamw", "one_cycle", "dropout", "picked"])
def test_replays_go_on_from_a_checkpoint(
    recorder: Recorder, kind: str, after: int, tmp_path: Path
) -> None:
    def stop(epoch: Epoch) -> None:
        if epoch.epoch == after:
            raise KeyboardInterrupt

    recipe, data, network = RECIPES[kind]
    made, path = cell({"epochs": 4} | recipe, data, network), tmp_path / "checkpoint.pt"
    with pytest.raises(KeyboardInterrupt):
        fit(made, IMAGES, checkpoint=path, on_epoch=stop)
    resumed = fit(made, IMAGES, checkpoint=path)
    assert recorder.recorded == 4
    assert_equal(resumed, fit(made, IMAGES, OFF))


def test_a_run_without_a_full_batch_records_nothing(recorder: Recorder) -> None:
    fit(cell({"batch_size": 4096}, {"evaluate": "test", "hold_out": None}), IMAGES)
    assert recorder.recorded == 1  # of the test set's 360


def test_divergence_is_seen_in_replays(recorder: Recorder) -> None:
    with pytest.raises(Diverged, match=r"in epoch 1$"):
        fit(cell({"lr": 1e10, "epochs": 3}), IMAGES)
    assert recorder.replays == 3


def test_what_cannot_be_recorded_runs_and_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError("operation not permitted when stream is capturing\nand more")

    recorder = recording(monkeypatch, Recorder(fail))
    made = cell({"epochs": 3}, network={"dropout": 0.2})
    found = fit(made, IMAGES)
    reason = "steps run kernel by kernel: operation not permitted when stream is capturing"
    assert [r.getMessage() for r in caplog.records] == [f"capture: {reason}"] * 2
    assert recorder.recorded == 0
    assert_equal(found, fit(made, IMAGES, OFF))


def test_no_memory_to_record_is_an_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried 9 GiB.")

    recording(monkeypatch, Recorder(fail))
    with pytest.raises(OutOfMemory, match="Tried 9 GiB"):
        fit(cell(), IMAGES)


@pytest.mark.parametrize(
    ("recipe", "execution", "why"),
    [
        ({}, Execution(device="cuda"), ""),
        ({"precision": "bf16"}, Execution(device="cuda:1", determinism="strict"), ""),
        ({}, Execution(device="cuda", capture="off"), "capture is off"),
        ({}, Execution(), "cpu has no CUDA graphs"),
        ({}, Execution(device="mps"), "mps has no CUDA graphs"),
        ({"precision": "fp16"}, Execution(device="cuda"), "fp16 looks at every step"),
    ],
)
def test_what_keeps_from_capture(recipe: dict[str, Any], execution: Execution, why: str) -> None:
    found = why_not_captured(Recipe(epochs=1, **recipe), execution)
    assert found.startswith(why) and bool(found) == bool(why)


def test_the_log_says_why_nothing_is_recorded(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "ablate.training")
    fit(cell({"epochs": 1}), IMAGES)
    assert "capture: steps run kernel by kernel: cpu has no CUDA graphs" in caplog.messages


def test_a_replay_reads_its_own_draw() -> None:
    seen: list[list[int]] = []

    class Step:
        def __call__(self, draw: Draw) -> None:
            seen.append([*draw[0].tolist(), *draw[1][:, 0].tolist()])

        def changes(self) -> list[Tensor]:
            return []

    program = Program(Step(), 2, torch.device("cpu"), captured=True)
    with pytest.MonkeyPatch.context() as patch:
        recorder = recording(patch, Recorder())
        sizes = (2, 2, 3, 2)
        draws = [
            (torch.full((size,), n), torch.full((size, 1), 10 * n)) for n, size in enumerate(sizes)
        ]
        for draw in draws:
            program(draw)
        assert recorder.replays == 3
    assert seen[3:] == [[0, 0, 0, 0], [1, 1, 10, 10], [2, 2, 2, 20, 20, 20], [3, 3, 30, 30]]
    assert [draw[0][0].item() for draw in draws] == [0, 1, 2, 3]


def stepped(rate: Tensor | None, fused: bool, **settings: Any) -> tuple[list[float], list[Tensor]]:
    """A step's rates, and the weights after six of them with two drops."""
    recipe = Recipe(epochs=1, lr=0.0625, lr_drop_factor=0.5, **settings)
    torch.manual_seed(0)
    module = nn.Linear(3, 4)
    optimizer = make_optimizer(recipe, module)
    optimizer.param_groups[0]["fused"] = fused
    schedule = make_schedule(recipe, optimizer, 6)
    x, y = torch.randn(8, 3), torch.arange(8) % 4
    step = TrainingStep(recipe, module, optimizer, lambda draw: (x, y), torch.device("cpu"), module)
    step.rate, rates = rate, []
    for _ in range(6):
        step.set_rate()
        step(torch.empty(4, 8))
        schedule.step()
        rates.append(optimizer.param_groups[0]["lr"])
    assert step.sums.loss.item() > 0
    return rates, [tensor.detach() for tensor in step.changes()]


# On a GPU every optimizer is fused; AdamW would round lr times decay to float32 if it were not.
@pytest.mark.parametrize(("optimizer", "fused"), [("sgd", False), ("sgd", True), ("adamw", True)])
def test_a_rate_in_a_tensor_is_the_rate(optimizer: str, fused: bool) -> None:
    """Bitwise where float32 holds it exactly; schedules go on with the number."""
    with torch.random.fork_rng([]):
        rates, expected = stepped(None, fused, optimizer=optimizer)
        tensor = torch.zeros(())
        rates_found, found = stepped(tensor, fused, optimizer=optimizer)
    assert rates_found == rates == [0.0625, 0.0625, 0.03125, 0.015625, 0.015625, 0.015625]
    assert all(isinstance(rate, float) for rate in rates_found)
    assert tensor.item() == 0.015625
    assert len(found) == len(expected) > 4
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize(
    ("images", "accumulate", "parts"), [(64, 1, 1), (64, 4, 4), (7, 4, 3), (3, 4, 1), (1, 2, 1)]
)
def test_every_part_has_two_images_at_least(images: int, accumulate: int, parts: int) -> None:
    assert parts_of(images, accumulate) == parts
    assert images < 2 or min(map(len, torch.arange(images).tensor_split(parts))) >= 2


@pytest.mark.parametrize("images", [12, 11])
def test_gradients_of_parts_sum_to_those_of_the_batch(images: int) -> None:
    """Without batch norm a batch in parts is the batch, also where the parts are not equal."""
    torch.manual_seed(0)
    x, y = torch.randn(images, 5).double(), torch.arange(images) % 3
    found = []
    for accumulate in (1, 3):
        torch.manual_seed(1)
        recipe = Recipe(epochs=1, accumulate=accumulate, label_smoothing=0.1)
        module = nn.Linear(5, 3).double()
        optimizer = make_optimizer(recipe, module)
        step = TrainingStep(
            recipe, module, optimizer, lambda draw: (x, y), torch.device("cpu"), module
        )
        loss, logits = step.update(x, y)
        found.append((loss, logits, module.weight.detach().clone()))
    for whole, summed in zip(*found, strict=True):
        torch.testing.assert_close(summed, whole, rtol=1e-12, atol=1e-12)


def test_batch_norm_sees_a_part_at_a_time() -> None:
    made = cell({"accumulate": 2, "epochs": 1}, {"limit": 32})
    seen: list[int] = []
    build = loop.build

    def spied(*args: Any, **options: Any) -> nn.Module:
        module = build(*args, **options)
        module.register_forward_pre_hook(
            lambda m, x: seen.append(len(x[0])) if m.training else None
        )
        return module

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "build", spied)
        fit(made, IMAGES)
    assert seen == [16, 16]

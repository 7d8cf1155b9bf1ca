"""The step that a GPU replays, replayed on the CPU: a stand-in for graphs calls the same body."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from ablate.cells import Recipe
from ablate.data import Draw, images_of
from ablate.errors import Diverged, OutOfMemory, RecordingFailed
from ablate.training import Epoch, EvaluationStep, Execution, TrainingStep, fit, loop, replaying
from ablate.training.capturing import Waits
from ablate.training.replaying import Program, Recording, record, why_not_captured
from ablate.training.results import Fit
from tests.training.cells import IMAGES, cell, numbers, same_weights

RECIPES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "sgd": ({}, {}, {}),
    "without momentum": ({"momentum": 0.0, "nesterov": False}, {}, {}),
    "adamw": ({"optimizer": "adamw", "lr": 1e-3}, {}, {}),
    "cosine": ({"schedule": "cosine"}, {}, {}),
    "one_cycle": ({"schedule": "one_cycle"}, {}, {}),
    "smoothed": ({"label_smoothing": 0.1}, {}, {}),
    "clipped": ({"clip_norm": 0.1}, {}, {}),
    "fp16, clipped": ({"precision": "fp16", "clip_norm": 0.1}, {}, {}),
    "bf16": ({"precision": "bf16"}, {}, {}),
    "fp16": ({"precision": "fp16"}, {}, {}),
    "augmented": ({}, {"augment": True}, {}),
    "cut out": ({"cutout": 3}, {"augment": True}, {}),
    "mixed": ({"mixup": 0.2, "cutmix": 1.0}, {"augment": True}, {}),
    "averaged, fp16": ({"ema_decay": 0.9, "precision": "fp16"}, {}, {}),
    "black border": ({}, {"augment": True, "pad": "black"}, {}),
    "dropout": ({}, {}, {"dropout": 0.3}),
    "bottleneck, log": ({}, {}, {"block_layers": [4], "depth": None, "connectivity": "log"}),
    "companions": ({"lr": 0.01}, {}, {"family": "dsn", "width": 6}),
    "accumulated": ({"accumulate": 3}, {}, {}),
    "picked": ({"preset": "densenet-2017-svhn"}, {"evaluate": "test"}, {}),
}


class Recorder:
    """Takes the place of `capture_all`: warms up as it does, then replays by calling the bodies."""

    def __init__(self, error: Callable[[], None] = lambda: None) -> None:
        self.error, self.recorded, self.replays = error, 0, 0

    def __call__(
        self, bodies: Sequence[Callable[[], None]], device: torch.device
    ) -> list[Callable[[], None]]:
        for body in bodies:
            for _ in range(3):
                body()
        self.error()
        self.recorded += len(bodies)
        return [partial(self._replay, body) for body in bodies]

    def _replay(self, body: Callable[[], None]) -> None:
        self.replays += 1
        body()


def recording(patch: pytest.MonkeyPatch, recorder: Recorder) -> Recorder:
    """Runs on the CPU are asked the questions of a GPU; evaluation has full batches too."""

    def as_on_a_gpu(recipe: Recipe, execution: Execution) -> str:
        return why_not_captured(recipe, replace(execution, device="cuda"))

    patch.setattr(replaying, "capture_all", recorder)
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
    assert recorder.recorded == 4  # two sizes of batch in each, once for all epochs
    assert recorder.replays == 4 * (4 + 3)


def test_recording_leaves_the_scale_of_fp16(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It falls with every step that is too large, and steps are skipped until it fits."""
    monkeypatch.setattr(torch, "GradScaler", partial(torch.GradScaler, init_scale=2.0**26))
    scales: list[float] = []
    update = TrainingStep.update

    def noted(step: TrainingStep, *batch: Tensor) -> tuple[Tensor, Tensor]:
        scales.append(step.scaler.get_scale())
        return update(step, *batch)

    monkeypatch.setattr(TrainingStep, "update", noted)
    made = cell({"precision": "fp16", "epochs": 3})
    plain = fit(made, IMAGES, OFF)
    expected, scales = scales, []
    assert expected[0] == 2.0**26 > expected[1] > expected[-1]
    assert_equal(fit(made, IMAGES), plain)
    assert scales[6:] == expected


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
    assert recorder.recorded == 8
    assert_equal(resumed, fit(made, IMAGES, OFF))


@pytest.mark.parametrize(
    ("epochs", "evaluate", "recorded"), [(1, "test", 2), (2, "test", 3), (1, "validation", 2)]
)
def test_a_batch_that_never_comes_again_is_not_recorded(
    recorder: Recorder, epochs: int, evaluate: str, recorded: int
) -> None:
    """The only one of an epoch; the evaluated images have two sizes."""
    data = {"evaluate": evaluate, "hold_out": None if evaluate == "test" else 40}
    fit(cell({"batch_size": 4096, "epochs": epochs}, data), IMAGES)
    assert recorder.recorded == recorded


def test_divergence_is_seen_in_replays(recorder: Recorder) -> None:
    with pytest.raises(Diverged, match=r"in epoch 1$"):
        fit(cell({"lr": 1e10, "epochs": 3}), IMAGES)
    assert recorder.replays == 4


def test_what_cannot_be_recorded_runs_and_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise Waits("stepping.py:83 waits for the device\nand more")

    recorder = recording(monkeypatch, Recorder(fail))
    made = cell({"epochs": 3, "precision": "fp16"}, network={"dropout": 0.2})
    found = fit(made, IMAGES)
    reason = "steps run kernel by kernel: stepping.py:83 waits for the device"
    assert [r.getMessage() for r in caplog.records] == [f"capture: {reason}"]
    assert recorder.recorded == 0
    assert_equal(found, fit(made, IMAGES, OFF))


def test_a_recording_that_leaves_torch_unfit_ends_the_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RecordingFailed("operation not permitted when stream is capturing")

    recording(monkeypatch, Recorder(fail))
    with pytest.raises(
        RecordingFailed, match=r"\(operation .*: start another, with capture=\"off\""
    ):
        fit(cell(), IMAGES)


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
        ({"precision": "fp16"}, Execution(device="cuda"), ""),
    ],
)
def test_what_keeps_from_capture(recipe: dict[str, Any], execution: Execution, why: str) -> None:
    found = why_not_captured(Recipe(epochs=1, **recipe), execution)
    assert found.startswith(why) and bool(found) == bool(why)


def test_the_log_says_why_nothing_is_recorded(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "ablate.training")
    fit(cell({"epochs": 1}), IMAGES)
    assert "capture: steps run kernel by kernel: cpu has no CUDA graphs" in caplog.messages


def draw_of(images: int, value: int = 0) -> Draw:
    return torch.full((images,), value), torch.full((images, 1), 10 * value)


def test_a_replay_reads_its_own_draw(recorder: Recorder) -> None:
    seen: list[list[int]] = []

    class Step:
        def __call__(self, draw: Draw) -> None:
            seen.append([*draw[0].tolist(), *draw[1][:, 0].tolist()])

        def changes(self) -> list[Tensor]:
            return []

    program = Program(Step())
    recordings = [Recording(program, draw_of(size), lambda: None) for size in (2, 3)]
    record(recordings, torch.device("cpu"))
    draws = [draw_of(size, n) for n, size in enumerate((2, 2, 3, 1, 2))]
    del seen[:]
    for draw in draws:
        program(draw)
    assert recorder.replays == 4
    assert seen == [[0, 0, 0, 0], [1, 1, 10, 10], [2, 2, 2, 20, 20, 20], [3, 30], [4, 4, 40, 40]]
    assert [draw[0][0].item() for draw in draws] == [0, 1, 2, 3, 4]


def test_all_warm_up_before_the_first_is_recorded(recorder: Recorder) -> None:
    """In a module's mode of their own, from a draw of their own, largest first."""
    modes: list[tuple[bool, int]] = []

    def spied(method: Any) -> Any:
        def call(step: Any, draw: Draw) -> None:
            module = getattr(step, "module", step.forward)
            modes.append((module.training, images_of(draw)))
            method(step, draw)

        return call

    warmed_up: list[tuple[bool, int]] = []
    recorder.error = lambda: warmed_up.extend(modes)
    with pytest.MonkeyPatch.context() as patch:
        for step in (TrainingStep, EvaluationStep):
            patch.setattr(step, "__call__", spied(step.__call__))
        fit(cell(data={"augment": True}), IMAGES)
    expected = [(True, 32), (True, 4), (False, 14), (False, 13)]
    assert warmed_up == [size for size in expected for _ in range(3)]
    epoch = [(True, 32)] * 3 + [(True, 4)] + [(False, 13)] * 2 + [(False, 14)]
    assert modes[12:] == epoch * 2


def test_recorded_evaluations_keep_what_they_answer(recorder: Recorder) -> None:
    captured, plain = (fit(cell(), IMAGES, Execution(capture=c)) for c in ("auto", "off"))
    assert recorder.replays
    assert captured.predictions.error == captured.error == plain.error
    assert (captured.predictions.predicted == plain.predictions.predicted).all()


@pytest.mark.parametrize("capture", ["auto", "off"])
@pytest.mark.parametrize(
    ("determinism", "searched_from", "searched"),
    [("fast", 8, True), ("strict", 8, False), ("fast", 9, False)],
)
def test_kernels_are_searched_for_full_batches_of_many_steps(
    recorder: Recorder,
    capture: Any,
    determinism: Any,
    searched_from: int,
    searched: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop, "SEARCHED_FROM", searched_from)
    found: set[tuple[str, int, bool]] = set()

    def spied(step: Any) -> None:
        method = step.__call__

        def call(self: Any, draw: Draw) -> None:
            found.add((step.__name__, images_of(draw), torch.backends.cudnn.benchmark))
            method(self, draw)

        monkeypatch.setattr(step, "__call__", call)

    spied(TrainingStep)
    spied(EvaluationStep)
    fit(cell(), IMAGES, Execution(determinism=determinism, capture=capture))
    assert found == {
        ("TrainingStep", 32, searched),
        ("TrainingStep", 4, False),
        ("EvaluationStep", 13, False),
        ("EvaluationStep", 14, False),
    }

"""The loop: one step a batch, every setting read, the right images looked at once."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from ablate.cells import Cell, Data, Recipe
from ablate.data import Batches, load_images, split
from ablate.errors import Diverged
from ablate.machine import data_root
from ablate.models import EfficientDenseNet, build
from ablate.networks import architecture
from ablate.training import Execution, Progress, fit, loop, results
from ablate.training.results import Fit
from ablate.training.seeds import child_generator, child_seed
from tests.training.cells import (
    IMAGES,
    STEPS,
    cell,
    numbers,
    pixels,
    same_weights,
    scripted,
    weights,
)


def test_the_loss_falls_and_digits_are_learnt() -> None:
    learnt = fit(
        cell(
            {"epochs": 12, "batch_size": 64, "schedule": "one_cycle", "lr": 0.2},
            {"limit": None, "hold_out": None},
            {"growth_rate": 8, "depth": 10},
        ),
        IMAGES,
    )
    assert learnt.error < 10
    assert learnt.curve[-1].train_loss < 0.3 * learnt.curve[0].train_loss
    assert learnt.curve[-1].train_error < learnt.curve[0].train_error
    assert not learnt.module.training


def test_every_batch_is_one_optimizer_step_at_the_schedules_rate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found: list[float] = []
    make = loop.make_optimizer

    def spied(recipe: Recipe, module: nn.Module) -> torch.optim.Optimizer:
        optimizer = make(recipe, module)
        optimizer.register_step_pre_hook(lambda o, *_: found.append(o.param_groups[0]["lr"]))
        return optimizer

    monkeypatch.setattr(loop, "make_optimizer", spied)
    trained = fit(cell({"epochs": 4, "lr": 0.05}), IMAGES)
    steps = 4 * STEPS
    drops = (steps // 2, steps * 3 // 4)
    assert found == pytest.approx([0.05 * 0.1 ** sum(s >= d for d in drops) for s in range(steps)])
    assert [epoch.lr for epoch in trained.curve] == found[STEPS - 1 :: STEPS]


SVHN = "densenet-2017-svhn"
# Field of the recipe -> what it starts from, and what changes.
RECIPE_KNOBS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "epochs": ({}, {"epochs": 3}),
    "batch_size": ({}, {"batch_size": 50}),
    "accumulate": ({}, {"accumulate": 2}),
    "optimizer": ({}, {"optimizer": "adamw"}),
    "lr": ({}, {"lr": 0.04}),
    "momentum": ({}, {"momentum": 0.8}),
    "nesterov": ({}, {"nesterov": False}),
    "weight_decay": ({}, {"weight_decay": 1e-3}),
    "schedule": ({}, {"schedule": "cosine"}),
    "lr_drops": ({}, {"lr_drops": [0.25]}),
    "lr_drop_factor": ({}, {"lr_drop_factor": 0.5}),
    "warmup": ({"schedule": "one_cycle"}, {"warmup": 0.5}),
    "augmentation": ({}, {"augmentation": "torchvision.transforms.v2:RandomVerticalFlip"}),
    "loss": ({}, {"loss": "torch.nn:MultiMarginLoss"}),
    "cutout": ({}, {"cutout": 3}),
    "mixup": ({}, {"mixup": 0.2}),
    "cutmix": ({}, {"cutmix": 1.0}),
    "ema_decay": ({}, {"ema_decay": 0.9}),
    "clip_norm": ({}, {"clip_norm": 0.01}),
    "label_smoothing": ({}, {"label_smoothing": 0.1}),
    "precision": ({}, {"precision": "bf16"}),
}
DATA_KNOBS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "augment": ({}, {"augment": True}),
    "pad": ({"augment": True}, {"pad": "black"}),
    "evaluate": ({"hold_out": None}, {"evaluate": "test"}),
    "hold_out": ({}, {"hold_out": 41}),
    "limit": ({}, {"limit": 101}),
    "split_seed": ({}, {"split_seed": 1}),
}
WEIGHT_DECAY = {"optimizer": "adamw", "lr": 1e-3}


def test_every_field_is_listed() -> None:
    # The preset sets other fields, and what `dropout: auto` becomes; `report` goes with
    # `evaluate: test` alone: test_the_picked_epoch_brings_its_weights_and_is_tested.
    assert RECIPE_KNOBS.keys() == Recipe.model_fields.keys() - {"preset", "report"}
    # `image_size` is of images that stream from files: tests/training/test_streaming.py; `settings`
    # are of code that gives images: tests/data/test_code.py.
    others = {"dataset", "name", "image_size", "settings"}
    assert DATA_KNOBS.keys() == Data.model_fields.keys() - others


@pytest.mark.parametrize("field", RECIPE_KNOBS)
def test_no_recipe_field_is_dead(field: str) -> None:
    base, change = RECIPE_KNOBS[field]
    assert not same_weights(fit(cell(base), IMAGES), fit(cell(base | change), IMAGES))


@pytest.mark.parametrize(
    ("base", "change"),
    [
        (WEIGHT_DECAY, {"weight_decay": 0.1}),
        (WEIGHT_DECAY, {"lr": 2e-3}),
        ({"precision": "bf16"}, {"precision": "fp16"}),
        ({"mixup": 0.2}, {"mixup": 0.3}),
        ({"optimizer": "torch.optim:NAdam"}, {"optimizer": "torch.optim:RAdam"}),
        ({"ema_decay": 0.9}, {"ema_decay": 0.8}),
        ({"schedule": "cosine"}, {"schedule": "one_cycle"}),
    ],
)
def test_no_other_value_is_dead(base: dict[str, Any], change: dict[str, Any]) -> None:
    assert not same_weights(fit(cell(base), IMAGES), fit(cell(base | change), IMAGES))


@pytest.mark.parametrize("field", DATA_KNOBS)
def test_no_data_field_is_dead(field: str) -> None:
    base, change = DATA_KNOBS[field]
    changed = fit(cell(data=base | change), IMAGES)
    assert not same_weights(fit(cell(data=base), IMAGES), changed)


def test_seeds_change_the_weights_and_repeat() -> None:
    first, again, other = (fit(cell(seed=seed), IMAGES) for seed in (0, 0, 1))
    assert same_weights(first, again)
    assert numbers(first.curve) == numbers(again.curve)
    assert not same_weights(first, other)


def test_no_seed_is_used_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every epoch has its own order, its own crops and its own dropout."""
    seeds: list[int] = []

    def seed(*purpose: Any) -> int:
        seeds.append(child_seed(*purpose))
        return seeds[-1]

    monkeypatch.setattr(loop, "child_seed", seed)
    monkeypatch.setattr(
        loop, "child_generator", lambda *purpose: torch.Generator().manual_seed(seed(*purpose))
    )
    fit(cell({"epochs": 4}, {"augment": True}, {"dropout": 0.2}), IMAGES)
    assert len(set(seeds)) == len(seeds) == 2 + 4 * 3


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_losses_are_what_they_are_called(smoothing: float) -> None:
    """Training: smoothed, by the image. Evaluated: not smoothed, in eval mode, by the image."""
    still = cell({"epochs": 1, "batch_size": 64, "lr": 1e-30, "label_smoothing": smoothing})
    found = fit(still, IMAGES)
    parts = split(IMAGES.y_train, still.data, IMAGES.facts)
    x, y = pixels(IMAGES.x_train), IMAGES.y_train
    module = build(still.architecture, seed=child_seed(0, "init"))
    order = torch.randperm(100, generator=child_generator(0, "shuffle", 1))
    loss_sum, wrong = 0.0, 0
    with torch.no_grad():
        for batch in (parts.train[order[:64]], parts.train[order[64:]]):
            logits = module(x[batch])
            loss = nn.functional.cross_entropy(logits, y[batch], label_smoothing=smoothing)
            loss_sum += float(loss) * len(batch)
            wrong += int((logits.argmax(1) != y[batch]).sum())
        logits = module.eval()(x[parts.held_out])
    assert found.curve[0].train_loss == pytest.approx(loss_sum / 100, rel=1e-4)
    assert found.curve[0].train_error == pytest.approx(wrong)
    truth = y[parts.held_out]
    assert found.loss == pytest.approx(float(nn.functional.cross_entropy(logits, truth)), rel=1e-4)
    assert found.error == pytest.approx(100 * float((logits.argmax(1) != truth).float().mean()))


def test_evaluation_in_parts_is_evaluation_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = fit(cell(), IMAGES)
    monkeypatch.setattr(loop, "EVALUATION_BATCH", 13)  # 13, 13 and 14 of 40
    parts = fit(cell(), IMAGES)
    assert parts.loss == pytest.approx(whole.loss, rel=1e-5)
    assert parts.error == whole.error


def test_the_test_set_is_looked_at_once_and_teaches_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[int] = []
    in_order = Batches.in_order

    def counted(batches: Batches) -> Any:
        looks.append(batches.images)
        return in_order(batches)

    monkeypatch.setattr(Batches, "in_order", counted)
    testing = cell({"epochs": 3}, {"evaluate": "test", "hold_out": None})
    found = fit(testing, IMAGES)
    assert looks == [360]
    assert [epoch.error is None for epoch in found.curve] == [True, True, False]
    assert [epoch.loss is None for epoch in found.curve] == [True, True, False]
    other = fit(testing, replace(IMAGES, x_test=255 - IMAGES.x_test))
    assert same_weights(found, other)
    assert found.loss != other.loss
    with torch.no_grad():
        wrong = found.module(pixels(IMAGES.x_test)).argmax(1) != IMAGES.y_test
    assert found.error == pytest.approx(100 * float(wrong.float().mean()))


def test_validation_is_looked_at_every_epoch_and_teaches_nothing() -> None:
    found = fit(cell({"epochs": 3}), IMAGES)
    assert all(epoch.error is not None for epoch in found.curve)
    held_out = split(IMAGES.y_train, cell().data, IMAGES.facts).held_out
    x = IMAGES.x_train.clone()
    x[held_out] = 255 - x[held_out]
    other = fit(cell({"epochs": 3}), replace(IMAGES, x_train=x))
    assert same_weights(found, other)
    assert [e.loss for e in found.curve] != [e.loss for e in other.curve]


@pytest.mark.parametrize(
    ("errors", "epoch"),
    [
        ([50.0, 30.0, 30.0, 40.0], 2),  # of equals the first
        ([50.0, 60.0, 70.0, 80.0], 1),
        ([50.0, 40.0, 30.0, 20.0], 4),
    ],
)
def test_the_picked_epoch_brings_its_weights_and_is_tested(
    monkeypatch: pytest.MonkeyPatch, errors: list[float], epoch: int
) -> None:
    """By held-out images, which are not trained on; the error is of the test set."""
    seen = scripted(monkeypatch, errors)
    made = cell({"preset": SVHN, "epochs": 4}, {"evaluate": "test"})
    found = fit(made, IMAGES)
    assert (found.epoch, [row.error for row in found.curve]) == (epoch, errors)
    assert not found.module.training
    reported = weights(found.module)
    same = [all(torch.equal(w[name], reported[name]) for name in w) for w in seen]
    assert same == [number == epoch for number in range(1, 5)]
    x = IMAGES.x_test.float().permute(0, 3, 1, 2)
    x = (x - IMAGES.facts.mean[0]) / IMAGES.facts.std[0]
    with torch.no_grad():
        logits = found.module(x)
    assert found.predictions.predicted.tolist() == logits.argmax(1).tolist()
    wrong = (logits.argmax(1) != IMAGES.y_test).float().mean()
    assert found.error == pytest.approx(100 * float(wrong))
    loss = nn.functional.cross_entropy(logits, IMAGES.y_test)
    assert found.loss == pytest.approx(float(loss), rel=1e-4)


def test_what_picks_is_held_out_of_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """The weights are those of a run that validates on the same images, at that epoch."""
    validated = fit(cell({"preset": SVHN, "epochs": 3}), IMAGES)
    assert validated.epoch == 3 and validated.test is None  # the last is reported
    picked = fit(cell({"preset": SVHN, "epochs": 3}, {"evaluate": "test"}), IMAGES)
    assert numbers(picked.curve) == numbers(validated.curve)
    assert picked.split_sha256 == validated.split_sha256
    errors = [row.error for row in picked.curve]
    assert picked.epoch == errors.index(min(errors)) + 1
    last = fit(cell({"preset": SVHN, "epochs": 3, "report": "last"}, {"evaluate": "test"}), IMAGES)
    assert last.split_sha256 != picked.split_sha256


def test_a_network_that_diverged_at_last_is_no_result_however_it_did_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scripted(monkeypatch, [50.0, math.nan])
    with pytest.raises(Diverged, match="after the last epoch"):
        fit(cell({"preset": SVHN}, {"evaluate": "test"}), IMAGES)


def test_batch_larger_than_the_data() -> None:
    found = fit(cell({"batch_size": 4096, "epochs": 1}), IMAGES)
    assert found.curve[0].lr == 0.05
    assert math.isfinite(found.loss)


def test_memory_formats_train_alike() -> None:
    last, first = (
        fit(cell(), IMAGES, Execution(channels_last=channels_last))
        for channels_last in (True, False)
    )
    for name, tensor in weights(last.module).items():
        torch.testing.assert_close(tensor, weights(first.module)[name], rtol=1e-3, atol=1e-4)


def test_memory_modes_train_alike() -> None:
    fast, efficient = (
        fit(cell({"epochs": 1}), IMAGES, Execution(memory=memory))
        for memory in ("fast", "efficient")
    )
    assert isinstance(efficient.module, EfficientDenseNet)
    for name, tensor in weights(fast.module).items():
        torch.testing.assert_close(tensor, weights(efficient.module)[name], rtol=1e-3, atol=1e-4)


def test_progress_reaches_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "SECONDS_BETWEEN_REPORTS", 0)
    seen: list[Progress] = []
    found = fit(cell({"epochs": 2}), IMAGES, on_progress=seen.append)
    assert [p.epoch for p in seen] == [step / STEPS for step in range(1, 2 * STEPS + 1)]
    assert {p.epochs for p in seen} == {2}
    assert [p.error for p in seen] == [None] * STEPS + [found.curve[0].error] * STEPS
    assert all(p.images_per_second > 0 for p in seen)
    assert seen[0].seconds_left > 0 and seen[-1].seconds_left == 0


def test_progress_is_reported_now_and_then() -> None:
    seen: list[Progress] = []
    fit(cell({"epochs": 2}), IMAGES, on_progress=seen.append)
    assert 1 <= len(seen) < 2 * STEPS


def test_epochs_add_up_to_the_training_time() -> None:
    found = fit(cell(), IMAGES)
    assert found.train_seconds == sum(epoch.seconds for epoch in found.curve) > 0
    assert [epoch.epoch for epoch in found.curve] == [1, 2]


def on_cifar10() -> Fit:
    data = Data(dataset="cifar10", augment=True, limit=2000)
    root = data_root()
    if not (root / "cifar10.npz").exists():
        pytest.skip(f"no cifar10.npz in {root}: set ABLATE_DATA")
    images = load_images(data, root)
    network = architecture(family="densenet", depth=7, growth_rate=8).resolve()
    recipe = Recipe(epochs=2, schedule="one_cycle", lr=0.2)
    return fit(Cell(network, recipe, data, 0, images.facts), images)


@pytest.mark.cifar10
def test_two_epochs_of_cifar10_beat_chance() -> None:
    assert on_cifar10().error < 85

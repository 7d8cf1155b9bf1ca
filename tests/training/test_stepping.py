"""One optimizer step: where its rate stands, and a batch in parts."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from ablate.cells import Recipe
from ablate.training import Execution, TrainingStep, fit, loop, make_optimizer, make_schedule
from ablate.training.parts import parts_of
from ablate.training.stepping import Answers
from tests.training.cells import IMAGES, STEPS, cell


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
    step.rates, rates = ([] if rate is None else [rate]), []
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


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_a_first_step_that_fp16_skips_leaves_no_trace(optimizer: str) -> None:
    """By the kernel that takes all weights at once, as on a GPU, which reads whether to skip."""
    recipe = Recipe(epochs=1, precision="fp16", optimizer=optimizer, lr=0.1)
    module = nn.Linear(3, 4)
    with torch.no_grad():
        module.weight.fill_(1.0)
        module.bias.fill_(1.0)
    made = make_optimizer(recipe, module)
    made.param_groups[0]["fused"] = made._step_supports_amp_scaling = True  # type: ignore[attr-defined]
    x, y = torch.full((8, 3), 1e4), torch.zeros(8, dtype=torch.int64)
    step = TrainingStep(recipe, module, made, lambda draw: (x, y), torch.device("cpu"), module)
    step.rates = [torch.full((), 0.1)]
    torch.use_deterministic_algorithms(True)  # memory that nobody wrote is not a number
    try:
        step.update(x, y)
        assert step.scaler.get_scale() == 2.0**15
        assert module.weight.eq(1).all() and module.bias.eq(1).all()
        x.fill_(1.0)
        step.update(x, y)
    finally:
        torch.use_deterministic_algorithms(False)
    assert step.scaler.get_scale() == 2.0**15
    assert module.weight.isfinite().all() and module.bias.isfinite().all()
    assert not module.weight.eq(1).any()


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


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
@pytest.mark.parametrize("accumulate", [1, 3])
@pytest.mark.parametrize("most", [0.01, 100.0])
def test_the_norm_of_a_steps_gradients_is_kept_below_a_limit(
    most: float, accumulate: int, precision: str
) -> None:
    """Of the whole step's, whatever its parts and the loss's scale are."""
    x, y = torch.arange(60.0).view(12, 5) / 60, torch.arange(12) % 3
    moved = []
    for clip_norm in (None, most):
        torch.manual_seed(1)
        recipe = Recipe(
            epochs=1,
            accumulate=accumulate,
            precision=precision,
            clip_norm=clip_norm,
            **{"momentum": 0.0, "nesterov": False, "lr": 1.0, "weight_decay": 0.0},
        )
        module = nn.Linear(5, 3)
        before = torch.cat([each.detach().flatten() for each in module.parameters()])
        made = make_optimizer(recipe, module)
        step = TrainingStep(recipe, module, made, lambda draw: (x, y), torch.device("cpu"), module)
        step.update(x, y)
        moved.append(before - torch.cat([each.detach().flatten() for each in module.parameters()]))
    free, kept = moved
    assert free.norm() > 0.1
    torch.testing.assert_close(
        kept, free * min(1.0, most / float(free.norm())), rtol=1e-3, atol=1e-5
    )


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


@pytest.mark.parametrize("images", [12, 11])
def test_running_statistics_move_once_by_the_mean_over_the_parts(images: int) -> None:
    """Unweighted, also where the parts are not equal, and whichever part is the last."""
    torch.manual_seed(0)
    x, y = torch.randn(images, 5).double(), torch.arange(images) % 5
    norm = nn.BatchNorm1d(5).double()
    recipe = Recipe(epochs=1, accumulate=3)
    step = TrainingStep(
        recipe, norm, make_optimizer(recipe, norm), lambda draw: (x, y), torch.device("cpu"), norm
    )
    step.update(x, y)
    parts = x.tensor_split(3)
    mean = torch.stack([part.mean(0) for part in parts]).mean(0)
    variance = torch.stack([part.var(0) for part in parts]).mean(0)
    torch.testing.assert_close(norm.running_mean, 0.1 * mean, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(norm.running_var, 0.9 + 0.1 * variance, rtol=1e-12, atol=1e-12)
    assert norm.num_batches_tracked == 1


def test_running_statistics_move_alike_in_either_memory_mode() -> None:
    made = cell({"accumulate": 2}, network={"block_layers": [2, 2], "depth": None})
    fast, efficient = (
        fit(made, IMAGES, Execution(memory=memory)).module.state_dict()
        for memory in ("fast", "efficient")
    )
    assert fast["features.norm.num_batches_tracked"] == made.recipe.epochs * STEPS
    for name, tensor in fast.items():
        torch.testing.assert_close(efficient[name], tensor, rtol=1e-3, atol=1e-4)


def test_answers_stand_in_order_whatever_was_answered_before() -> None:
    """Steps warm up on blank batches, more often than there are images."""
    answers = Answers(5, torch.device("cpu"))
    for _ in range(4):
        answers.add(torch.tensor([9, 9]))
    answers.clear()
    answers.add(torch.tensor([1, 2, 3]))
    answers.add(torch.tensor([4, 0]))
    assert answers.classes.tolist() == [1, 2, 3, 4, 0]

"""What every family must do, whatever it is."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ablate import load
from ablate.cells import Recipe, settings_of
from ablate.costs import cost, trace_step
from ablate.exporting import Card, export_cell
from ablate.models import build, loss_and_logits
from ablate.models.companions import WithCompanions
from ablate.networks import FAMILIES, Architecture
from ablate.training import TrainingStep, make_optimizer
from tests.families import ALL_KNOBS, KNOBS, RANDOM, WIDE, small, two_values
from tests.finished_cells import KEY, write_finished

CARD = Card(study="s", question="q?", label="x", numbers="1", how_chosen="at random")


def finished_cell(folder: Path, architecture: Architecture, module: nn.Module) -> Path:
    """The files of a cell that was trained."""
    data = {"dataset": "digits"}
    document = {"architecture": settings_of(architecture), "recipe": {}, "data": data, "seed": 0}
    return write_finished(folder, weights=module.state_dict(), document=document)


def images(architecture: Architecture, count: int = 8, device: str = "cpu") -> Tensor:
    made = architecture.resolve()
    assert made.in_channels and made.image_size
    shape = (count, made.in_channels, made.image_size, made.image_size)
    return torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(device)


def logits(module: nn.Module, x: Tensor) -> Tensor:
    """The network's own logits, in training or evaluation."""
    given = module(x)
    return given.logits if isinstance(given, WithCompanions) else given


def training(module: nn.Module, x: Tensor) -> TrainingStep:
    """The step that studies train with, on one batch of eight classes."""
    recipe = Recipe(epochs=1, batch_size=8, lr=0.02)
    optimizer, targets, cpu = make_optimizer(recipe, module), torch.arange(8), torch.device("cpu")
    return TrainingStep(recipe, module, optimizer, lambda draw: (x, targets), cpu, module)


def after(step: TrainingStep) -> float:
    """The loss of another step, before it."""
    step.sums.clear()
    step((torch.empty(8),))
    return float(step.sums.loss)


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_gives_logits(family: str) -> None:
    made = small(family, classes=7)
    module = build(made)
    assert logits(module, images(made)).shape == (8, 7)
    assert module.eval()(images(made)).shape == (8, 7)


def test_a_step_lowers_the_loss(family: str) -> None:
    module = build(small(family))
    step = training(module, images(small(family)))
    before = after(step)
    assert all(p.grad is not None and p.grad.isfinite().all() for p in module.parameters())
    assert after(step) < before


def test_steps_are_the_same_under_a_seed(family: str) -> None:
    made = small(family, **RANDOM.get(family, {}))

    def trained() -> dict[str, Tensor]:
        module = build(made, seed=1)
        step = training(module, images(made))
        torch.manual_seed(2)
        for _ in range(3):
            after(step)
        return module.state_dict()

    first, second, start = trained(), trained(), build(made, seed=1).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in start)
    assert not all(torch.equal(first[name], start[name]) for name in start)


def test_state_dict_round_trip(family: str) -> None:
    module, other = build(small(family), seed=1), build(small(family), seed=2)
    x = images(small(family))
    module(x)  # moves the running statistics
    other.load_state_dict(module.state_dict())
    assert torch.equal(module.eval()(x), other.eval()(x))


def test_channels_last_equals_contiguous(family: str) -> None:
    module, x = build(small(family)), images(small(family))

    def step() -> list[Tensor]:
        module.zero_grad()
        made = logits(module, x)
        made.square().sum().backward()
        return [made.detach(), *(p.grad.clone() for p in module.parameters() if p.grad is not None)]

    plain = step()
    x = x.to(memory_format=torch.channels_last)
    module.to(memory_format=torch.channels_last)
    torch.testing.assert_close(step(), plain, rtol=1e-4, atol=1e-4)


@pytest.mark.slow
def test_torchs_compiler_takes_it_whole(family: str) -> None:
    module, x = build(small(family)), images(small(family))
    found = torch.compile(module, backend="aot_eager", fullgraph=True, dynamic=False)
    torch.testing.assert_close(logits(found, x), logits(module, x))


def test_runs_under_autocast(family: str) -> None:
    made = small(family, **RANDOM.get(family, {}))
    module = build(made)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss, _ = loss_and_logits(cross_entropy, module(images(made)), torch.arange(8))
    loss.backward()
    assert all(p.grad is not None and p.grad.dtype == torch.float32 for p in module.parameters())


def test_seed_decides_every_weight(family: str) -> None:
    one, same, other = (build(small(family), seed=seed).state_dict() for seed in (1, 1, 2))
    for name, value in one.items():
        assert value.isfinite().all()
        assert torch.equal(value, same[name])
        if value.ndim > 1:
            assert not torch.equal(value, other[name])


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_global_generator_is_neither_read_nor_moved(family: str, device: str) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first = build(small(family), device=device).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(6)
    second = build(small(family), device=device).state_dict()
    if device == "cpu":
        assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("family", RANDOM)
def test_what_is_drawn_in_training_hangs_on_the_default_generator_alone(family: str) -> None:
    made = small(family, **RANDOM[family])
    module, x = build(made), images(made)

    def step(seed: int) -> Tensor:
        torch.manual_seed(seed)
        return logits(module, x).detach()

    drawn = [step(seed) for seed in range(8)]
    assert len({tuple(made.flatten().tolist()) for made in drawn}) > 1
    assert all(torch.equal(step(seed), drawn[seed]) for seed in (0, 5))
    module.eval()
    assert torch.equal(step(0), step(5))


def test_without_settings_for_it_nothing_is_drawn_in_training(family: str) -> None:
    module, x = build(small(family)), images(small(family))
    before = torch.get_rng_state()
    module(x)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("rule", ["he_fan_out", "he_fan_in"])
def test_first_weights(family: str, rule: str) -> None:
    told = 0
    for layer in build(small(family, init=rule, **WIDE[family])).modules():
        if isinstance(layer, nn.Conv2d) and layer.weight.numel() > 4000:
            made, channels, height, width = layer.weight.shape
            fan = height * width * (made if rule == "he_fan_out" else channels)
            assert layer.weight.std().item() == pytest.approx((2 / fan) ** 0.5, rel=0.06)
            told += 1
        if isinstance(layer, nn.Conv2d) and layer.bias is not None:
            assert (layer.bias == layer.bias[0]).all()  # 0, but of gates
        if isinstance(layer, nn.BatchNorm2d):
            assert (layer.weight == 1).all() and (layer.bias == 0).all()
            assert (layer.running_mean == 0).all() and (layer.running_var == 1).all()
            assert layer.num_batches_tracked == 0
        if isinstance(layer, nn.Linear):
            bound = layer.in_features**-0.5
            assert (layer.bias == 0).all()
            assert 0.8 * bound < layer.weight.abs().max() <= bound
    assert told > 0


def test_meta_counts_what_a_device_holds(family: str) -> None:
    made = small(family, **RANDOM.get(family, {}))
    real = trace_step(build(made), images(made))
    assert trace_step(build(made, device="meta"), images(made, device="meta")) == real
    assert real.macs > 0
    convs = [m for m in build(made, device="meta").modules() if isinstance(m, nn.Conv2d)]
    assert sum(layer.macs > 0 for layer in real.layers) >= len(convs)


def test_export_and_load(family: str, tmp_path: Path) -> None:
    made = small(family, **RANDOM.get(family, {})).resolve()
    module = build(made, seed=3)
    module(images(made))  # moves the running statistics
    cell = finished_cell(tmp_path / "cell", made, module)
    out = export_cell(cell, KEY, tmp_path / "out", CARD)
    with torch.inference_mode():
        assert torch.equal(load(out)(images(made)), module.eval()(images(made)))


@pytest.mark.slow
def test_export_for_other_runtimes(family: str, tmp_path: Path) -> None:
    pytest.importorskip("onnxscript")
    pytest.importorskip("onnxruntime")
    made = small(family, **RANDOM.get(family, {})).resolve()
    cell = finished_cell(tmp_path / "cell", made, build(made))
    # Outputs are compared.
    out = export_cell(cell, KEY, tmp_path / "out", CARD, formats=["onnx", "program"])
    assert (out / "model.onnx").is_file() and (out / "model.pt2").is_file()


def test_every_setting_is_listed(family: str) -> None:
    assert set(KNOBS[family]) == set(FAMILIES[family].model_fields) - {"family"}


@pytest.mark.parametrize(("family", "knob"), ALL_KNOBS)
def test_no_setting_is_dead(family: str, knob: str) -> None:
    first, second = two_values(family, knob)
    if repr(build(first, device="meta")) != repr(build(second, device="meta")):
        return
    if cost(first, batch_size=2) != cost(second, batch_size=2):
        return
    x = images(first)
    assert not torch.equal(logits(build(first), x), logits(build(second), x))

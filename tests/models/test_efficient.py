"""Memory mode `efficient`: the numbers of `fast` at a fraction of the memory."""

from __future__ import annotations

import copy
import logging
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from ablate.costs import trace_step
from ablate.models import EfficientDenseNet, build
from ablate.networks import RULES, Architecture, architecture

CONNECTIVITIES = [*(name for name in RULES if name != "full"), {"window": 2}, {"fraction": 0.5}]
SHAPES: list[dict[str, Any]] = [
    {"block_layers": [4, 3], "growth_rate": 3},
    {"block_layers": [4, 3], "growth_rate": 3, "bottleneck_width": 2, "compression": 0.6},
]


def densenet(**settings: Any) -> Architecture:
    return architecture(**{"family": "densenet", "image_size": 8, **settings})


def pair(found: Architecture, dtype: torch.dtype = torch.float64) -> tuple[nn.Module, nn.Module]:
    """The same network in both modes, its biases and scales away from 0 and 1."""
    fast, efficient = build(found), build(found, memory="efficient")
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for tensor in fast.parameters():
            tensor += 0.1 * torch.randn(tensor.shape, generator=generator)
    efficient.load_state_dict(fast.state_dict())
    assert isinstance(efficient, EfficientDenseNet)
    return fast.to(dtype), efficient.to(dtype)


def batch(count: int = 6, size: int = 8, dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(2)
    return torch.randn(count, 3, size, size, generator=generator, dtype=dtype)


def step(module: nn.Module, images: Tensor) -> dict[str, Tensor]:
    """Everything that a training step tells: outputs, gradients, buffers."""
    images = images.clone().requires_grad_()
    module.zero_grad()
    logits = module(images)
    cross_entropy(logits, torch.arange(len(images)) % 10).backward()
    assert images.grad is not None
    found = {"logits": logits.detach(), "images": images.grad}
    found |= {name: p.grad for name, p in module.named_parameters() if p.grad is not None}
    found |= {name: b.double() for name, b in module.named_buffers()}
    return found


def distance(one: Tensor, other: Tensor) -> float:
    """Relative, in the L2 norm."""
    return float((one.double() - other.double()).norm() / other.double().norm().clamp_min(1e-30))


def farthest(one: dict[str, Tensor], other: dict[str, Tensor]) -> float:
    assert one.keys() == other.keys()
    return max(distance(one[name], other[name]) for name in other)


@pytest.mark.parametrize("shape", SHAPES, ids=["plain", "bottleneck"])
@pytest.mark.parametrize("connectivity", CONNECTIVITIES, ids=str)
def test_the_numbers_of_fast(connectivity: Any, shape: dict[str, Any]) -> None:
    fast, efficient = pair(densenet(connectivity=connectivity, **shape))
    for _ in range(2):  # the second step starts from moved statistics
        assert farthest(step(efficient, batch()), step(fast, batch())) < 1e-12


@pytest.mark.parametrize("shape", SHAPES, ids=["plain", "bottleneck"])
@pytest.mark.parametrize("connectivity", ["dense", "last_log"])
@pytest.mark.parametrize("room", [0, 2**28], ids=["made again", "kept"])
def test_a_batch_in_pieces(
    room: int, connectivity: str, shape: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ablate.models.matrices.CACHED", 15_000)  # bytes: one image to all
    monkeypatch.setattr("ablate.models.matrices.ROOM", room)
    fast, efficient = pair(densenet(connectivity=connectivity, **shape))
    assert farthest(step(efficient, batch(7)), step(fast, batch(7))) < 1e-12


def test_maps_that_are_not_halved_exactly() -> None:
    fast, efficient = pair(densenet(**(SHAPES[1] | {"image_size": 9})))
    images = torch.cat([batch(size=9), batch(size=9)[..., :7]], 3)[..., :11]  # 9 x 11
    assert farthest(step(efficient, images), step(fast, images)) < 1e-12


def test_the_imagenet_stem() -> None:
    fast, efficient = pair(densenet(stem="imagenet", image_size=32, **SHAPES[1]))
    images = batch(size=32)
    # Of maps of 2 x 2 pixels some gradients nearly cancel, to a millionth of the others.
    assert farthest(step(efficient, images), step(fast, images)) < 1e-10


def test_statistics_move_once_a_step() -> None:
    _, efficient = pair(densenet(**SHAPES[1]))
    for _ in range(3):
        step(efficient, batch())
    counts = {int(b) for n, b in efficient.named_buffers() if n.endswith("num_batches_tracked")}
    assert counts == {3}


def test_float32_gradients_are_as_near_to_the_truth_as_those_of_fast() -> None:
    found = densenet(block_layers=[6, 6], growth_rate=4, bottleneck_width=4, compression=0.5)
    truth = step(pair(found)[0], batch())
    fast, efficient = (step(m, batch().float()) for m in pair(found, torch.float32))
    assert farthest(efficient, truth) < 3 * max(farthest(fast, truth), 1e-6)


def test_channels_last_equals_contiguous() -> None:
    _, efficient = pair(densenet(**SHAPES[1]))
    twin = copy.deepcopy(efficient).to(memory_format=torch.channels_last)
    images = batch().to(memory_format=torch.channels_last)
    assert farthest(step(twin, images), step(efficient, batch())) < 1e-12


def test_autocast_is_as_near_to_the_truth_as_in_fast() -> None:
    found = densenet(**SHAPES[1])
    truth = step(pair(found)[0], batch())

    def error(module: nn.Module) -> float:
        with torch.autocast("cpu", torch.bfloat16):
            told = step(module, batch().float())
        return distance(told["logits"], truth["logits"])

    fast, efficient = map(error, pair(found, torch.float32))
    assert 1e-4 < efficient < 3 * fast  # lower precision is really used


def test_evaluation_is_that_of_fast() -> None:
    fast, efficient = (module.eval() for module in pair(densenet(**SHAPES[1])))
    with torch.no_grad():
        assert torch.equal(fast(batch()), efficient(batch()))
    assert farthest(step(efficient, batch()), step(fast, batch())) == 0


def test_no_gradients_in_training() -> None:
    fast, efficient = pair(densenet(**SHAPES[1]))
    with torch.no_grad():
        assert torch.equal(fast(batch()), efficient(batch()))


def test_a_frozen_norm() -> None:
    fast, efficient = pair(densenet(**SHAPES[1]))
    for module in (fast, efficient):
        module.get_submodule("features.block1.layer2.norm1").eval()
    assert farthest(step(efficient, batch()), step(fast, batch())) == 0


@pytest.mark.parametrize(
    ("setting", "value"), [("eps", 0.1), ("momentum", 0.5), ("momentum", None)]
)
def test_a_norm_unlike_the_others(setting: str, value: float | None) -> None:
    fast, efficient = pair(densenet(**SHAPES[1]))
    for module in (fast, efficient):
        setattr(module.get_submodule("features.block1.layer2.norm1"), setting, value)
    assert farthest(step(efficient, batch()), step(fast, batch())) == 0


def test_norms_that_are_all_set_alike() -> None:
    fast, efficient = pair(densenet(**SHAPES[1]))
    for norm in (
        m for n in (fast, efficient) for m in n.modules() if isinstance(m, nn.BatchNorm2d)
    ):
        norm.eps, norm.momentum = 0.1, 0.5
    assert 0 < farthest(step(efficient, batch()), step(fast, batch())) < 1e-12


def test_a_hook_inside_sees_its_module() -> None:
    _, efficient = pair(densenet(**SHAPES[1]))
    seen = []
    conv = efficient.get_submodule("features.block1.layer2.conv2")
    handle = conv.register_forward_hook(lambda *call: seen.append(call[-1].shape))
    step(efficient, batch())
    assert seen == [(6, 3, 8, 8)]
    handle.remove()
    step(efficient, batch())
    assert len(seen) == 1


def test_a_frozen_weight_and_images_without_a_gradient() -> None:
    fast, efficient = pair(densenet(**SHAPES[1]))
    found = []
    for module in (fast, efficient):
        module.get_parameter("features.block1.layer1.conv1.weight").requires_grad_(False)
        cross_entropy(module(batch()), torch.arange(6)).backward()
        found.append({name: p.grad for name, p in module.named_parameters() if p.grad is not None})
    assert "features.block1.layer1.conv1.weight" not in found[1]
    assert farthest(found[1], found[0]) < 1e-12


def test_differentiating_twice_is_refused() -> None:
    _, efficient = pair(densenet(**SHAPES[0]))
    images = batch().requires_grad_()
    (gradient,) = torch.autograd.grad(efficient(images).sum(), images, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()


def test_copies_and_state_dicts() -> None:
    fast, efficient = pair(densenet(**SHAPES[1]))
    assert list(fast.state_dict()) == list(efficient.state_dict())
    twin = copy.deepcopy(efficient)
    assert farthest(step(twin, batch()), step(efficient, batch())) == 0
    fast.load_state_dict(twin.state_dict())


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"activation_order": "post"}, "post-activation layers keep other maps than their input"),
        ({"dropout": 0.2}, "dropout would have to keep its masks"),
        ({"connectivity": "full"}, "layers of later blocks read earlier ones"),
    ],
)
def test_what_it_does_not_know_runs_as_fast(
    settings: dict[str, Any], why: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="ablate"):
        module = build(densenet(**SHAPES[0], **settings), memory="efficient")
    assert not isinstance(module, EfficientDenseNet)
    assert caplog.messages == [f"memory: executed as fast, not efficient: {why}"]


def test_other_families_run_as_fast(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="ablate"):
        build(architecture(family="resnet_preact", depth=11), memory="efficient")
    assert caplog.messages[0].endswith("only DenseNets have dense blocks")


def bytes_of(depth: int, memory: str) -> tuple[int, int]:
    found = architecture(
        family="densenet", depth=depth, growth_rate=12, bottleneck_width=4, compression=0.5
    )
    images = torch.empty(16, 3, 32, 32, device="meta")
    traced = trace_step(build(found, memory=memory, device="meta"), images, by_layer=False)
    return traced.saved_bytes // 16, traced.peak_bytes


def test_saved_bytes_grow_with_depth_and_not_with_its_square() -> None:
    saved = {depth: bytes_of(depth, "efficient")[0] for depth in (22, 40, 58)}
    assert saved[58] - saved[40] < 1.1 * (saved[40] - saved[22])
    assert bytes_of(58, "fast")[0] > 8 * saved[58]


def test_a_step_needs_a_fraction_of_the_memory() -> None:
    assert bytes_of(58, "fast")[1] > 4 * bytes_of(58, "efficient")[1]


def test_columns_that_are_gathered_are_numbered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy from the host in every step would make a GPU wait, and cannot be part of a graph."""
    made: list[Any] = []
    tensor = torch.tensor

    def spied(*arguments: Any, **settings: Any) -> Tensor:
        made.append(arguments)
        return tensor(*arguments, **settings)

    monkeypatch.setattr(torch, "tensor", spied)
    _, efficient = pair(densenet(**SHAPES[1], connectivity="log"))
    names = set(efficient.state_dict())
    step(efficient, batch())
    count = len(made)
    assert count > 0
    first, again = step(efficient, batch()), step(copy.deepcopy(efficient), batch())
    assert len(made) == count
    assert torch.equal(first["logits"], again["logits"])
    assert set(efficient.state_dict()) == names
    step(efficient.float(), batch(2, dtype=torch.float32))
    assert len(made) == count  # they are of a place, not of a batch or a type

"""Two processes that share a cell come to what one comes to with its batches in parts."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from typing import Any

import pytest
import torch
import torch.distributed as dist
from torch import nn

from ablate.cells import Cell
from ablate.errors import Diverged
from ablate.training import Execution, Ranks, assist, fit, join_ranks, loop, meeting_place
from tests.training.cells import IMAGES, cell, numbers

MOMENT = 60  # seconds
TWO = Execution(devices_per_cell=2)
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "two parts": ({"accumulate": 2}, {}, {}),
    # 32, 32, 32 and 2 images: the last batch is a single part, and the second process has none.
    "a small last batch": ({"accumulate": 2}, {"limit": 98}, {"bottleneck_width": 2, "depth": 10}),
    # Of 33, 33 and 34 images, in four parts.
    "uneven, augmented": ({"accumulate": 4, "batch_size": 33}, {"augment": True}, {}),
    "cut out, mixed and averaged": (
        {"accumulate": 4, "batch_size": 33, "cutout": 3, "mixup": 0.5, "ema_decay": 0.9},
        {},
        {},
    ),
    "companions": ({"accumulate": 2, "lr": 0.01}, {}, {"family": "dsn", "width": 6, "dropout": 0}),
    "picked": ({"accumulate": 2, "preset": "densenet-2017-svhn"}, {"evaluate": "test"}, {}),
}
DIVERGES = cell({"accumulate": 2, "lr": 1e30, "epochs": 1})


def cells() -> dict[str, Cell]:
    return {name: cell(*settings) for name, settings in CASES.items()}


def in_double(patch: pytest.MonkeyPatch) -> None:
    """Networks are of float64, so that no order of sums can be seen."""
    build = loop.build

    def double(*args: Any, **options: Any) -> nn.Module:
        module = build(*args, **options).double()
        module.register_forward_pre_hook(lambda module, images: (images[0].double(),))
        return module

    patch.setattr(loop, "build", double)


def other(port: int) -> None:
    """The second process: its parts of every cell."""
    with pytest.MonkeyPatch.context() as patch:
        in_double(patch)
        ranks = join_ranks("cpu", 1, 2, port)
        for made in cells().values():
            assist(made, IMAGES, TWO, ranks)
        with pytest.raises(Diverged):
            assist(DIVERGES, IMAGES, TWO, ranks)


@pytest.fixture(scope="module")
def ranks() -> Iterator[Ranks]:
    """This process as the first of two; the other goes through the same cells."""
    place, environment = meeting_place(), dict(os.environ)
    process = multiprocessing.get_context("spawn").Process(target=other, args=(place.port,))
    process.start()
    try:
        yield join_ranks("cpu", 0, 2, place.port)
    finally:
        dist.destroy_process_group()
        process.join(MOMENT)  # it had nothing to do any more; after a failure it waits in vain
        process.kill()
        os.environ.clear()
        os.environ |= environment
    assert process.exitcode == 0


def test_processes_draw_numbers_of_their_own_and_the_first_those_of_a_lone_one() -> None:
    assert [Ranks(rank, 2).apart for rank in (0, 1)] == [(), (1,)] and Ranks().apart == ()


def test_two_processes_come_to_what_one_does(ranks: Ranks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights, running statistics and losses, after eight steps and more."""
    in_double(monkeypatch)
    for name, made in cells().items():
        shared, alone = fit(made, IMAGES, TWO, ranks=ranks), fit(made, IMAGES)
        weights = alone.module.state_dict()
        for tensor, found in shared.module.state_dict().items():
            torch.testing.assert_close(
                found, weights[tensor], rtol=1e-10, atol=1e-10, msg=f"{name}: {tensor}"
            )
        for one, both in zip(numbers(alone.curve), numbers(shared.curve), strict=True):
            assert both == pytest.approx(one, rel=1e-6), name
        assert shared.epoch == alone.epoch
        assert shared.predictions.predicted.tolist() == alone.predictions.predicted.tolist()
    with pytest.raises(Diverged):
        fit(DIVERGES, IMAGES, TWO, ranks=ranks)

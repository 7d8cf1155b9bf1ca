"""Many architectures at once: order, repeats, cache, processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from ablate.costs import cost, pricing
from ablate.costs.pricing import price
from ablate.errors import SpecError
from ablate.networks import Architecture, DenseNet, ResNetPreact

SMALL = [
    DenseNet(block_layers=(1, 1), growth_rate=4),
    ResNetPreact(stage_blocks=(1,), width=4),
    DenseNet(block_layers=(1, 1), growth_rate=6),
]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Architecture]:
    """The architectures that were really counted, in order."""
    found: list[Architecture] = []

    def watched(architecture: Architecture, *, batch_size: int) -> object:
        found.append(architecture)
        return cost(architecture, batch_size=batch_size)

    monkeypatch.setattr(pricing, "cost", watched)
    return found


def test_same_order_same_costs() -> None:
    assert price(SMALL, batch_size=2) == [cost(a, batch_size=2) for a in SMALL]
    assert price([]) == []


def test_two_spellings_are_counted_once(counted: list[Architecture]) -> None:
    spelled = DenseNet(depth=10, growth_rate=4)
    listed = DenseNet(block_layers=(2, 2, 2), growth_rate=(4, 4, 4)).resolve()
    one, other = price([spelled, listed], batch_size=2)
    assert one == other
    assert len(counted) == 1


def test_cached_costs_are_not_counted_again(counted: list[Architecture], tmp_path: Path) -> None:
    first = price(SMALL[:2], batch_size=2, cache=tmp_path)
    assert counted == SMALL[:2]
    assert price(SMALL, batch_size=2, cache=tmp_path)[:2] == first
    assert counted == SMALL
    price(SMALL, batch_size=3, cache=tmp_path)
    assert counted == SMALL * 2


@pytest.mark.parametrize("change", ["COST_VERSION", "torch.__version__"])
def test_another_version_counts_anew(
    counted: list[Architecture], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    price(SMALL[:1], batch_size=2, cache=tmp_path)
    monkeypatch.setattr(f"ablate.costs.pricing.{change}", 999)
    price(SMALL[:1], batch_size=2, cache=tmp_path)
    assert len(counted) == 2


def test_processes_give_the_same_and_fill_the_cache(
    counted: list[Architecture], tmp_path: Path
) -> None:
    parallel = price(SMALL, batch_size=2, cache=tmp_path, jobs=2)
    assert counted == []  # here, that is
    assert price(SMALL, batch_size=2, cache=tmp_path) == parallel
    assert counted == []
    assert parallel == [cost(a, batch_size=2) for a in SMALL]


def test_without_a_folder_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    price(SMALL[:1], batch_size=2)
    assert list(tmp_path.iterdir()) == []


def test_an_image_too_small_is_the_specs_fault() -> None:
    with pytest.raises(SpecError, match="image_size"):
        price([*SMALL, DenseNet(depth=10, image_size=2)])

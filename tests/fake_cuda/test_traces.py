"""No step does what a CUDA graph cannot record; a step of the paper's network stays small."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ablate.networks import FAMILIES
from tests.fake_cuda.cells import CELLS, LIMITS, PAPER
from tests.fake_cuda.planted import PLANTED
from tests.fake_cuda.pretence import why_not
from tests.fake_cuda.process import traces

Traces = dict[str, dict[str, Any]]
pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fake_cuda")


@pytest.fixture(scope="session")
def found(folder: Path) -> Traces:
    """Everything that is not slow, by one process: its start is a good part of the work."""
    return traces([*CELLS, *PAPER, *PLANTED], folder)


@pytest.mark.parametrize("name", [*CELLS, *PAPER])
def test_a_graph_can_be_recorded_of(found: Traces, name: str) -> None:
    assert found[name]["faults"] == []
    assert found[name]["launches"] > found[name]["evaluation_launches"] > 0


@pytest.mark.parametrize("name", PLANTED)
def test_a_fault_is_found(found: Traces, name: str) -> None:
    _, told = PLANTED[name]
    assert re.search(told, "\n".join(found[name]["faults"]))


@pytest.mark.parametrize("name", PAPER)
def test_it_launches_and_moves_no_more(found: Traces, name: str) -> None:
    assert found[name]["launches"] <= LIMITS[name].launches
    assert found[name]["bytes"] / 1e9 <= LIMITS[name].gigabytes


def test_efficient_is_executed_as_such(found: Traces) -> None:
    for name, cell in (CELLS | PAPER).items():
        assert (found[name]["kind"] == "EfficientDenseNet") == (cell.memory == "efficient")


def test_every_family_and_precision_is_traced() -> None:
    assert {cell.network["family"] for cell in CELLS.values()} == {*FAMILIES}
    for memory in ("fast", "efficient"):
        cells = [cell for cell in CELLS.values() if cell.memory == memory]
        assert {cell.recipe.get("precision", "fp32") for cell in cells} == {"fp32", "bf16", "fp16"}

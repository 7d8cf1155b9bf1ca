"""Where the time of a step goes, and what the machine is."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from ablate.networks import DenseNet
from benchmarks.gpu.facts import facts
from benchmarks.gpu.kernels import Kernel, kernels_of, table, write

SMALL = DenseNet(depth=10, growth_rate=4, bottleneck_width=4, compression=0.5, image_size=8)


def test_calls_are_of_one_step() -> None:
    a, b = torch.ones(64, 64), torch.ones(64, 64)
    seconds, kernels = kernels_of(lambda: a @ b + (a @ b).relu(), torch.device("cpu"), 4)
    calls = {row.name: row.calls for row in kernels}
    assert (calls["aten::mm"], calls["aten::relu"], calls["aten::add"]) == (2, 1, 1)
    times = [row.microseconds for row in kernels]
    assert seconds > 0 and min(times) > 0 and times == sorted(times, reverse=True)


def test_a_table() -> None:
    lines = table("fast", 0.01, [Kernel("conv", 2, 6000), Kernel("x" * 300, 4, 2000)]).splitlines()
    assert lines[0] == "fast: 10.000 ms a step, 8.000 ms of it in 6 kernels of 2 kinds"
    assert lines[2].split() == ["6.000", "75.0%", "2.0", "3000.0", "conv"]
    assert len(lines[3]) < 160


def test_both_memory_modes_are_written(tmp_path: Path) -> None:
    path = tmp_path / "kernels.txt"
    write(SMALL, path, batch_size=4, device=torch.device("cpu"), replays=1)
    text = path.read_text(encoding="utf-8")
    assert "ablate-fast, batch 4, cpu " in text and "ablate-efficient, batch 4" in text
    assert "convolution" in text and "n = 1" in text


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_kernels_of_a_replay(tmp_path: Path) -> None:
    path = tmp_path / "kernels.txt"
    write(SMALL, path, batch_size=4, device=torch.device("cuda"), replays=2)
    assert path.read_text(encoding="utf-8").count("captured") == 2


def test_facts_of_the_machine() -> None:
    found = list(facts())
    assert any(f"torch {torch.__version__}" in line for line in found)
    assert (found[-1] == "no CUDA device") == (not torch.cuda.is_available())

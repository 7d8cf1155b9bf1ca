"""Cells that share a GPU. `python -m pytest -m gpu` on a machine that has one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

import ablate
from ablate.machine import peak_memory, release_memory

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]


def test_what_was_released_is_not_in_the_next_peak() -> None:
    release_memory("cuda")
    held = torch.empty(2**28, dtype=torch.uint8, device="cuda")
    before = peak_memory("cuda")
    assert before is not None and before >= 2**28
    del held
    release_memory("cuda")
    after = peak_memory("cuda")
    assert after is not None and after < before - 2**27


@pytest.mark.parametrize("per_device", [2, "auto"])
def test_a_study_whose_cells_share_a_gpu(tiny_study: Path, per_device: Any) -> None:
    found = ablate.run(
        tiny_study, runs=tiny_study.parent, devices=["cuda:0"], per_device=per_device
    )
    assert found.is_complete
    shared = ablate.results(found.folder)["shared_by"]
    assert 2 <= shared.max() <= (2 if per_device == 2 else 4)
    for path in found.folder.glob("cells/*/result.json"):
        result = json.loads(path.read_text(encoding="utf-8"))
        assert 0 < result["measured_peak_bytes"] < torch.cuda.mem_get_info()[1]

"""What may not share a device."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from ablate.engine.run import _check_sharing
from ablate.errors import UsageError
from ablate.workers import RunOptions
from tests.engine.little_search import search_of


@pytest.mark.parametrize("per_device", [2, "auto"])
def test_a_search_by_time_lets_no_cells_share_a_device(
    per_device: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)  # of which nothing is asked
    timed = search_of(objectives={"error": "minimize", "train_seconds": "minimize"}).file.objectives
    shared = RunOptions.of(devices=["cuda:0"], per_device=per_device)
    with pytest.raises(UsageError, match="--per-device: the search compares train_seconds, which"):
        _check_sharing(shared, timed)
    for objectives in (search_of().file.objectives, {}):
        _check_sharing(shared, objectives)
    for alone in (None, 1):
        _check_sharing(RunOptions.of(devices=["cuda:0"], per_device=alone), timed)
